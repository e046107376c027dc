"""Which way a metric gets better, by its name."""

import pytest

from fastbp._direction import better
from fastbp.losses import LOSSES

FALLING = ["loss", "val_loss", "val_squared_error", "mae", "val_rmse", "val_log_loss", "brier_score", "expected_calibration_error", "mse"]
FALLING += ["error_rate", "negative_log_likelihood", "mean_absolute_percentage_error", "val_hinge", "poisson_deviance", *LOSSES]
RISING = ["accuracy", "val_accuracy", "val_f1", "f1_macro", "val_r2", "roc_auc", "val_roc_auc", "average_precision", "balanced_accuracy"]
RISING += ["top_5_accuracy", "val_top5", "recall@3", "explained_variance", "neg_log_loss", "matthews_corrcoef", "log_likelihood", "d2"]


@pytest.mark.parametrize(("metric", "wanted"), [(name, "min") for name in FALLING] + [(name, "max") for name in RISING])
def test_which_way_a_metric_gets_better_is_known_by_its_name(metric, wanted):
    assert better(metric, "auto") == wanted
    assert (better(metric, "min"), better(metric, "max")) == ("min", "max")


@pytest.mark.parametrize("metric", ["seconds", "val_something", "transcription", "floss", ""])
def test_what_is_not_known_must_be_said(metric):
    with pytest.raises(ValueError, match=r"mode='auto' does not know whether .* should fall or rise; expected mode='min' or 'max'"):
        better(metric, "auto")
    assert better(metric, "max") == "max"


def test_bad_arguments():
    with pytest.raises(TypeError, match=r"metric is 3 of type int; expected a name in the history"):
        better(3, "min")
    with pytest.raises(ValueError, match=r"mode='least' is not known; expected one of auto, min, max"):
        better("loss", "least")
