"""What a run makes of the targets that it is given: labels numbered, missing ones left out, classes weighed."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.labels import ClassWeight, numbered, weights_of
from fastbp.data.rows import Rows
from fastbp.data.validation import check_sample_weight, numeric
from fastbp.kernels.codes import LARGEST, NO_ACCURACY
from fastbp.losses import Loss
from fastbp.mlp import MLP

# In place of a missing target while the others are checked: every loss takes it.
_ANY = 1.0


class Targets:
    """Checks the targets of a model and a loss."""

    def __init__(self, model: MLP, loss: Loss, missing: str, class_weight: ClassWeight) -> None:
        self._model, self._loss, self._class_weight = model, loss, class_weight
        self.may_miss = missing == "ignore"
        if self.may_miss and not loss.elementwise:
            raise ValueError(f"missing_targets='ignore' is for losses that are means over outputs; loss={loss.name!r} is none")

    def check(self, y: Any, rows: int) -> Array:
        """`y` as the loss reads it, in the user's own memory where it can be."""
        return self.check_again(numbered(y, self._model.classes), rows)

    def check_again(self, y: Any, rows: int) -> Array:
        """The same of what is numbered."""
        n_outputs, dtype = self._model.layer_sizes[-1], self._model.dtype
        if not self.may_miss:
            return self._loss.check_targets(y, rows, n_outputs, dtype)
        given = numeric(y, "y")
        missing = np.isnan(given) if given.dtype.kind == "f" else np.zeros(given.shape, bool)
        targets = self._loss.check_targets(np.where(missing, np.asarray(_ANY, given.dtype), given), rows, n_outputs, dtype)
        return np.where(missing.reshape(targets.shape), np.nan, targets).astype(given.dtype) if missing.any() else targets

    def share_there(self, rows: Rows) -> float:
        """The share of targets that are not missing, by the weights of their rows; NaN where all are."""
        if not self.may_miss:
            return 1.0
        there = np.mean(~np.isnan(rows.chosen_targets()), axis=1)
        weights = rows.weights(slice(None))
        return float(np.average(there, weights=None if weights is None else weights.astype(np.float64))) or np.nan

    def weights(self, targets: Array, sample_weight: Any, *, training: bool) -> Array | None:
        """The weights of the rows, with those of their classes in training."""
        model, rows = self._model, targets.shape[0]
        weights = check_sample_weight(sample_weight, rows, model.dtype)
        if self._class_weight is None or not training:
            return weights
        n_classes = max(2, model.layer_sizes[-1])
        of_class = weights_of(targets, self._class_weight, n_classes, model.classes)
        both = of_class if weights is None else of_class * weights[:, 0]
        return check_sample_weight(both, rows, model.dtype, "class_weight")

    def weights_in(self, part: NDArray[np.int64] | slice, targets: Array, sample_weight: Any, *, training: bool) -> Array | None:
        """The same of a part of the rows, which are as a data set of their own; a weight for every row, 0 for the others."""
        given = None if sample_weight is None else numeric(sample_weight, "sample_weight")[part]
        own = self.weights(targets[part], given, training=training)
        if own is None:
            return None
        weights = np.zeros((targets.shape[0], 1), own.dtype)
        weights[part] = own
        return weights

    def groups(self, targets: Array) -> NDArray[np.int64] | None:
        """The number of each row's class, of all that there are; None for targets that are no classes."""
        if self._loss.accuracy == NO_ACCURACY:
            return None
        if targets.shape[1] > 1:
            # Of one output each is a question of its own.
            one_hot = self._loss.accuracy == LARGEST and (targets.max(axis=1) == 1).all()
            return targets.argmax(axis=1) if one_hot else None
        column = targets[:, 0]
        if column.dtype.kind == "f" and not ((column == np.floor(column)) | np.isnan(column)).all():
            return None
        groups: NDArray[np.int64] = np.unique(column, return_inverse=True)[1]
        return groups
