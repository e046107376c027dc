"""Runs over many batches, on networks and batches that fill neither vectors nor panels nor patches."""

import numpy as np
import pytest
from cases import close
from drawn import compiled_example, draws, up_to
from hypothesis import example, given
from hypothesis import strategies as st
from one_batch import LIMITS, OneBatch
from small_task import OPTIMIZERS

import fastbp
from fastbp.kernels import programs
from fastbp.kernels.codes import PREDICT, SCORE
from fastbp.processors.threads import start
from fastbp.verification import reference
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
SIZES = st.lists(st.integers(1, up_to(60, 30)), min_size=2, max_size=4)
LOSSES = {"squared_error": "tanh", "cross_entropy": "sigmoid", "binary_cross_entropy": "relu"}


def trained(layer_sizes, rows, *, loss="squared_error", optimizer="adam", dtype="float64", threads=1, spare=0):
    """A trainer after two epochs of two batches, the second shorter, and what the oracle makes of the same."""
    model = random_model(layer_sizes, dtype=dtype, activation=LOSSES[loss])
    X = random_inputs(rows + spare, layer_sizes[0], dtype=dtype)
    targets = random_targets(loss, rows + spare, layer_sizes[-1], dtype=dtype)
    trainer = fastbp.Trainer(model, loss=loss, optimizer=OPTIMIZERS[optimizer](), batch_size=rows, seed=0, shuffle=False, threads=threads)
    net, _ = net_after_training(trainer, X, targets, batch_size=rows, epochs=2)
    trainer.fit(X, targets, epochs=2, progress=False)
    return trainer, [*net.weights, *net.biases]


def parameters(trainer):
    return [*trainer.model.weights, *trainer.model.biases]


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
@draws(25)
@given(layer_sizes=SIZES, rows=st.integers(1, 70), spare=st.integers(0, 9))
@example([3, 260, 2], 5, 0)
@example([2, 3, 530], 33, 2)
@example([530, 2, 1], 50, 1)
@example([3, 100, 1], 61, 2)
@example([2, 60, 1], 700, 0)
@example([1, 1], 1, 0)
def test_steps_follow_the_oracle(loss, layer_sizes, rows, spare):
    trainer, wanted = trained(layer_sizes, rows, loss=loss, spare=min(spare, rows))
    close(parameters(trainer), wanted, rtol=1e-10)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
@pytest.mark.parametrize("rows", [1, 2, 5, 13, 40])
def test_every_rule_on_every_kind_of_batch(optimizer, rows):
    trainer, wanted = trained([7, 50, 19, 3], rows, loss="cross_entropy", optimizer=optimizer, spare=1)
    close(parameters(trainer), wanted, rtol=1e-10)


@pytest.mark.parametrize("rows", [1, 8, 9, 100, 145, 700])
def test_float32_follows_the_oracle(rows):
    trainer, wanted = trained([9, 50, 4], rows, loss="cross_entropy", optimizer="momentum", dtype="float32")
    close(parameters(trainer), wanted, rtol=2e-5)


@pytest.mark.parametrize("dtype", DTYPES)
@draws(25)
@given(layer_sizes=SIZES, rows=st.integers(1, up_to(110, 40)))
@example([5, 3], 700)
@example([40, 300, 7], 5)
@compiled_example([40, 300, 7], 16)
@compiled_example([400, 130, 7], 16)
@compiled_example([20, 100, 1], 100)
@compiled_example([6, 50, 1], 700)
@compiled_example([3, 50, 30, 2], 128)
def test_tasks_change_no_bit(dtype, layer_sizes, rows):
    one, _ = trained(layer_sizes, rows, dtype=dtype)
    two, _ = trained(layer_sizes, rows, dtype=dtype, threads=2)
    np.testing.assert_equal(parameters(two), parameters(one))
    X = random_inputs(rows, layer_sizes[0], dtype=dtype)
    np.testing.assert_array_equal(two.model.predict(X), one.model.predict(X))


@pytest.mark.parametrize("rows", [1, 2, 5, 40, 700])
def test_gradients_kept_are_those_of_the_update(rows):
    model = random_model([6, 20, 3], dtype="float64")
    X, targets = random_inputs(rows, 6), random_targets("squared_error", rows, 3)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.5), batch_size=rows)
    before = [array.copy() for array in parameters(trainer)]
    _, dW, db = trainer.loss_and_gradients(X, targets)
    np.testing.assert_equal(parameters(trainer), before)
    trainer.step(X, targets)
    for array, old, slope in zip(parameters(trainer), before, [*dW, *db], strict=True):
        np.testing.assert_array_equal(array, old - 0.5 * slope)


def test_nothing_but_parameters_is_written():
    """Padding between the parts of the flat vectors stays as it was."""
    trainer, _ = trained([7, 50, 19, 3], 13, optimizer="adam")
    network = trainer.model.network
    inside = np.zeros(network.parameters.size, bool)
    for array in parameters(trainer):
        begin = (array.ctypes.data - network.parameters.ctypes.data) // array.itemsize
        inside[begin : begin + array.size] = True
    assert inside.sum() == trainer.model.n_parameters
    assert not network.parameters[~inside].any()
    assert not trainer.run.memory.slots[:, ~inside].any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_predictions_have_the_same_bits_in_any_batch(dtype):
    model, X = random_model([30, 70, 5], dtype=dtype), random_inputs(100, 30, dtype=dtype)
    together = model.predict(X)
    for rows in (1, 7, 9, 33):
        np.testing.assert_array_equal(model.predict(X[:rows]), together[:rows])


def mean_losses(batch, rows):
    return reference.loss_and_gradients(batch.net, batch.loss, batch.X[rows], batch.targets[rows].astype(np.float64))[0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_follow_the_order_the_last_is_short_and_then_it_begins_again(dtype):
    batch, order = OneBatch([5, 9, 2], 40, dtype=dtype), np.random.default_rng(0).permutation(40)
    batch.call(batch_size=15, steps=3, order=order, order_begin=15)
    programs.run(batch.prepared, 1)
    close(list(batch.results[:2]), [mean_losses(batch, order[15:30]), mean_losses(batch, order[30:])], rtol=20 * LIMITS[dtype])
    # 45 places on, which are 5 in the order again.
    close([batch.results[2]], [mean_losses(batch, order[5:20])], rtol=20 * LIMITS[dtype])


@pytest.mark.parametrize("tasks", [1, 2])
@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_and_predictions_of_all_batches(dtype, tasks):
    batch = OneBatch([5, 40, 2], 70, dtype=dtype, tasks=tasks, loss="cross_entropy", output_activation="softmax")
    batch.call(kind=SCORE, batch_size=32, steps=3, results=np.zeros(140, dtype), mean_over=1)
    start(batch.prepared, tasks)
    done = reference.forward(batch.net, batch.X)
    hits = done.logits[-1].argmax(axis=1) == batch.targets.argmax(axis=1)
    close([batch.results[:70].mean(), batch.results[70:].mean()], [mean_losses(batch, slice(None)), hits.mean()], rtol=20 * LIMITS[dtype])
    batch.call(kind=PREDICT, batch_size=32, steps=3, results=np.full(140, np.nan, dtype))
    batch.workspace.team[:] = 0
    start(batch.prepared, tasks)
    close([batch.results.reshape(70, 2)], [done.outputs[-1]], rtol=20 * LIMITS[dtype])
