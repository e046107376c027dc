"""Bands of linear nets are those of linear regression; those of others hold the truth as often as they say."""

import numpy as np
import pytest
from scipy import stats
from small_task import LABELS, make

import fastbp

RANDOM = np.random.default_rng(0)
ROWS, LEVEL = 300, 0.9
X = RANDOM.normal(size=(ROWS, 3))
TARGETS = np.stack([X @ [1.0, -2, 0.5] + RANDOM.normal(0, 0.5, ROWS), X @ [0.0, 1, 1] + 3 + RANDOM.normal(0, 2, ROWS)], axis=1)
NEW = RANDOM.normal(size=(260, 3))


def fitted(sizes, inputs, targets, *, activation="identity", seed=0, dtype="float64", epochs=500, **settings):
    model = fastbp.MLP(sizes, activation=activation, dtype=dtype, seed=seed)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LevenbergMarquardt(tolerance=1e-13), **settings)
    trainer.fit(inputs, targets, epochs=epochs)
    return trainer


def of_regression(inputs, target, new, weights=None, outside=0.0):
    """What textbooks, and statsmodels' get_prediction, give: prediction, and half of a band."""
    weights = np.ones(len(inputs)) if weights is None else weights / weights.mean()
    A, B = (np.column_stack([each, np.ones(len(each))]) for each in (inputs, new))
    inverse = np.linalg.inv(A.T @ (weights[:, np.newaxis] * A))
    p = inverse @ A.T @ (weights * target)
    freedom = len(inputs) - A.shape[1]
    variance = (weights * (target - A @ p) ** 2).sum() / freedom
    spread = np.einsum("ij,jk,ik->i", B, inverse, B)
    return B @ p, stats.t.ppf(0.5 + LEVEL / 2, freedom) * np.sqrt(variance * (outside + spread))


@pytest.mark.parametrize(("kind", "outside"), [("confidence", 0.0), ("prediction", 1.0)])
@pytest.mark.parametrize("sizes", [[3, 2], [3, 5, 2]], ids=["one layer", "with a layer whose parameters are too many"])
def test_those_of_a_linear_net_are_those_of_linear_regression(sizes, kind, outside):
    bands = fastbp.confidence_bands(fitted(sizes, X, TARGETS), X, TARGETS, NEW, level=LEVEL, kind=kind)
    for output in range(2):
        prediction, reach = of_regression(X, TARGETS[:, output], NEW, outside=outside)
        np.testing.assert_allclose(bands.prediction[:, output], prediction, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(bands.upper[:, output] - bands.prediction[:, output], reach, rtol=1e-6)
        np.testing.assert_allclose(bands.prediction[:, output] - bands.lower[:, output], reach, rtol=1e-6)


def test_weights_of_rows_divide_their_variance():
    weights = RANDOM.uniform(0.1, 3, ROWS)
    trainer = fastbp.Trainer(fastbp.MLP([3, 1], dtype="float64", seed=0), loss="squared_error", optimizer="levenberg_marquardt")
    trainer.fit(X, TARGETS[:, 0], epochs=100, sample_weight=weights)
    bands = fastbp.confidence_bands(trainer, X, TARGETS[:, 0], NEW, level=LEVEL, kind="prediction", sample_weight=weights)
    prediction, reach = of_regression(X, TARGETS[:, 0], NEW, weights, 1.0)
    np.testing.assert_allclose(bands.prediction[:, 0], prediction, atol=1e-7)
    np.testing.assert_allclose(bands.upper[:, 0] - bands.prediction[:, 0], reach, rtol=1e-6)


def test_a_missing_target_is_as_a_row_that_is_not_there():
    missing = TARGETS[:, :1].copy()
    missing[:40] = np.nan
    bands = fastbp.confidence_bands(fitted([3, 1], X, missing, missing_targets="ignore"), X, missing, NEW, level=LEVEL)
    reach = of_regression(X[40:], TARGETS[40:, 0], NEW)[1]
    np.testing.assert_allclose(bands.upper[:, 0] - bands.prediction[:, 0], reach, rtol=1e-6)


# Of a few of these data the loss goes on falling for long.
@pytest.mark.filterwarnings("ignore:the loss of the model can still fall")
def test_those_of_a_curved_net_hold_the_truth_as_often_as_they_say():
    inputs, new = np.linspace(-2, 2, 60)[:, np.newaxis], np.array([[-1.7], [-0.5], [0.1], [1.2]])
    truth = fastbp.MLP([1, 2, 1], activation="tanh", dtype="float64", seed=1)
    truth.weights, truth.biases = [np.array([[1.5, -1.0]]), np.array([[2.0], [1.0]])], [np.array([0.5, 1.0]), np.array([0.3])]
    draw, held, held_new, runs = np.random.default_rng(2), 0, 0, 100
    for _ in range(runs):
        targets = truth.predict(inputs)[:, 0] + draw.normal(0, 0.1, 60)
        model = fastbp.MLP([1, 2, 1], activation="tanh", dtype="float64", init=(truth.weights, truth.biases))
        trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LevenbergMarquardt(tolerance=1e-7))
        trainer.fit(inputs, targets, epochs=200)
        bands = fastbp.confidence_bands(trainer, inputs, targets, new, level=LEVEL)
        held += ((bands.lower < truth.predict(new)) & (truth.predict(new) < bands.upper)).sum()
        wider = fastbp.confidence_bands(trainer, inputs, targets, new, level=LEVEL, kind="prediction")
        drawn = truth.predict(new) + draw.normal(0, 0.1, new.shape)
        held_new += ((wider.lower < drawn) & (drawn < wider.upper)).sum()
    # Of 400; those of one run are not independent: a share of 0.9 in 100 to 400 has a standard error of 0.015 to 0.03.
    assert 0.84 < held / (4 * runs) < 0.96 and 0.85 < held_new / (4 * runs) < 0.95


