"""The table of metrics, and what users write for them."""

import numpy as np
import pytest
from answered import CLASSES, NUMBERS, QUANTILES, QUESTIONS, answers, numbers

import fastbp
from fastbp.losses import LOSSES
from fastbp.metrics import METRICS, Metric, as_metrics
from fastbp.metrics.answers import KINDS, kind_of

OUTPUTS = {CLASSES: 7, QUESTIONS: 2, NUMBERS: 2, QUANTILES: 3}


def made(given, loss="cross_entropy", n_outputs=7):
    return as_metrics(given, LOSSES[loss](), n_outputs)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_gives_a_float_for_each_of_its_kinds_and_refuses_the_others(name):
    metric = METRICS[name]()
    for loss in [*(cls() for name, cls in LOSSES.items() if name != "quantile"), fastbp.Quantile([0.1, 0.5, 0.9])]:
        kind = kind_of(loss)
        if kind not in metric.kinds:
            with pytest.raises(ValueError, match=f"metric '{metric.label}' is of .*; loss='{loss.name}' is of {KINDS[kind]}"):
                metric.check(loss, OUTPUTS[kind])
        elif (name, loss.name) not in {("log_loss", "hinge"), ("log_loss", "squared_hinge")}:
            metric.check(loss, OUTPUTS[kind])
    for kind in metric.kinds:
        found = metric(answers(kind, *numbers(kind, 60, OUTPUTS[kind] if kind != QUANTILES else 1, 0, True)))
        assert type(found) is float and np.isfinite(found)
    assert metric.name == name and metric == METRICS[name]()


def test_names_objects_and_functions():
    def own(y_true, y_pred):
        return 0.0

    metrics = made(["f1", fastbp.metrics.TopK(3), "top_2", "top_k_accuracy", own, fastbp.CustomMetric(own, name="other")])
    assert [*metrics] == ["f1", "top_3", "top_2", "top_k_accuracy", "own", "other"]
    assert metrics["top_2"].k == 2 and metrics["top_k_accuracy"].k == 5
    assert all(isinstance(metric, Metric) for metric in metrics.values())
    assert [*made("f1")] == ["f1"] and [*made(own)] == ["own"] and [*made(fastbp.metrics.F1())] == ["f1"]
    assert made(iter(["f1"])).keys() == {"f1"} and made([]) == {}


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (["f1", "f1"], ValueError, "metrics holds 'f1' twice"),
        (["f1", fastbp.metrics.F1()], ValueError, "metrics holds 'f1' twice"),
        ([3], TypeError, "metrics holds 3 of type int; expected names, metrics or functions"),
        (None, TypeError, "metrics holds None"),
        ([fastbp.metrics.F1], TypeError, "metrics holds <class"),
        (["precison"], ValueError, r"metrics='precison' is not known; expected one of accuracy, .*, coverage\. Did you mean 'precision'\?"),
        (["top_0"], ValueError, "k is 0; expected an integer of at least 1"),
        (["top_7"], ValueError, "metric 'top_7' is always 1 for 7 classes"),
        (["mae"], ValueError, "metric 'mae' is of real targets"),
    ],
)
def test_what_is_refused(given, error, said):
    with pytest.raises(error, match=said):
        made(given)


@pytest.mark.parametrize("arrays", [([0, 1], [0, 1]), ([0, 1],), ()])
def test_a_metric_of_arrays_is_refused_with_what_is_meant(arrays):
    with pytest.raises(
        TypeError, match=r"TopK is not called with arrays; expected trainer\.evaluate\(X, y, metrics=\[fastbp\.metrics\.TopK\(k=3"
    ):
        fastbp.metrics.TopK(3)(*arrays)
    with pytest.raises(TypeError, match="F1 is not called with arrays"):
        fastbp.metrics.F1()(y_true=[1], y_pred=[1])


def test_metrics_are_found_in_the_package():
    assert fastbp.metrics.METRICS is METRICS
    assert all(getattr(fastbp.metrics, cls.__name__) is cls and cls.__name__ in fastbp.metrics.__all__ for cls in METRICS.values())
    assert str(fastbp.metrics.TopK(3)) == "top_k_accuracy(3)" and repr(fastbp.metrics.F1()) == "F1()"
    with pytest.raises(AttributeError, match="no attribute 'F2'"):
        _ = fastbp.metrics.F2
