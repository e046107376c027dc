import numpy as np
import pytest
from chains import lanes
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastbp import layout
from fastbp.activations import Identity
from fastbp.compiling.jit import program
from fastbp.data.rows import Rows
from fastbp.kernels import codes, gather
from fastbp.kernels.arguments import INPUTS, TARGETS, Data, Network
from fastbp.kernels.codes import LAYER_SETTINGS
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.sizes import SCRATCH
from fastbp.kernels.portions import Batch, Span
from fastbp.verification.problems import random_weights

pytestmark = pytest.mark.kernels

DTYPES = ["f4", "f8"]
# Types that the kernels convert themselves, then types that are copied into one of these before.
TYPES = [*(dtype.str for dtype in codes.DTYPES), "?", "f2", "i1", "u2", "u4", "u8", ">f8", ">i4"]
# Around the columns that are read number by number, the lanes of a vector, and the columns read of a row at once.
COLUMNS = [1, 2, 3, 7, 8, 9, 16, 17, 40, 63, 64, 65, 130]
UNTOUCHED = -7
WIDTHS = st.integers(1, 3)


@program
def gather_rows(data, which, batch, panels, columns, out, block):
    gather.gather(data, which, batch, panels, columns, out, block)


@program
def gather_weights(data, workspace, batch, panels):
    gather.gather_weights(data, workspace, batch, panels)


def places(rows, columns, step):
    """Where the elements of a batch lie: unit by unit in panels of `step` rows."""
    r = np.arange(rows)[:, np.newaxis]
    return r // step * step * columns + np.arange(columns) * step + r % step


def data_of(kept, order, mean_over=0):
    return Data(kept.sources, order, order.size, mean_over)


