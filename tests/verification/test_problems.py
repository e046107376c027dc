"""Random problems: the same each time, and such as the trainer takes."""

import numpy as np
import pytest

import fastbp
from fastbp.losses import LOSSES
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets, random_weights


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_takes_its_targets(loss, dtype):
    X, targets = random_inputs(7, 3, dtype=dtype), random_targets(loss, 7, 4, dtype=dtype)
    assert X.dtype == targets.dtype == dtype and X.shape == (7, 3) and targets.shape == (7, 4)
    trainer = fastbp.Trainer(random_model([3, 4], dtype=dtype), loss=loss)
    assert np.isfinite(trainer.evaluate(X, targets, random_weights(7))["loss"])


def test_a_seed_names_a_problem():
    def drawn(seed):
        arrays = [*random_model([3, 4, 2], seed=seed).weights, random_inputs(5, 3, seed=seed), random_weights(5, seed=seed)]
        return [array.tobytes() for array in [*arrays, *(random_targets(loss, 5, 2, seed=seed) for loss in LOSSES)]]

    assert drawn(1) == drawn(1)
    assert not set(drawn(1)) & set(drawn(2))


def test_biases_are_not_zero_and_weights_of_rows_are_positive():
    assert all(bias.all() for bias in random_model([3, 40, 20]).biases)
    assert (random_weights(1000) > 0).all()


def test_the_oracles_training_leaves_the_model_alone():
    trainer = fastbp.Trainer(random_model([3, 4, 2]), loss="squared_error", optimizer="adam", batch_size=None)
    before = trainer.model.network.parameters.copy()
    X, targets = random_inputs(5, 3), random_targets("squared_error", 5, 2)
    net, losses = net_after_training(trainer, X, targets, epochs=3)
    assert np.array_equal(trainer.model.network.parameters, before) and trainer.steps == 0
    assert len(losses) == 3 and losses[2] < losses[0]
    assert not np.array_equal(net.weights[0], trainer.model.weights[0])
