"""What a run makes of the targets that it is given: labels numbered, missing ones left out, classes weighed."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.data.labels import ClassWeight, numbered, weights_of
from fastbp.data.validation import check_sample_weight, numeric
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
