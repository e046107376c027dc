"""Watches that training stays finite, and keeps a state to go back to when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from fastbp._typing import Array
from fastbp.training.run import State, all_finite

if TYPE_CHECKING:
    from fastbp.trainer import Trainer

# A state is kept anew when so many times as long has passed as it took last time, half a percent, and so many seconds.
_RARELY, _KEEP = 200, 0.005
# Weights are looked at when so many times as long has passed as it took last time, and so many seconds.
_OFTEN, _LOOK = 20, 0.05


class Guard:
    """Sees every loss, the weights at the end of epochs, and the optimizer's memory now and then.

    Numbers that are not finite spread, but not always to the loss: a relu can hide a NaN. The state kept is finite, and old; since training
    repeats itself to the bit, the steps from there lead to the last finite one.
    """

    def __init__(self) -> None:
        self._state: State | None = None
        self._leads_here = False  # the steps from the state on are known
        self._look = self._keep_next = 0.0  # when to do so next

    def begin(self, trainer: Trainer) -> None:
        """Keep what the trainer has; ValueError when it is not finite, before anything is changed."""
        for kind, arrays in (("weights", trainer.model.weights), ("biases", trainer.model.biases)):
            for layer, array in enumerate(arrays):
                if not all_finite(array):
                    raise ValueError(f"model.{kind}[{layer}] holds a number that is not finite; training begins with finite ones")
        self._keep(trainer)

    @property
    def steps(self) -> int:
        """Of the state kept."""
        assert self._state is not None
        return self._state.steps

    @property
    def is_current(self) -> bool:
        """Whether there is a state to go back to."""
        return self._leads_here

    def forget(self) -> None:
        """The state is nothing to go back to any more; its memory is used again."""
        self._leads_here = False

    def losses_are_well(self, trainer: Trainer, losses: Array) -> bool:
        """Whether the losses of a run are finite; from time to time also whether all the rest is, which is then kept."""
        if not all_finite(losses):
            return False
        return time.perf_counter() < self._keep_next or self._keep_if_well(trainer)

    def weights_are_well(self, trainer: Trainer) -> bool:
        """Whether the weights are finite, if it is time to look at them."""
        begin = time.perf_counter()
        if begin < self._look:
            return True
        well = all_finite(trainer.model.network.parameters)
        end = time.perf_counter()
        self._look = end + max(_LOOK, _OFTEN * (end - begin))
        return well

    def go_back(self, trainer: Trainer, replay: Callable[[int], Array] | None = None) -> bool:
        """Return to the last finite state: that of before the step that spoilt it, with a `replay` of so many steps, else the one kept.

        False when the steps went well this time: then somebody else has changed the weights, or what the steps depend on.
        """
        assert self._state is not None
        last, stride = trainer.steps, 1
        self._state.restore(trainer)
        while replay is not None and trainer.steps < last:
            stride = min(stride, last - trainer.steps)
            if all_finite(replay(stride)) and self._keep_if_well(trainer):
                stride *= 2
                continue
            self._state.restore(trainer)
            if stride == 1:
                return True
            stride //= 2
        return False

    def _keep_if_well(self, trainer: Trainer) -> bool:
        well = is_finite(trainer)
        if well:
            self._keep(trainer)
        return well

    def _keep(self, trainer: Trainer) -> None:
        begin = time.perf_counter()
        if self._state is None:
            self._state = State(trainer)
        else:
            self._state.keep(trainer)
        self._leads_here = True
        end = time.perf_counter()
        self._look = max(self._look, end + _LOOK)
        self._keep_next = end + max(_KEEP, _RARELY * (end - begin))


def is_finite(trainer: Trainer) -> bool:
    """Whether all weights are, and all that the optimizer remembers."""
    return all_finite(trainer.model.network.parameters) and all_finite(trainer._memory.slots)
