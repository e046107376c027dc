"""Metrics a user may name or build, and the one table of them.

=================  ==================================================================================
name               of what was right t, and what the model gave p
=================  ==================================================================================
accuracy           share of right classes, or of outputs on the right side
balanced_accuracy  mean over classes of the share of their rows that are found
top_k_accuracy     share of rows whose class is among the k largest outputs
precision          share of the rows said to be of a class that are
recall             share of the rows of a class that are found
f1                 2 / (1 / precision + 1 / recall)
log_loss           -mean of log p, p the probability of what is right
roc_auc            how often a yes has more than a no
average_precision  mean precision over the yeses, each at its place in the order
mae                mean of abs(p - t)
rmse               sqrt(mean of (p - t)**2)
mape               mean of abs(p - t) / abs(t)
r2                 1 - sum of (p - t)**2 / sum of (t - mean of t)**2
pinball            mean over levels of max(q e, (q - 1) e), e = t - p
coverage           share of targets from the lowest to the highest quantile
=================  ==================================================================================

Figures are scikit-learn's. What fastbp knows of one is in its class: formula, and the losses that it goes with. CONTRIBUTING.md says how to
add one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastbp._names import lookup
from fastbp._table import Table, attribute, later
from fastbp.losses import Loss
from fastbp.metrics.answers import Answers
from fastbp.metrics.base import Metric

if TYPE_CHECKING:
    from fastbp.metrics.custom import CustomMetric
    from fastbp.metrics.decisions import F1, Accuracy, BalancedAccuracy, Precision, Recall, TopK
    from fastbp.metrics.numbers import MAE, MAPE, R2, RMSE, Coverage, Pinball
    from fastbp.metrics.probabilities import ROCAUC, AveragePrecision, LogLoss

# fmt: off
__all__ = [
    "F1", "MAE", "MAPE", "METRICS", "R2", "RMSE", "ROCAUC", "Accuracy", "Answers", "AveragePrecision", "BalancedAccuracy", "Coverage",
    "CustomMetric", "LogLoss", "Metric", "Pinball", "Precision", "Recall", "TopK", "as_metrics",
]
# fmt: on

_DECISIONS, _PROBABILITIES, _NUMBERS = (f"fastbp.metrics.{name}" for name in ("decisions", "probabilities", "numbers"))
METRICS: Table[type[Metric]] = Table(
    {
        "accuracy": (_DECISIONS, "Accuracy"),
        "balanced_accuracy": (_DECISIONS, "BalancedAccuracy"),
        "top_k_accuracy": (_DECISIONS, "TopK"),
        "precision": (_DECISIONS, "Precision"),
        "recall": (_DECISIONS, "Recall"),
        "f1": (_DECISIONS, "F1"),
        "log_loss": (_PROBABILITIES, "LogLoss"),
        "roc_auc": (_PROBABILITIES, "ROCAUC"),
        "average_precision": (_PROBABILITIES, "AveragePrecision"),
        "mae": (_NUMBERS, "MAE"),
        "rmse": (_NUMBERS, "RMSE"),
        "mape": (_NUMBERS, "MAPE"),
        "r2": (_NUMBERS, "R2"),
        "pinball": (_NUMBERS, "Pinball"),
        "coverage": (_NUMBERS, "Coverage"),
    },
)
_CUSTOM = "fastbp.metrics.custom", "CustomMetric"
__getattr__ = later(globals(), METRICS.modules() | {_CUSTOM[1]: _CUSTOM[0]})


#: What other libraries call some of these, in small letters without underscores.
OTHER_NAMES = {
    **dict.fromkeys(("acc", "accuracyscore", "binaryaccuracy", "categoricalaccuracy", "sparsecategoricalaccuracy"), "accuracy"),
    **dict.fromkeys(("balancedaccuracyscore", "meanrecall", "uar"), "balanced_accuracy"),
    **dict.fromkeys(("topk", "topkaccuracyscore", "topkcategoricalaccuracy", "sparsetopkcategoricalaccuracy"), "top_k_accuracy"),
    **dict.fromkeys(("precisionscore", "precisionmacro", "positivepredictivevalue", "ppv"), "precision"),
    **dict.fromkeys(("recallscore", "recallmacro", "sensitivity", "truepositiverate", "tpr"), "recall"),
    **dict.fromkeys(("f1score", "f1macro", "fscore", "fmeasure"), "f1"),
    **dict.fromkeys(("crossentropy", "binarycrossentropy", "categoricalcrossentropy", "nll", "neglogloss"), "log_loss"),
    **dict.fromkeys(("auc", "auroc", "aucroc", "rocaucscore", "rocaucovr"), "roc_auc"),
    **dict.fromkeys(("averageprecisionscore", "ap", "prauc", "aucpr", "auprc"), "average_precision"),
    **dict.fromkeys(("meanabsoluteerror", "negmeanabsoluteerror", "absoluteerror", "l1"), "mae"),
    **dict.fromkeys(("rootmeansquarederror", "negrootmeansquarederror"), "rmse"),
    **dict.fromkeys(("meanabsolutepercentageerror", "negmeanabsolutepercentageerror"), "mape"),
    **dict.fromkeys(("r2score", "rsquared", "coefficientofdetermination"), "r2"),
    **dict.fromkeys(("pinballloss", "meanpinballloss", "quantile", "quantileloss"), "pinball"),
    **dict.fromkeys(("intervalcoverage", "predictionintervalcoverage", "picp"), "coverage"),
}


def as_metrics(given: object, loss: Loss, n_outputs: int) -> dict[str, Metric]:
    """Metrics by what they are called in a history, from names, objects and functions; errors as `Metric.check` has them."""
    every = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    metrics: dict[str, Metric] = {}
    for each in every:
        metric = _as_metric(each)
        metric.check(loss, n_outputs)
        label = each if isinstance(each, str) else metric.label
        if label in metrics:
            raise ValueError(f"metrics holds {label!r} twice")
        metrics[label] = metric
    return metrics


def _as_metric(given: object) -> Metric:
    if isinstance(given, Metric):
        return given
    if isinstance(given, str):
        top = re.fullmatch(r"top_(\d+)", given, re.ASCII)
        if top:
            return attribute(_DECISIONS, "TopK")(int(top[1]))  # type: ignore[no-any-return]
        return lookup(given, METRICS, "metrics", OTHER_NAMES)()
    if callable(given) and not isinstance(given, type):
        return attribute(*_CUSTOM)(given)  # type: ignore[no-any-return]
    raise TypeError(f"metrics holds {given!r} of type {type(given).__name__}; expected names, metrics or functions of y_true and y_pred")
