"""Whatever holds the numbers: the bits of the result are those of C-contiguous float32 arrays, and the caller's arrays stay as they are."""

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest

import fastbp
from fastbp.data.rows import may_change

ROWS, WIDTH = 37, 5
RANDOM = np.random.default_rng(0)
# Small integers, and eighths: the first exact in every type, the second in every floating-point type.
INTEGERS = RANDOM.integers(0, 6, (ROWS, WIDTH))
EIGHTHS = (RANDOM.integers(-16, 16, (ROWS, WIDTH)) / 8).astype(np.float32)
BOOLS = INTEGERS > 2
LABELS = RANDOM.integers(0, 2, ROWS)
PAIRS = (RANDOM.integers(-16, 16, (ROWS, 2)) / 8).astype(np.float32)
WEIGHTS = RANDOM.integers(1, 4, ROWS)

INTEGER_TYPES = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"]
FLOAT_TYPES = ["f2", "f4", "f8", np.longdouble]


def results(X, y, sample_weight=None, loss="cross_entropy"):
    """The bits of everything a data set goes into."""
    model = fastbp.MLP([WIDTH, 6, 2], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss=loss, optimizer="adam", batch_size=8, seed=0)
    stepped = trainer.step(X, y, sample_weight)
    history = trainer.fit(X, y, epochs=2, sample_weight=sample_weight, validation_data=(X, y))
    loss_value, *gradients = trainer.loss_and_gradients(X, y, sample_weight)
    gradients = [array.tobytes() for arrays in gradients for array in arrays]
    scores = trainer.evaluate(X, y, sample_weight)
    numbers = stepped, history.loss, history.val_loss, loss_value, scores
    return *numbers, gradients, model.predict(X).tobytes(), model.network.parameters.tobytes()


def copied(array):
    """A plain array of the same values, in row order."""
    return np.ascontiguousarray(array, np.float32)


def unaligned_in_bytes(array):
    raw = b"\0" + array.tobytes()
    return np.frombuffer(raw, array.dtype, array.size, offset=1).reshape(array.shape)


