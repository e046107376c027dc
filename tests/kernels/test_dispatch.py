"""Codes are told apart: each has a branch of its own in every kernel that chooses by one, and a code that is none gives NaN."""

import numpy as np
import pytest

import fastbp
from fastbp.activations import ACTIVATIONS
from fastbp.kernels import accuracy, codes
from fastbp.kernels.arguments import ACTIVATION
from fastbp.losses import LOSSES, SquaredError
from fastbp.optimizers import OPTIMIZERS
from fastbp.verification.problems import random_inputs, random_model, random_targets

pytestmark = pytest.mark.kernels

# A few rows, which go another way, and a panel of them.
ROWS = [5, 40]
WRONG = [-1, 99]
RULES = {case.code: case for cls in OPTIMIZERS.values() for case in cls.cases()}


def trainer_of(rows=5, dtype="float64", loss="squared_error", optimizer="sgd", **settings):
    model = random_model([4, 9, 3], dtype=dtype, **({"activation": "tanh", "output_activation": "identity"} | settings))
    trainer = fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=None, threads=1, shuffle=False)
    return trainer, random_inputs(rows, 4, dtype=dtype), random_targets("binary_cross_entropy", rows, 3, dtype=dtype)


def zeros_and_ones(loss, rows):
    """A one in each row, which every loss takes but that of positive amounts: these are 1 and 2."""
    return np.eye(3)[np.arange(rows) % 3] + (loss.name == "gamma")


def after(steps, trainer, X, t):
    """The parameters after some steps, without the guard, which would not let NaN stand."""
    rows = trainer.run.check(X, t)
    trainer._engine.train(rows, np.arange(len(X)), 0, len(X), steps, 1)
    return [array.copy() for array in [*trainer.model.weights, *trainer.model.biases]]


def all_different(results):
    arrays = [np.concatenate([np.ravel(each) for each in result]) for result in results]
    return all(np.isfinite(array).all() for array in arrays) and len({array.tobytes() for array in arrays}) == len(arrays)


# Logits beyond 6, so that relu6 and relu differ, too. Each with the first settings to verify, as the default of celu is elu.
@pytest.mark.parametrize("rows", ROWS)
def test_every_activation_has_values_and_derivatives_of_its_own(rows):
    values, slopes = [], []
    for cls in ACTIVATIONS.values():
        if not cls.output_only:
            trainer, X, t = trainer_of(rows, activation=cls.cases()[0])
            values.append([trainer.model.predict(12 * X)])
            slopes.append(trainer.loss_and_gradients(12 * X, t)[1])
    assert all_different(values) and all_different(slopes)


@pytest.mark.parametrize("rows", ROWS)
def test_every_output_activation_has_values_and_derivatives_of_its_own(rows):
    values, slopes = [], []
    for cls in ACTIVATIONS.values():
        trainer, X, t = trainer_of(rows, output_activation=cls.cases()[0])
        for array in trainer.model.weights:
            array *= 4
        values.append([trainer.model.predict(X)])
        slopes.append(trainer.loss_and_gradients(X, t)[1])
    assert all_different(values) and all_different(slopes)


@pytest.mark.parametrize("rows", ROWS)
def test_every_loss_has_values_and_deltas_of_its_own(rows):
    values, slopes = [], []
    for case in (case for cls in LOSSES.values() for case in cls.cases()):
        trainer, X, _ = trainer_of(rows, loss=case)
        loss, weights, _ = trainer.loss_and_gradients(X, zeros_and_ones(case, rows))
        values.append([[loss]])
        slopes.append(weights)
    assert all_different(values) and all_different(slopes)


def test_every_accuracy_is_of_its_own():
    found = {}
    for case in (case for cls in LOSSES.values() for case in cls.cases()):
        trainer, X, _ = trainer_of(40, loss=case)
        scores = trainer.evaluate(X, zeros_and_ones(case, 40))
        assert ("accuracy" in scores) == bool(case.answers(3))
        found.setdefault(case.accuracy, set()).add(scores.get("accuracy"))
    assert found.pop(codes.NO_ACCURACY) == {None}
    assert sorted(found) == sorted(accuracy.ACCURACIES) and all(len(values) == 1 for values in found.values())
    assert len(set.union(*found.values())) == len(found)


@pytest.mark.parametrize("rows", ROWS)
def test_every_rule_updates_in_a_way_of_its_own(rows):
    assert set(RULES) == set(codes.RULES) - {codes.NO_UPDATE}
    assert all_different([after(3, *trainer_of(rows, optimizer=optimizer)) for optimizer in RULES.values()])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("code", WRONG)
@pytest.mark.parametrize("layer", [0, 1])
def test_no_activation_gives_nan(layer, code, rows, dtype):
    trainer, X, t = trainer_of(rows, dtype)
    trainer.model.network.table[layer, ACTIVATION] = code
    assert np.isnan(trainer.model.predict(X)).all()
    loss, weights, biases = trainer.loss_and_gradients(X, t)
    assert np.isnan(loss) and all(np.isnan(array).any() for array in [*weights, *biases])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("code", [*WRONG, codes.NO_LOSS])
def test_no_loss_gives_nan(code, rows, dtype):
    class Unknown(SquaredError):
        def answers(self, n_outputs):
            return 1

    Unknown.code = code
    trainer, X, t = trainer_of(rows, dtype, loss=Unknown())
    loss, weights, biases = trainer.loss_and_gradients(X, t)
    assert np.isnan(loss) and all(np.isnan(array).all() for array in [*weights, *biases])
    assert np.isnan(list(trainer.evaluate(X, t).values())).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("code", WRONG)
def test_no_rule_gives_nan(code, rows, dtype):
    class Unknown(fastbp.SGD):
        @property
        def code(self):
            return code

    found = after(1, *trainer_of(rows, dtype, optimizer=Unknown()))
    assert all(np.isnan(array).all() for array in found)