def test_a_float32_model_has_nearly_the_same():
    one, other = (fitted([3, 4, 1], X, TARGETS[:, 0], activation="tanh", dtype=dtype, epochs=60) for dtype in ("float32", "float64"))
    one.model.weights, one.model.biases = other.model.weights, other.model.biases
    bands, wanted = (fastbp.confidence_bands(each, X, TARGETS[:, 0], NEW) for each in (one, other))
    assert bands.lower.dtype == np.float64
    np.testing.assert_allclose(bands.upper, wanted.upper, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_net_that_is_not_at_its_end_is_told(outputs):
    targets = TARGETS[:, :outputs]
    model = fastbp.MLP([3, 2, outputs], activation="tanh", dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LevenbergMarquardt())
    with pytest.warns(UserWarning, match="the loss of the model can still fall \\(it was not trained\\), and .* would move"):
        fastbp.confidence_bands(trainer, X, targets, NEW)
    trainer.fit(X, targets, epochs=1)
    with pytest.warns(UserWarning, match="can still fall \\(fit ended by 'epochs' after 1 epoch\\)") as told:
        fastbp.confidence_bands(trainer, X, targets, NEW)
    assert told[0].filename == __file__
    trainer.fit(X, targets, epochs=1000)
    assert trainer.history.stopped == "converged"
    fastbp.confidence_bands(trainer, X, targets, NEW)


def test_what_does_not_fit_is_refused():
    trainer = fitted([3, 1], X, TARGETS[:, 0], epochs=3)
    given = X, TARGETS[:, 0], NEW
    with pytest.raises(ValueError, match="the trainer's loss is 'cross_entropy'; confidence_bands is for 'squared_error' alone"):
        fastbp.confidence_bands(make(), X, LABELS, NEW)
    with pytest.raises(ValueError, match="the model has normalization, dropout or noise; confidence_bands is for models without"):
        fastbp.confidence_bands(make("adam", loss="squared_error", between="layer"), X, TARGETS, NEW)
    with pytest.raises(TypeError, match="trainer is of type MLP; expected a Trainer"):
        fastbp.confidence_bands(trainer.model, *given)
    with pytest.raises(ValueError, match=r"level is 1\.0; expected a number in \(0, 1\)"):
        fastbp.confidence_bands(trainer, *given, level=1.0)
    with pytest.raises(ValueError, match=r"kind='mean' is not known; expected one of confidence, prediction"):
        fastbp.confidence_bands(trainer, *given, kind="mean")
    with pytest.raises(ValueError, match="X_new: X has 2 columns; the model has 3 inputs"):
        fastbp.confidence_bands(trainer, X, TARGETS[:, 0], NEW[:, :2])
    with pytest.raises(ValueError, match="4 rows and 4 parameters that matter, for 1 output; bands take more rows than parameters"):
        fastbp.confidence_bands(trainer, X[:4], TARGETS[:4, 0], NEW)


def test_without_scipy_the_error_says_so(run_python):
    code = (
        "import sys\n"
        "sys.modules['scipy.stats'] = None\n"
        "import fastbp\n"
        "trainer = fastbp.Trainer(fastbp.MLP([1, 1]), loss='squared_error')\n"
        "try:\n"
        "    fastbp.confidence_bands(trainer, [[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0], [[0.0]])\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    assert "confidence_bands needs scipy, which cannot be imported: pip install 'fastbp[scipy]'" in run_python(code)
