"""Illnesses of data, at their thresholds."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, X, make

import fastbp
from fastbp.activations import ACTIVATIONS
from fastbp.diagnosis.of_data import data_findings, limits
from fastbp.diagnosis.trial import Trial

RANDOM = np.random.default_rng(0)


def found(trainer, X, y, weight=None):
    return list(data_findings(Trial(trainer.run, X, y, weight)))


def names(*arguments):
    return [finding.name for finding in found(*arguments)]


@pytest.mark.parametrize(("column", "wanted"), [
    (np.full(50, 9.9), 0), (np.full(50, 10.1), 1), (np.full(50, 1e-6), 0), (2000 + RANDOM.normal(size=50), 1),
    (5 + RANDOM.normal(size=50), 0), (5 + 0.1 * RANDOM.normal(size=50), 1), (np.full(50, 5.0), 0),
    # Nearly nothing but ones, as of a rare class.
    (np.repeat([1.0, 0.0], [49, 1]), 0), (np.repeat([1000.0, 0.0], [1, 49]), 1),
])  # fmt: skip
def test_inputs(column, wanted):
    assert names(make(), np.column_stack([X[:, :2], column]), LABELS) == ["unscaled inputs"] * wanted


@pytest.mark.parametrize(("factor", "wanted"), [(1.0, 0), (0.02, 0), (0.001, 1), (0.0, 0), (100.0, 1)])
def test_sizes_of_inputs(factor, wanted):
    assert names(make(), factor * X, LABELS) == ["unscaled inputs"] * wanted


def test_the_worst_column_is_named():
    (finding,) = found(make(), X * [1, 100, 1000], LABELS)
    assert finding.numbers["column"] == 2 and finding.numbers["columns"] == 2 and "2 of 3 columns" in finding.what


@pytest.mark.parametrize(("targets", "wanted"), [
    (TARGETS, 0), (TARGETS * 100, 1), (TARGETS * 1e-3, 1), (TARGETS * 0, 0), (5 + 0.1 * TARGETS, 1), (2 + 0.01 * TARGETS, 0),
])  # fmt: skip
@pytest.mark.parametrize("loss", ["squared_error", "huber", "absolute_error"])
def test_targets(loss, targets, wanted):
    assert names(make(loss=loss), X, targets) == ["unscaled targets"] * wanted


def test_targets_of_counts_and_quantiles():
    counts = RANDOM.poisson(500.0, (50, 2))
    assert names(make(loss="poisson"), X, counts) == []
    assert names(make(loss=fastbp.Quantile([0.1, 0.9])), X, 1000 * TARGETS[:, 0]) == ["unscaled targets"]


@pytest.mark.parametrize(("output", "targets", "wanted"), [
    ("sigmoid", [0, 1], 0), ("sigmoid", [0, 1.1], 1), ("sigmoid", [-0.1, 1], 1), ("tanh", [-1, 1], 0), ("tanh", [-1, 1.2], 1),
    ("softsign", [-1, 1], 0), ("relu", [0, 5], 0), ("relu", [-1, 5], 1), ("identity", [-5, 5], 0), ("exponential", [0, 900], 0),
])  # fmt: skip
def test_targets_out_of_reach(output, targets, wanted):
    model = fastbp.MLP([3, 4, 1], output_activation=output, seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error")
    assert names(trainer, X, np.resize(targets, 50).astype(float)) == ["targets out of reach"] * wanted


@pytest.mark.parametrize(("name", "wanted"), [
    ("sigmoid", (0, 1)), ("tanh", (-1, 1)), ("hard_tanh", (-1, 1)), ("hard_sigmoid", (0, 1)), ("softsign", (-1, 1)), ("relu", (0, np.inf)),
    ("relu6", (0, 6)), ("exponential", (0, np.inf)), ("softplus", (0, np.inf)), ("identity", (-np.inf, np.inf)), ("elu", (-1, np.inf)),
    ("gelu", (-0.17, np.inf)), ("leaky_relu", (-7, np.inf)),
])  # fmt: skip
def test_limits(name, wanted):
    assert limits(ACTIVATIONS[name]()) == wanted


def test_outputs_without_limits_of_their_own():
    own = fastbp.CustomActivation(lambda z: max(z, 0.0) ** 2, lambda z: 2 * max(z, 0.0))
    for output in (own, fastbp.activations.Ascending(2), fastbp.Softmax()):
        assert limits(output) == (-np.inf, np.inf)


def labels(*counts):
    y = np.repeat(np.arange(len(counts)), counts)
    return RANDOM.normal(size=(y.size, 3)), y


@pytest.mark.parametrize(("counts", "wanted"), [
    ((95, 5), None), ((96, 4), 1), ((4, 96), 0), ((19, 0), None), ((30, 0), 1), ((0, 30), 0), ((500, 500), None),
])  # fmt: skip
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "hinge"])
def test_balance(loss, counts, wanted):
    trainer = make() if loss == "cross_entropy" else fastbp.Trainer(fastbp.MLP([3, 4, 1], seed=0), loss=loss)
    findings = found(trainer, *labels(*counts))
    assert [finding.name for finding in findings] == ["labels out of balance"] * (wanted is not None)
    assert all(f"class {wanted} has" in finding.what for finding in findings)


def test_balance_by_names_of_classes_and_rows_of_probabilities():
    X, y = labels(97, 3)
    named = fastbp.Trainer(fastbp.MLP([3, 4, 2], classes=["no", "yes"], seed=0), loss="cross_entropy")
    (finding,) = found(named, X, np.array(["no", "yes"])[y])
    assert "class 'yes' has 3.00% of the rows" in finding.what and finding.numbers == {"share": 0.03, "classes": 2}
    assert names(make(), X, np.eye(2)[y]) == ["labels out of balance"]
    assert names(make(), X, np.full((100, 2), 0.5)) == []
    assert names(make(loss="binary_cross_entropy"), X, np.eye(2)[y]) == []


def test_balance_of_labels_that_may_be_missing_is_not_judged():
    X, _ = labels(500, 0)
    model = fastbp.MLP([3, 4, 1], seed=0)
    trainer = fastbp.Trainer(model, loss="binary_cross_entropy", missing_targets="ignore")
    assert names(trainer, X, np.repeat([1.0, np.nan], [20, 480])) == []


def test_balance_is_of_weights():
    X, y = labels(97, 3)
    assert names(make(), X, y, np.where(y, 30.0, 1.0)) == names(make(class_weight="balanced"), X, y) == []
    assert names(make(), *labels(50, 50), np.repeat([1.0, 0.01], 50)) == ["labels out of balance"]


@pytest.mark.parametrize(("rows", "batch_size", "accumulate", "shards", "wanted"), [
    (50, 8, 1, 1, 0), (50, 7, 1, 1, 1), (50, 4, 2, 1, 0), (49, 8, 1, 1, 1), (48, 8, 1, 1, 0), (50, None, 1, 1, 0), (5, None, 1, 1, 1),
    (50, 1, 1, 1, 1), (48, 16, 1, 2, 0), (50, 16, 1, 2, 1), (20, 16, 1, 2, 0), (48, 8, 1, 2, 1), (5, 1, 1, 8, 1),
])  # fmt: skip
def test_rows_of_batches_and_of_shards(rows, batch_size, accumulate, shards, wanted):
    for between, count in (("batch", wanted), ("layer", 0), ("", 0)):
        trainer = make(between=between, batch_size=batch_size, accumulate=accumulate, average=None, shards=shards)
        assert names(trainer, X[:rows], LABELS[:rows]) == ["few rows for batch normalisation"] * count