def batch(inputs, *, targets=None, order=None, first=0, rows=None, width=1, panels=None, dtype="f8", base=0, block=0):
    """The rows that the kernel gathers, inputs or, if given, targets; (rows, columns)."""
    kept, which = Rows(inputs, targets), INPUTS if targets is None else TARGETS
    order = np.arange(len(inputs)) if order is None else order
    data, columns, step = data_of(kept, order), (inputs if targets is None else targets).shape[1], width * lanes(dtype)
    rows = len(order) - first if rows is None else rows
    begin, end = panels or (0, -(-rows // step))
    out = np.full(base + (-(-rows // step) + 1) * step * columns, UNTOUCHED, dtype)
    scratch = np.full(block + SCRATCH, np.nan, dtype)
    asked = Batch(first, rows, 0, 0, Span(0, 0))
    gather_rows(data, which, asked, Span(begin, end), Span(0, columns), Matrix(out, base, step), Matrix(scratch, block, 64))
    assert np.isnan(scratch[:block]).all()
    assert np.isnan(scratch[block + 64 * lanes(dtype) :]).all()
    # Whole vectors are written: what lies behind the last row has no meaning, but only as far as its vector goes.
    written = base + places(-(-rows // lanes(dtype)) * lanes(dtype), columns, step)[begin * step : end * step]
    rest = np.ones(out.size, bool)
    rest[written] = False
    assert (out[rest] == UNTOUCHED).all()
    return out[base + places(rows, columns, step)][begin * step : end * step]


def numbers(rows, columns, kind, seed=0):
    values = np.random.default_rng([rows, columns, seed]).integers(0, 120, (rows, columns))
    return (values % 2 == 0) if kind == "?" else values.astype(kind)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [3, 21, 70])
@pytest.mark.parametrize("kind", TYPES)
def test_rows_of_any_type_are_converted_exactly(kind, columns, dtype):
    inputs, targets = numbers(39, columns, kind), numbers(39, 3, kind, seed=1)
    np.testing.assert_array_equal(batch(inputs, dtype=dtype, width=2), inputs)
    np.testing.assert_array_equal(batch(inputs, targets=targets, dtype=dtype, width=2), targets)


@pytest.mark.parametrize("columns", [5, 20])
@pytest.mark.parametrize("kind", ["f4", "f8", "u1", "i2", "i4", "i8"])
def test_extremes_are_converted(kind, columns):
    info = np.finfo(kind) if kind[0] == "f" else np.iinfo(kind)
    inputs = np.resize(np.array([info.min, 0, 1, info.max, info.max // 2 + 1], kind), (17, columns))
    np.testing.assert_array_equal(batch(inputs), inputs.astype(np.float64))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [5, 20])
def test_nans_and_infinities_are_read_as_they_are(columns, dtype):
    inputs = np.resize(np.array([np.nan, np.inf, -np.inf, 0.5], dtype), (19, columns))
    np.testing.assert_array_equal(batch(inputs, dtype=dtype), inputs)


@pytest.mark.parametrize("columns", [5, 20])
@pytest.mark.parametrize("kind", ["f8", "i4", "i8"])
def test_rows_are_rounded_to_the_type_of_the_model(kind, columns):
    inputs = np.random.default_rng(0).uniform(-(2**30), 2**30, (19, columns)).astype(kind)
    np.testing.assert_array_equal(batch(inputs, dtype="f4"), inputs.astype("f4"))
    np.testing.assert_array_equal(batch(inputs, targets=inputs, dtype="f4"), inputs.astype("f4"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["f4", "f8", "u1", "i8"])
@settings(max_examples=30)
@given(rows=st.integers(1, 70), columns=st.sampled_from(COLUMNS), width=WIDTHS, data=st.data())
def test_a_batch_holds_the_rows_that_the_order_names(kind, dtype, rows, columns, width, data):
    order = np.array(data.draw(st.permutations(range(rows))), np.int64)
    first = data.draw(st.integers(0, rows - 1))
    count = data.draw(st.integers(1, rows - first))
    inputs = numbers(rows, columns, kind)
    found = batch(inputs, order=order, first=first, rows=count, width=width, dtype=dtype, base=data.draw(st.integers(0, 3)), block=5)
    np.testing.assert_array_equal(found, inputs[order[first : first + count]])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("width", [1, 2, 3])
def test_panels_of_any_width_and_rows_of_any_length(width, columns, dtype):
    order = np.random.default_rng(0).permutation(67)
    for kind in ("f4", "f8", "i2"):
        inputs = numbers(67, columns, kind)
        np.testing.assert_array_equal(batch(inputs, order=order, first=2, width=width, dtype=dtype), inputs[order[2:]])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [3, 20])
@settings(max_examples=30)
@given(rows=st.integers(1, 130), width=WIDTHS, data=st.data())
@example(48, 3, None)
@example(33, 1, None)
def test_only_the_panels_asked_for_are_filled(columns, dtype, rows, width, data):
    panels = -(-rows // (width * lanes(dtype)))
    begin = 0 if data is None else data.draw(st.integers(0, panels))
    end = panels if data is None else data.draw(st.integers(begin, panels))
    inputs = numbers(rows, columns, "f4")
    found = batch(inputs, width=width, dtype=dtype, panels=(begin, end))
    np.testing.assert_array_equal(found, inputs[begin * width * lanes(dtype) : end * width * lanes(dtype)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [5, 25])
@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda array: array[::2], id="every second row"),
        pytest.param(lambda array: array[::-1], id="rows backwards"),
        pytest.param(lambda array: array[:, 1:4], id="some columns"),
        pytest.param(lambda array: array[:, 1:], id="all columns but one"),
        pytest.param(lambda array: array[:, ::2], id="every second column"),
        pytest.param(lambda array: array[:, ::-1], id="columns backwards"),
        pytest.param(lambda array: array[:, 2:3], id="one column"),
        pytest.param(lambda array: np.asfortranarray(array), id="column order"),
        pytest.param(lambda array: np.broadcast_to(array[:1], (36, array.shape[1])), id="one row repeated"),
    ],
)
def test_views_are_read_where_they_lie(view, columns, dtype):
    inputs = view(numbers(38, columns, "f4"))
    np.testing.assert_array_equal(batch(inputs, dtype=dtype), inputs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [4, 20])
def test_an_array_may_begin_at_any_byte(columns, dtype):
    raw = np.zeros(1 + 36 * columns * np.dtype(dtype).itemsize, np.uint8)
    inputs = raw[1:].view(dtype).reshape(36, columns)
    inputs[:] = numbers(36, columns, dtype)
    assert not inputs.flags.aligned
    np.testing.assert_array_equal(batch(inputs, dtype=dtype), inputs)


def shares(weights, *, rows, order=None, first=0, width=1, panels=None, mean_over=0, dtype="f8"):
    """Each row's share in the loss; those of other panels stay what they were."""
    dtype = np.dtype(dtype)
    n = rows if weights is None else len(weights)
    kept = Rows(numbers(n, 1, "f8"), None, None if weights is None else weights[:, np.newaxis])
    network = Network(1, 32, layout.table_of([1, 1], [Identity()], dtype), np.zeros((1, LAYER_SETTINGS), dtype), np.zeros(32, dtype))
    workspace = layout.workspace(network, rows, 1, 1, training=False)._replace(width=width)
    workspace.row_weights[:] = UNTOUCHED
    order, step = np.arange(n) if order is None else order, width * lanes(dtype)
    begin, end = panels or (0, -(-rows // step))
    gather_weights(data_of(kept, order, mean_over), workspace, Batch(first, rows, 0, 0, Span(0, 0)), Span(begin, end))
    found = workspace.row_weights[begin * step : min(end * step, rows)].copy()
    workspace.row_weights[begin * step : min(end * step, rows)] = UNTOUCHED
    assert (workspace.row_weights == UNTOUCHED).all()
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["f4", "f8"])
@settings(max_examples=30)
@given(rows=st.integers(1, 70), width=WIDTHS, seed=st.integers(0, 100))
def test_shares_are_weights_over_the_rows_of_the_batch(kind, dtype, rows, width, seed):
    weights = random_weights(rows, seed=seed).astype(kind)
    found = shares(weights, rows=rows, width=width, dtype=dtype)
    np.testing.assert_array_equal(found, weights.astype(dtype) / np.dtype(dtype).type(rows))
    np.testing.assert_array_equal(shares(None, rows=rows, width=width, dtype=dtype), np.full(rows, 1 / rows, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=30)
@given(count=st.integers(1, 60), width=WIDTHS, data=st.data())
def test_only_the_panels_asked_for_get_shares(dtype, count, width, data):
    weights, step = random_weights(70), width * lanes(dtype)
    order, first = np.random.default_rng(count).permutation(70), data.draw(st.integers(0, 70 - count))
    panels = -(-count // step)
    begin = data.draw(st.integers(0, panels))
    end = data.draw(st.integers(begin, panels))
    settings = {"order": order, "first": first, "width": width, "dtype": dtype, "rows": count}
    whole = shares(weights, **settings)
    np.testing.assert_allclose(whole, weights[order[first : first + count]] / count, rtol=1e-6)
    part = shares(weights, panels=(begin, end), **settings)
    np.testing.assert_array_equal(part, whole[begin * step : end * step])


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_mean_may_be_over_more_rows_than_the_batch_has(dtype):
    weights = random_weights(6).astype(dtype)
    np.testing.assert_array_equal(shares(weights, rows=6, mean_over=32, dtype=dtype), weights / 32)
    np.testing.assert_array_equal(shares(None, rows=6, mean_over=32, dtype=dtype), np.full(6, 1 / 32))


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_follow_the_order_and_all_zeros_give_shares_of_zero(dtype):
    weights = np.array([1.0, 0.0, 3.0, 0.0])
    np.testing.assert_array_equal(shares(weights, rows=4, order=np.array([2, 1, 0, 3]), dtype=dtype), [0.75, 0, 0.25, 0])
    np.testing.assert_array_equal(shares(weights, rows=2, order=np.array([3, 1]), dtype=dtype), [0, 0])


def test_weights_are_read_with_their_stride():
    weights = random_weights(40)
    np.testing.assert_array_equal(shares(weights[::-2], rows=20, mean_over=2), weights[::-2] / 2)
