"""Which way a metric gets better, by its name."""

from __future__ import annotations

import re

from fastbp._names import lookup

# Words of names, between underscores. Where a name has both, as brier_score has, it falls.
_FALLING = (
    "loss error entropy huber cosh quantile pinball poisson gamma hinge focal deviance brier ece calibration perplexity distance "
    "divergence regret mse mae rmse msle rmsle mape smape nll"
)
_RISING = (
    "accuracy acc precision recall sensitivity specificity f1 fbeta auc roc r2 d2 score kappa mcc matthews correlation pearson spearman "
    "jaccard iou dice explained ap likelihood ndcg gini top"
)


def better(metric: str, mode: str) -> str:
    """``"min"`` or ``"max"``: where `metric` is best. ``"auto"`` knows by its name; ValueError where it does not."""
    if not isinstance(metric, str):
        raise TypeError(f"metric is {metric!r} of type {type(metric).__name__}; expected a name in the history, such as 'val_loss'")
    mode = lookup(mode, {each: each for each in ("auto", "min", "max")}, "mode")
    if mode != "auto":
        return mode
    name = metric.removeprefix("val_")
    words = {re.sub(r"@?\d+$", "", word) if word not in ("f1", "r2", "d2") else word for word in name.lower().split("_")}
    rises, turned = bool(words & {*_RISING.split()}), bool(words & {"neg", "negative"})
    if words & {*_FALLING.split()}:
        return "max" if turned else "min"
    if rises:
        return "min" if turned else "max"
    raise ValueError(f"mode='auto' does not know whether {metric!r} should fall or rise; expected mode='min' or 'max'")
