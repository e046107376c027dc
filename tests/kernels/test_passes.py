"""What a task that is alone does with one batch: a training step, a score, predictions."""

import numpy as np
import pytest
from cases import close
from drawn import draws
from hypothesis import example, given
from hypothesis import strategies as st
from one_batch import LIMITS, NOTHING, OneBatch

import fastbp
from fastbp import layout
from fastbp.compiling.jit import program
from fastbp.kernels import passes
from fastbp.kernels.block import records
from fastbp.kernels.codes import PREDICT, SCORE, SCORE_LOGITS, SCORE_PREDICTIONS
from fastbp.kernels.lanes.sizes import SHARD, WIDTH
from fastbp.kernels.portions import Batch, Task
from fastbp.verification import reference

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=4)


@program
def train_on_batch(call, one, batch):
    passes.train_on_batch(records(call, one), batch, Task(0, 1, 0))


@program
def score_batch(call, one, batch):
    passes.score_batch(records(call, one), batch, Task(0, 1, 0))


@program
def write_batch(call, one, batch):
    passes.write_batch(records(call, one), batch, Task(0, 1, 0))


def some_rows(rows, of, seed=0):
    """An order of all rows of a set, and so many that lie somewhere in its middle."""
    order = np.random.default_rng([rows, of, seed]).permutation(of)
    begin = (of - rows) // 2
    return order, begin, order[begin : begin + rows]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
@draws(15)
@given(sizes=SIZES, rows=st.integers(1, 70), spare=st.integers(0, 5), width=st.integers(1, WIDTH), step=st.integers(0, 2))
@example([6, 9, 2], 2 * SHARD + 20, 3, WIDTH, 1)
@example([6, 9, 2], 2 * SHARD + 20, 3, WIDTH, 2)
def test_a_step(weighted, dtype, sizes, rows, spare, width, step):
    batch = OneBatch(sizes, rows + spare, dtype=dtype, width=width, weighted=weighted, optimizer=fastbp.SGD(0.1))
    order, begin, own = some_rows(rows, rows + spare)
    weights = None if batch.row_weights is None else batch.row_weights[own]
    wanted = reference.loss_and_gradients(batch.net, batch.loss, batch.X[own], batch.targets[own].astype(np.float64), weights, 1.0)
    call = batch.call(update=True, batch_size=rows, order=order, steps=3, order_begin=begin)
    batch.workspace.team[:] = 0
    train_on_batch(*call, Batch(begin, rows, step, 0, NOTHING))
    changed = [p - 0.1 * g for p, g in zip(batch.net.parameters, [*wanted[1], *wanted[2]], strict=True)]
    weights_and_biases = layout.matrices(batch.network.parameters, batch.network.table)
    close([batch.results[step]], [wanted[0]], rtol=20 * LIMITS[dtype])
    close([*weights_and_biases[0], *weights_and_biases[1]], changed, rtol=20 * LIMITS[dtype])
    assert not np.delete(batch.results[:3], step).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [5, 40, 2 * SHARD + 20])
def test_kept_gradients_are_those_of_the_mean(rows, dtype):
    batch = OneBatch([6, 20, 3], rows, dtype=dtype, width=WIDTH)
    value, dW, db = reference.loss_and_gradients(batch.net, batch.loss, batch.X, batch.targets.astype(np.float64))
    before = batch.network.parameters.copy()
    train_on_batch(*batch.call(), Batch(0, rows, 0, 0, NOTHING))
    found = layout.matrices(batch.gradients[: batch.network.size], batch.network.table)
    close([batch.results[0], *found[0], *found[1]], [value, *dW, *db], rtol=50 * LIMITS[dtype])
    np.testing.assert_array_equal(batch.network.parameters, before)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy", "binary_cross_entropy"])
@draws(10)
@given(units=st.integers(2, 20), rows=st.integers(1, 70))
def test_scores_are_the_loss_and_the_right_answers_of_each_row(loss, dtype, units, rows):
    batch = OneBatch([7, 11, units], rows + 4, dtype=dtype, loss=loss, weighted=True)
    order, begin, own = some_rows(rows, rows + 4)
    z, targets = reference.forward(batch.net, batch.X).logits[-1][own], batch.targets[own].astype(np.float64)
    losses, _ = batch.loss.reference(z, targets, batch.net.activations[-1])
    hits = z.argmax(axis=1) == targets.argmax(axis=1)
    if loss != "cross_entropy":
        hits = ((z > 0) == (targets > 0.5)).sum(axis=1) if loss == "binary_cross_entropy" else np.zeros(rows)
    call = batch.call(kind=SCORE, order=order, results=np.zeros(2 * (rows + 4), dtype), batch_size=rows, mean_over=1)
    score_batch(*call, Batch(begin, rows, 1, 0, NOTHING))
    found = batch.results.reshape(2, -1)
    close([found[0, begin : begin + rows]], [batch.row_weights[own] * losses], rtol=50 * LIMITS[dtype])
    np.testing.assert_array_equal(found[1, begin : begin + rows], hits)
    assert not np.delete(found, np.arange(begin, begin + rows), axis=1).any()
    # With the outputs before them.
    kind = SCORE_PREDICTIONS if loss == "squared_error" else SCORE_LOGITS
    call = batch.call(kind=kind, order=order, results=np.zeros((2 + units) * (rows + 4), dtype), batch_size=rows, mean_over=1)
    score_batch(*call, Batch(begin, rows, 1, 0, NOTHING))
    outputs, both = np.split(batch.results, [units * (rows + 4)])
    np.testing.assert_array_equal(both.reshape(2, -1), found)
    outputs = outputs.reshape(-1, units)
    close([outputs[begin : begin + rows]], [reference.forward(batch.net, batch.X).outputs[-1][own]], rtol=20 * LIMITS[dtype])
    assert not np.delete(outputs, np.arange(begin, begin + rows), axis=0).any()


@pytest.mark.parametrize("dtype", DTYPES)
@draws(15)
@given(sizes=SIZES, rows=st.integers(1, 70), width=st.integers(1, WIDTH))
def test_predictions(dtype, sizes, rows, width):
    batch = OneBatch(sizes, rows + 4, dtype=dtype, output_activation="tanh", width=width)
    order, begin, own = some_rows(rows, rows + 4)
    call = batch.call(kind=PREDICT, order=order, results=np.full((rows + 4) * sizes[-1], np.nan, dtype), batch_size=rows)
    write_batch(*call, Batch(begin, rows, 0, 0, NOTHING))
    found = batch.results.reshape(-1, sizes[-1])
    close([found[begin : begin + rows]], [reference.forward(batch.net, batch.X).outputs[-1][own]], rtol=20 * LIMITS[dtype])
    assert np.isnan(np.delete(found, np.arange(begin, begin + rows), axis=0)).all()
