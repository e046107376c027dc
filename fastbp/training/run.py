"""All that training changes, so that it can go back to where it was."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fastbp._typing import Array
from fastbp.training.epoch import Epoch
from fastbp.training.memory import Memory

if TYPE_CHECKING:
    from fastbp.trainer import Trainer

# Elements of an array for which another as large costs nothing.
_SMALL = 10_000


class State:
    """A copy of a trainer's parameters, optimizer memory and place in the training, in memory that is used again and again."""

    def __init__(self, trainer: Trainer) -> None:
        self._parameters = np.empty_like(trainer.model.network.parameters)
        self._memory = Memory("", np.empty_like(trainer._memory.slots))
        self.keep(trainer)

    def keep(self, trainer: Trainer) -> None:
        """Copy what `trainer` has now."""
        np.copyto(self._parameters, trainer.model.network.parameters)
        if self._memory.slots.shape != trainer._memory.slots.shape:
            self._memory.slots = np.empty_like(trainer._memory.slots)
        np.copyto(self._memory.slots, trainer._memory.slots)
        self._memory.name, self._memory.steps = trainer._memory.name, trainer._memory.steps
        self.epoch, self.steps = trainer.epoch, trainer.steps
        self._current = _copy(trainer._current)

    def restore(self, trainer: Trainer) -> None:
        """Give it back."""
        np.copyto(trainer.model.network.parameters, self._parameters)
        if trainer._memory.slots.shape != self._memory.slots.shape:
            trainer._memory = Memory("", np.empty_like(self._memory.slots))
        np.copyto(trainer._memory.slots, self._memory.slots)
        trainer._memory.name, trainer._memory.steps = self._memory.name, self._memory.steps
        trainer.epoch, trainer.steps = self.epoch, self.steps
        trainer._current = _copy(self._current)


def _copy(epoch: Epoch | None) -> Epoch | None:
    return None if epoch is None else replace(epoch, losses=epoch.losses.copy())


def all_finite(array: Array) -> bool:
    """Whether no element is infinite or NaN, of a large array in one pass that takes no memory."""
    if array.size < _SMALL:
        return bool(np.isfinite(array).all())
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(np.add.reduce(array, axis=None))
    # A sum of finite numbers may be too large for the type.
    return math.isfinite(total) or bool(np.isfinite(array).all())
