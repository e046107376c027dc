"""Quantiles: numbers to check by hand, levels, crossing, coverage, files."""

import numpy as np
import pytest
from one_output import losses_and_slopes

import fastbp
from fastbp.verification.problems import random_inputs, random_model

LEVELS = [0.1, 0.5, 0.9]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_to_check_by_hand(dtype):
    # Too low by 2 costs the level, too high by 2 the rest.
    found = losses_and_slopes(fastbp.Quantile(0.75), [0, 0, 0], [2, -2, 0], dtype)
    np.testing.assert_allclose(found, [[1.5, 0.5, 0], [-0.75, 0.25, 0]], rtol=1e-6)


def test_outputs_are_the_levels_of_the_first_target_then_of_the_next():
    model = fastbp.MLP([1, 4], init=([np.zeros((1, 4))], [[1, 2, 10, 20]]), dtype="float64")
    trainer = fastbp.Trainer(model, loss=fastbp.Quantile([0.25, 0.75]))
    loss, _, (slopes,) = trainer.loss_and_gradients([[0.0]], [[3.0, 12.0]])
    # Errors 2, 1, 2 and -8.
    assert loss == pytest.approx((0.25 * 2 + 0.75 * 1 + 0.25 * 2 + 0.25 * 8) / 4)
    assert slopes.tolist() == pytest.approx([-0.25 / 4, -0.75 / 4, -0.25 / 4, 0.25 / 4])


@pytest.mark.parametrize("rows", [3, 40])
def test_predictions_that_cross_are_sorted_for_each_target_alone(rows):
    model = random_model([3, 5, 6], activation="tanh", output_activation="auto")
    plain = random_model([3, 5, 6], activation="tanh", output_activation="identity")
    fastbp.Trainer(model, loss=fastbp.Quantile(LEVELS))
    X = random_inputs(rows, 3)
    logits, found = plain.predict(X).reshape(rows, 2, 3), model.predict(X).reshape(rows, 2, 3)
    assert (np.diff(logits, axis=2) < 0).any() and np.array_equal(found, np.sort(logits, axis=2))
    assert str(model.output_activation) == "ascending(3)"


def test_coverage_is_near_the_levels_on_a_noisy_line(tmp_path):
    random = np.random.default_rng(0)
    X = random.uniform(-2, 2, (4000, 1)).astype(np.float32)
    y = (X[:, 0] + (0.2 + 0.2 * abs(X[:, 0])) * random.normal(size=4000)).astype(np.float32)
    model = fastbp.MLP([1, 32, 3], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss=fastbp.Quantile(LEVELS), optimizer=fastbp.Adam(fastbp.Cosine(0.01)), seed=0)
    trainer.fit(X[:3000], y[:3000], epochs=60)
    lower, middle, upper = model.predict(X[3000:]).T
    assert (lower <= middle).all() and (middle <= upper).all()
    assert [(y[3000:] < each).mean() for each in (lower, middle, upper)] == pytest.approx(LEVELS, abs=0.04)
    # Wider where there is more noise.
    outside, inside = abs(X[3000:, 0]) > 1.5, abs(X[3000:, 0]) < 0.5
    assert (upper - lower)[outside].mean() > 1.5 * (upper - lower)[inside].mean()
    model.save(tmp_path / "model")
    trainer.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert again.loss == trainer.loss and again.evaluate(X, y) == trainer.evaluate(X, y)
    for other in (fastbp.MLP.load(tmp_path / "model"), again.model):
        assert other.predict(X).tobytes() == model.predict(X).tobytes()


def test_one_level_is_for_any_number_of_outputs():
    trainer = fastbp.Trainer(fastbp.MLP([2, 3]), loss="quantile")
    assert trainer.model.output_activation.name == "identity" and trainer.loss.levels == (0.5,)
    half = fastbp.Trainer(trainer.model, loss="absolute_error")
    X, t = random_inputs(9, 2), random_inputs(9, 3)
    assert trainer.evaluate(X, t)["loss"] == pytest.approx(half.evaluate(X, t)["loss"] / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("levels", "error", "message"),
    [
        ([], ValueError, r"levels are \[\]; expected at least one, each above the one before"),
        ([0.5, 0.1], ValueError, r"levels are \[0\.5, 0\.1\]"),
        ([0.5, 0.5], ValueError, "each above the one before"),
        (1.0, ValueError, r"levels\[0\] is 1\.0; expected a number in \(0, 1\)"),
        ([0.1, 0.0], ValueError, r"levels\[1\] is 0\.0"),
        ("ab", TypeError, r"levels\[0\] is 'a' of type str"),
        (None, TypeError, r"levels\[0\] is None"),
    ],
)
def test_what_are_no_levels_is_refused(levels, error, message):
    with pytest.raises(error, match=message):
        fastbp.Quantile(levels)


def test_models_and_targets_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="needs 3 outputs for each target; the model has 2 outputs"):
        fastbp.Trainer(fastbp.MLP([1, 2]), loss=fastbp.Quantile(LEVELS))
    model = fastbp.MLP([1, 6])
    trainer = fastbp.Trainer(model, loss=fastbp.Quantile(LEVELS))
    with pytest.raises(ValueError, match=r"y has shape \(2, 6\); loss='quantile' with 2 outputs expects \(n, 2\)"):
        trainer.evaluate([[0.0], [1.0]], np.zeros((2, 6)))
    trainer.fit([[0.0], [1.0]], np.zeros((2, 2)), epochs=1)
    with pytest.raises(ValueError, match=r"the model's predictions are sorted 3 by 3; loss=.* has 2 levels"):
        fastbp.Trainer(model, loss=fastbp.Quantile([0.1, 0.9]))
    with pytest.raises(ValueError, match="goes with output_activation ascending or identity; the model has softmax"):
        fastbp.Trainer(fastbp.MLP([1, 3], output_activation="softmax"), loss=fastbp.Quantile(LEVELS))
