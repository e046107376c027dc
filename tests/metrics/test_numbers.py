"""Metrics of real targets and of quantiles: scikit-learn's figures, and some by hand."""

import numpy as np
import pytest
from answered import LEVELS, NUMBERS, QUANTILES, answers, numbers
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn import metrics as sk

import fastbp
from fastbp.metrics import METRICS

THEIRS = {
    "mae": sk.mean_absolute_error,
    "rmse": sk.root_mean_squared_error,
    "mape": sk.mean_absolute_percentage_error,
    "r2": sk.r2_score,
}


@pytest.mark.parametrize("name", THEIRS)
@given(st.integers(2, 40), st.integers(1, 4), st.integers(0, 999), st.booleans())
def test_figures_are_those_of_scikit_learn(name, rows, columns, seed, weighted):
    targets, outputs, weights = numbers(NUMBERS, rows, columns, seed, weighted)
    assert_allclose(
        METRICS[name]()(answers(NUMBERS, targets, outputs, weights)), THEIRS[name](targets, outputs, sample_weight=weights), rtol=1e-12
    )


@pytest.mark.parametrize("name", THEIRS)
@given(st.integers(2, 20), st.integers(1, 3), st.integers(0, 99), st.booleans())
def test_of_quantiles_the_median_is_looked_at(name, rows, columns, seed, weighted):
    targets, outputs, weights = numbers(QUANTILES, rows, columns, seed, weighted)
    expected = THEIRS[name](targets, outputs[:, 1::3], sample_weight=weights)
    assert_allclose(METRICS[name]()(answers(QUANTILES, targets, outputs, weights)), expected, rtol=1e-12)


@given(st.integers(1, 20), st.integers(1, 3), st.integers(0, 99), st.booleans())
def test_pinball_is_the_mean_of_scikit_learns_over_levels(rows, columns, seed, weighted):
    targets, outputs, weights = numbers(QUANTILES, rows, columns, seed, weighted)
    theirs = [sk.mean_pinball_loss(targets, outputs[:, i::3], sample_weight=weights, alpha=level) for i, level in enumerate(LEVELS)]
    assert_allclose(METRICS["pinball"]()(answers(QUANTILES, targets, outputs, weights)), np.mean(theirs), rtol=1e-12)


def test_coverage_by_hand():
    # Of the first target in, on the border, out; of the second out, out, in.
    outputs = [[0, 1, 2, 0, 0, 1], [0, 1, 2, 0, 0, 1], [0, 1, 2, 0, 0, 1]]
    given = answers(QUANTILES, [[0.5, -0.1], [2.0, 1.1], [2.1, 0.0]], outputs)
    assert METRICS["coverage"]()(given) == pytest.approx(0.5)
    weighted = answers(QUANTILES, [[0.5, -0.1], [2.0, 1.1], [2.1, 0.0]], outputs, np.array([2.0, 1.0, 1.0]))
    assert METRICS["coverage"]()(weighted) == pytest.approx((0.75 + 0.25) / 2)


@pytest.mark.parametrize("name", [*THEIRS, "pinball", "coverage"])
def test_missing_targets_are_left_out_and_rows_that_weigh_nothing(name):
    kind = NUMBERS if name in THEIRS else QUANTILES
    targets, outputs, weights = numbers(kind, 30, 2, 5, True)
    targets[:7, 1], targets[9, 0], weights[20:] = np.nan, np.nan, 0
    size, metric = outputs.shape[1] // 2, METRICS[name]()
    of_each = []
    for column in range(2):
        known = ~np.isnan(targets[:, column]) & (weights > 0)
        own = outputs[known, column * size : (column + 1) * size]
        of_each.append(metric(answers(kind, targets[known, column : column + 1], own, weights[known])))
    assert_allclose(metric(answers(kind, targets, outputs, weights)), np.mean(of_each), rtol=1e-12)
    assert np.isnan(metric(answers(kind, np.full_like(targets, np.nan), outputs)))


def test_r2_where_it_is_not_defined():
    r2 = METRICS["r2"]()
    assert np.isnan(r2(answers(NUMBERS, [[1.0]], [[1.0]])))
    for found in ([[1.0], [1.0]], [[1.0], [2.0]]):
        assert r2(answers(NUMBERS, [[1.0], [1.0]], found)) == sk.r2_score([1.0, 1.0], np.ravel(found))


def test_means_are_compared_where_the_model_gives_logarithms():
    log_rates = np.array([[0.0], [1.0], [2.0]])
    given = answers(NUMBERS, [[1.0], [3.0], [7.0]], log_rates, loss=fastbp.losses.Poisson(), output=fastbp.Identity())
    assert METRICS["mae"]()(given) == pytest.approx(np.abs(np.exp(log_rates[:, 0]) - [1, 3, 7]).mean())


@pytest.mark.parametrize(
    ("name", "loss", "said"),
    [
        ("mae", "cross_entropy", "metric 'mae' is of real targets or of quantiles; loss='cross_entropy' is of several classes"),
        ("r2", "hinge", "loss='hinge' is of yes and no"),
        ("pinball", "huber", "metric 'pinball' is of quantiles; loss='huber' is of real targets"),
        ("coverage", "quantile", r"of an interval between two levels; loss=Quantile\(levels=\(0.5,\)\) has one"),
    ],
)
def test_losses_without_such_a_figure(name, loss, said):
    with pytest.raises(ValueError, match=said):
        METRICS[name]().check(fastbp.losses.LOSSES[loss](), 3)


def test_quantiles_without_a_median():
    with pytest.raises(
        ValueError, match=r"metric 'rmse' is of the median, and the levels of loss=Quantile\(levels=\(0.1, 0.9\)\) have no 0.5"
    ):
        METRICS["rmse"]().check(fastbp.Quantile([0.1, 0.9]), 2)
    METRICS["rmse"]().check(fastbp.Quantile(), 2)
    METRICS["coverage"]().check(fastbp.Quantile([0.1, 0.9]), 2)
