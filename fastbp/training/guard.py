"""Watches that training stays finite, and keeps a state to go back to when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fastbp._typing import Array
from fastbp.data.validation import all_finite
from fastbp.training.copies import Copies
from fastbp.training.run import Run

# A state is kept anew when so many times as long has passed as it took last time, half a percent, and so many seconds.
_RARELY, _KEEP = 200, 0.005
# Weights are looked at when so many times as long has passed as it took last time, and so many seconds.
_OFTEN, _LOOK = 20, 0.05
# Single steps are counted instead, so that what they go back to depends on no clock. A step costs more than looking, and half of keeping.
_STEPS_TO_LOOK, _STEPS_TO_KEEP = 16, 256
# So many weights are looked at in some tenths of a millisecond.
_FEW = 1 << 20


class Guard:
    """Sees every loss, the weights at the end of epochs, and the optimizer's memory now and then.

    Numbers that are not finite spread, but not always to the loss: a relu can hide a NaN. The state kept is finite, and old; since training
    repeats itself to the bit, the steps from there lead to the last finite one.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._copies = Copies()  # of numbers that steps change
        self._kept: dict[str, Any] = {}  # of all else that they change
        self._steps = 0
        self._leads_here = False  # the steps from the state on are known
        self._look = self._keep_next = 0.0  # when to do so next

    def begin(self) -> None:
        """Keep what the run has; ValueError when it is not finite, before anything is changed."""
        if self._keep_if_well():
            return
        for name, array in self._run.model.named_arrays().items():
            if not all_finite(array):
                kind, layer = name.split(".")
                raise ValueError(f"model.{kind}[{layer}] holds a number that is not finite; training begins with finite ones")
        raise ValueError("what the optimizer remembers, or an average, holds a number that is not finite; training begins with finite ones")

    def all_is_well(self) -> bool:
        """Whether all numbers that training goes on from are finite."""
        return self._copies.are_finite(self._run.numbers())

    @property
    def steps(self) -> int:
        """Of the state kept."""
        return self._steps

    @property
    def is_current(self) -> bool:
        """Whether there is a state to go back to."""
        return self._leads_here

    def forget(self) -> None:
        """The state is nothing to go back to any more; its memory is used again."""
        self._leads_here = False

    def losses_are_well(self, losses: Array) -> bool:
        """Whether the losses of a run are finite; from time to time also whether all the rest is, which is then kept."""
        if not all_finite(losses):
            return False
        return time.perf_counter() < self._keep_next or self._keep_if_well()

    def single_step_is_well(self, losses: Array) -> bool:
        """The same for steps that come one by one, which nobody can repeat."""
        since = self._run.steps - self._steps
        if not all_finite(losses):
            return False
        if since >= _STEPS_TO_KEEP:
            return self._keep_if_well()
        return since % _STEPS_TO_LOOK != 0 or self._run.parameters.is_finite()

    def weights_are_well(self) -> bool:
        """Whether the weights are finite, if it is time to look at them."""
        begin = time.perf_counter()
        if begin < self._look:
            return True
        well = self._run.parameters.is_finite()
        end = time.perf_counter()
        self._look = end + max(_LOOK, _OFTEN * (end - begin))
        return well

    def weights_are_well_after_callbacks(self) -> bool:
        """The same, and always where they are few: the layer that a callback has spoilt can be named before a step spreads it."""
        run = self._run
        return run.parameters.is_finite() if run.model.network.size <= _FEW else self.weights_are_well()

    def go_back(self, replay: Callable[[int], Array] | None = None) -> bool:
        """Return to the last finite state: that of before the step that spoilt it, with a `replay` of so many steps, else the one kept.

        False when the steps went well this time: then somebody else has changed the weights, or what the steps depend on.
        """
        last, stride = self._run.steps, 1
        self._restore()
        while replay is not None and self._run.steps < last:
            stride = min(stride, last - self._run.steps)
            if all_finite(replay(stride)) and self._keep_if_well():
                stride *= 2
                continue
            self._restore()
            if stride == 1:
                return True
            stride //= 2
        return False

    def _keep_if_well(self) -> bool:
        begin = time.perf_counter()
        if not self._copies.take(self._run.numbers()):
            return False
        for name, part in self._run.by_steps.items():
            self._kept[name] = part.keep(self._kept.get(name))
        self._steps, self._leads_here = self._run.steps, True
        end = time.perf_counter()
        self._look = max(self._look, end + _LOOK)
        self._keep_next = end + max(_KEEP, _RARELY * (end - begin))
        return True

    def _restore(self) -> None:
        for name, kept in self._kept.items():
            self._run.parts[name].restore(kept)
        self._copies.give_back(self._run.numbers())
