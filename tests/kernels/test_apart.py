"""Steps whose update waits for all gradients: each limit follows the oracle, whatever the batch; two tasks leave the same bits."""

import numpy as np
import pytest

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets

pytestmark = pytest.mark.kernels

EVERYTHING = {
    "clip_norm": 0.1, "clip_value": 0.02, "l1": 0.01, "decoupled_weight_decay": 0.3, "decay_biases": True, "max_norm": 0.7,
    "layer_rates": (2.0, 0.5), "bias_rate": 0.3,
}  # fmt: skip
ALONE = [{name: value} for name, value in EVERYTHING.items() if name != "decay_biases"]
LIMITS = [*ALONE, {"decoupled_weight_decay": 0.2, "decay_biases": True}, {"layer_rates": (0.0, 1.0)}, EVERYTHING]
RULES = [fastbp.SGD(0.05, momentum=0.9), fastbp.Adam(0.02), fastbp.Lion(0.01)]
# In plain Python a long batch takes minutes.
ROWS, UNITS = ([5, 40], 9) if DISABLED else ([5, 40, 700], 37)


def trainer_of(optimizer, rows, dtype="float64", threads=1, sizes=(5, UNITS, 3)):
    model = random_model(sizes, activation="tanh", dtype=dtype)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=optimizer, batch_size=None, shuffle=False, threads=threads)
    return trainer, random_inputs(rows, sizes[0], dtype=dtype), random_targets("squared_error", rows, sizes[-1], dtype=dtype)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_limits_follow_the_oracle(limits, rows):
    for rule in RULES if limits is EVERYTHING else RULES[1:2]:
        optimizer = type(rule)(**{**vars(rule), **limits})
        assert optimizer.is_apart
        trainer, X, t = trainer_of(optimizer, rows)
        net, losses = net_after_training(trainer, X, t, epochs=12)
        found = trainer.fit(X, t, epochs=12).loss
        np.testing.assert_allclose(found, losses, rtol=1e-11)
        for array, wanted in zip([*trainer.model.weights, *trainer.model.biases], net.parameters, strict=True):
            np.testing.assert_allclose(array, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rows", ROWS)
def test_two_tasks_leave_the_same_bits(rows):
    for dtype in ("float32", "float64"):
        bits = set()
        for threads in (1, 2):
            trainer, X, t = trainer_of(fastbp.Adam(0.02, **EVERYTHING), rows, dtype, threads, sizes=(5, 3 * UNITS, 3))
            trainer.fit(X, t, epochs=3)
            bits.add(trainer.model.network.parameters.tobytes())
        assert len(bits) == 1


def test_a_norm_that_is_small_enough_changes_no_bit():
    results = []
    for limits in ({}, {"clip_norm": 1e6}, {"clip_value": 1e6}, {"max_norm": 1e6}):
        trainer, X, t = trainer_of(fastbp.Adam(0.02, **limits), 40)
        trainer.fit(X, t, epochs=5)
        results.append(trainer.model.network.parameters.tobytes())
    assert len(set(results)) == 1


@pytest.mark.skipif(DISABLED, reason="NumPy warns of what overflows")
def test_gradients_that_are_not_finite_are_told():
    trainer, X, t = trainer_of(fastbp.SGD(1e300, clip_norm=1e300), 40)
    with pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, t * 1e5, epochs=5)
    assert all(np.isfinite(array).all() for array in trainer.model.weights)


def test_a_units_norm_by_hand():
    model = fastbp.MLP([2, 1], init=([[[3.0], [4.0]]], [[0.0]]), dtype="float64")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(1e-12, max_norm=1.0), batch_size=None)
    trainer.fit([[0.0, 0.0]], [0.0], epochs=1)
    np.testing.assert_allclose(model.weights[0][:, 0], [0.6, 0.8], rtol=1e-12)