def unaligned_in_records(array):
    records = np.zeros(len(array), [("flag", "u1"), ("x", array.dtype, array.shape[1:])])
    records["x"] = array
    return records["x"]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def every_second(array):
    wide = np.full([2 * n for n in array.shape], 99, array.dtype)
    view = wide[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def every_second_row(array):
    wide = np.full((2 * len(array), *array.shape[1:]), 99, array.dtype)
    wide[::2] = array
    return wide[::2]


def row_of_wider(array):
    wide = np.full((len(array), array.shape[-1] + 3), 99, array.dtype)
    wide[:, 1:-2] = array
    return wide[:, 1:-2]


def reversed_rows(array):
    return array[::-1].copy()[::-1]


def reversed_everywhere(array):
    return np.flip(np.flip(array).copy())


LAYOUTS = {
    "read_only": read_only,
    "fortran": np.asfortranarray,
    "every_second": every_second,
    "every_second_row": every_second_row,
    "reversed_rows": reversed_rows,
    "reversed_everywhere": reversed_everywhere,
    "unaligned_in_bytes": unaligned_in_bytes,
    "unaligned_in_records": unaligned_in_records,
    "big_endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "list": np.ndarray.tolist,
    "tuple": lambda array: tuple(array),
    "subclass": lambda array: array.view(np.recarray),
}
FRAMES = {
    "pandas_frame": pd.DataFrame,
    "polars_frame": lambda array: pl.DataFrame(array, schema=[f"c{i}" for i in range(array.shape[1])]),
}
SERIES = {"pandas_series": pd.Series, "polars_series": pl.Series}


@pytest.mark.parametrize("dtype", ["f4", "f8", "u1", "i2", "?"])
@pytest.mark.parametrize("layout", [*LAYOUTS, "row_of_wider", *FRAMES])
def test_memory_layout_of_inputs_leaves_no_trace(layout, dtype):
    base = BOOLS if dtype == "?" else EIGHTHS.astype(dtype) if dtype[0] == "f" else INTEGERS.astype(dtype)
    given = (LAYOUTS | FRAMES | {"row_of_wider": row_of_wider})[layout](base)
    before = np.array(given).tobytes()
    assert results(given, LABELS) == results(copied(base), LABELS)
    assert np.array(given).tobytes() == before


@pytest.mark.parametrize("kind", ["Int64", "Float32", "boolean"])
def test_frames_whose_numbers_may_be_missing(kind):
    base = BOOLS if kind == "boolean" else INTEGERS
    given = pd.DataFrame(base).astype(kind)
    for labels in (pd.Series(LABELS, dtype="Int64"), pd.array(LABELS, dtype="Int64")):
        assert results(given, labels) == results(copied(base), LABELS)


def test_masked_arrays_with_nothing_masked():
    assert results(np.ma.masked_array(EIGHTHS), np.ma.masked_array(LABELS)) == results(copied(EIGHTHS), LABELS)


@pytest.mark.parametrize("dtype", INTEGER_TYPES)
def test_inputs_of_every_integer_type(dtype):
    assert results(INTEGERS.astype(dtype), LABELS) == results(copied(INTEGERS), LABELS)


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
def test_inputs_of_every_float_type(dtype):
    assert results(EIGHTHS.astype(dtype), LABELS) == results(EIGHTHS, LABELS)


@pytest.mark.parametrize("layout", [*LAYOUTS, *SERIES])
@pytest.mark.parametrize("dtype", ["i8", "f4"])
def test_memory_layout_of_labels_and_weights_leaves_no_trace(layout, dtype):
    make = (LAYOUTS | SERIES)[layout]
    labels, weights = make(LABELS.astype(dtype)), make(WEIGHTS.astype(dtype))
    assert results(EIGHTHS, labels, weights) == results(EIGHTHS, LABELS, WEIGHTS.astype("f4"))


@pytest.mark.parametrize("dtype", [*INTEGER_TYPES, *FLOAT_TYPES, "?"])
def test_labels_of_every_type(dtype):
    assert results(EIGHTHS, LABELS.astype(dtype)) == results(EIGHTHS, LABELS)


@pytest.mark.parametrize("dtype", [*INTEGER_TYPES, *FLOAT_TYPES])
def test_weights_of_every_type(dtype):
    assert results(EIGHTHS, LABELS, WEIGHTS.astype(dtype)) == results(EIGHTHS, LABELS, WEIGHTS.astype("f4"))


@pytest.mark.parametrize("layout", [*LAYOUTS, "row_of_wider", *FRAMES])
def test_memory_layout_of_targets_leaves_no_trace(layout):
    given = (LAYOUTS | FRAMES | {"row_of_wider": row_of_wider})[layout](PAIRS)
    assert results(EIGHTHS, given, loss="squared_error") == results(EIGHTHS, PAIRS, loss="squared_error")


@pytest.mark.parametrize("dtype", [*INTEGER_TYPES, "?"])
def test_one_hot_rows_of_every_type(dtype):
    assert results(EIGHTHS, np.eye(2, dtype=dtype)[LABELS]) == results(EIGHTHS, np.eye(2, dtype="f4")[LABELS])


@pytest.mark.parametrize("mode", ["r", "c"])
def test_memory_mapped_arrays(tmp_path, mode):
    np.save(tmp_path / "X.npy", INTEGERS.astype("u1"))
    np.save(tmp_path / "y.npy", LABELS)
    X, y = (np.load(tmp_path / f"{name}.npy", mmap_mode=mode) for name in "Xy")
    assert results(X, y) == results(copied(INTEGERS), LABELS)
    assert (tmp_path / "X.npy").read_bytes()[-X.size :] == INTEGERS.astype("u1").tobytes()


def test_rows_that_share_memory():
    repeated = np.broadcast_to(EIGHTHS[0], EIGHTHS.shape)
    windows = np.lib.stride_tricks.sliding_window_view(EIGHTHS.reshape(-1), WIDTH)[:ROWS]
    assert results(repeated, LABELS) == results(copied(repeated), LABELS)
    assert results(windows, LABELS) == results(copied(windows), LABELS)


def test_callers_arrays_are_unchanged_and_unlocked():
    arrays = [EIGHTHS.copy(), LABELS.copy(), WEIGHTS.astype("f4")]
    before = [array.tobytes() for array in arrays]
    results(*arrays)
    assert [array.tobytes() for array in arrays] == before
    assert all(array.flags.writeable for array in arrays)


def test_given_initial_weights_are_copied():
    weights, biases = [np.ones((WIDTH, 2), np.float32)], [np.ones(2, np.float32)]
    model = fastbp.MLP([WIDTH, 2], init=(weights, biases))
    fastbp.Trainer(model, loss="cross_entropy").fit(EIGHTHS, LABELS, epochs=1)
    assert (weights[0] == 1).all() and (biases[0] == 1).all()


@pytest.mark.parametrize("dtype", ["u1", "?", "i2", "f4"])
def test_large_data_are_not_copied(dtype):
    size = 50_000_000
    X = np.ones((size // 500 // np.dtype(dtype).itemsize, 500), dtype)
    y = np.zeros(len(X), np.uint8)
    optimizer = fastbp.SGD(1e-5)
    trainer = fastbp.Trainer(fastbp.MLP([500, 1], seed=0), loss="squared_error", optimizer=optimizer, batch_size=4096, seed=0)
    # All that is loaded for it, threads included, is there before.
    trainer.fit(X[:4096], y[:4096], epochs=1)
    trainer.evaluate(X[:4096], y[:4096])
    tracemalloc.start()
    try:
        trainer.fit(X, y, epochs=1)
        trainer.evaluate(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # One batch of float32 takes 8 MB, the order of the rows less than one.
    assert peak < 0.4 * size


def test_what_may_change_is_told_from_what_may_not(tmp_path):
    array = EIGHTHS.copy()
    view = read_only_view = array[1:]
    read_only_view.flags.writeable = False
    np.save(tmp_path / "X.npy", array)
    mapped = {mode: np.load(tmp_path / "X.npy", mmap_mode=mode) for mode in ("r", "r+", "c")}
    assert [may_change(each) for each in (array, view, read_only_view[1:])] == [True] * 3
    assert [may_change(each) for each in (read_only(array), read_only(array)[1:], mapped["r"], mapped["r"][1:])] == [False] * 4
    assert may_change(mapped["r+"]) and may_change(mapped["c"])
