"""LAMB's steps by the norms of layers."""

import numpy as np
import pytest

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets

pytestmark = pytest.mark.kernels

# In plain Python a long batch takes minutes; the loops over the norms are the same.
ROWS, UNITS = ([5, 40], 30) if DISABLED else ([5, 40, 700], 260)
OPTIMIZERS = [*fastbp.LAMB.cases(), fastbp.LAMB(0.01, clip_norm=0.1, layer_rates=(2.0, 0.5), bias_rate=0.3)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", ROWS)
def test_steps_follow_the_oracle_on_one_task_and_on_two(rows, dtype):
    for optimizer in OPTIMIZERS:
        bits = set()
        for threads in (1, 2):
            # Parts of layers that end within a block, and one of several blocks.
            model = random_model([5, UNITS, 3], activation="tanh", dtype=dtype)
            trainer = fastbp.Trainer(model, loss="squared_error", optimizer=optimizer, batch_size=None, shuffle=False, threads=threads)
            X, t = random_inputs(rows, 5, dtype=dtype), random_targets("squared_error", rows, 3, dtype=dtype)
            net, _ = net_after_training(trainer, X, t, epochs=5)
            trainer.fit(X, t, epochs=5)
            bits.add(model.network.parameters.tobytes())
        assert len(bits) == 1
        tolerance = 1e-13 if dtype == "float64" else 5e-6
        for array, wanted in zip([*model.weights, *model.biases], net.parameters, strict=True):
            np.testing.assert_allclose(array, wanted, rtol=0, atol=tolerance)


def test_a_step_by_hand():
    model = fastbp.MLP([1, 1], init=([[[3.0]]], [[0.0]]), dtype="float64")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LAMB(0.1, weight_decay=0.0), batch_size=None)
    trainer.fit([[1.0]], [0.0], epochs=1)
    # The weight moves by 0.1 of itself; the bias, whose norm is 0, by 0.1 of the step of Adam.
    np.testing.assert_allclose([model.weights[0][0, 0], model.biases[0][0]], [2.7, -0.1], rtol=1e-6)


def test_another_weight_decay_is_refused():
    with pytest.raises(ValueError, match="LAMB has weight_decay"):
        fastbp.LAMB(decoupled_weight_decay=0.1)
