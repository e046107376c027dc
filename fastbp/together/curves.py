"""The curves of many histories as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastbp._plots import axes
from fastbp._typing import NDArray
from fastbp.training.history import History


def draw(ax: Any, histories: Sequence[History], metric: str, *, best: int | None = None) -> Any:
    """Draw a metric of each history over its epochs, and the mean of those that are as long, or the best one, strongly."""
    ax = axes(ax)
    curves = [_values(history, metric) for history in histories]
    for curve in curves:
        ax.plot(np.arange(1, curve.size + 1), curve, color="C0", alpha=0.35, linewidth=1)
    if best is not None:
        ax.plot(np.arange(1, curves[best].size + 1), curves[best], color="C1", linewidth=2, label=f"number {best}")
        ax.legend()
    elif len(curves) > 1:
        # As far as all of them go.
        common = min(curve.size for curve in curves)
        ax.plot(np.arange(1, common + 1), np.mean([curve[:common] for curve in curves], axis=0), color="C1", linewidth=2, label="mean")
        ax.legend()
    ax.set(xlabel="epoch", ylabel=metric)
    return ax


def _values(history: History, metric: str) -> NDArray[np.float64]:
    columns = history.columns()
    if metric not in columns:
        raise ValueError(f"metric={metric!r}: the history has {', '.join(history.names())}")
    return np.array(columns[metric], np.float64)


def usual_metric(histories: Sequence[History]) -> str:
    """The validation loss where all have it, else the training loss."""
    return "val_loss" if all(any(value is not None for value in history.val_loss) for history in histories) else "loss"
