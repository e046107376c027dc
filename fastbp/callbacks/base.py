"""What user code may do between steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastbp.trainer import Trainer


class Callback:
    """Base of callbacks: override what is needed. ``on_fit_end`` is called however ``fit`` ends, by an error too.

    At the end of an epoch ``on_epoch_end`` comes before ``on_pause``. All are called in the thread of ``fit``.
    """

    def on_fit_begin(self, trainer: Trainer) -> None:
        """Before the first step of a call of ``fit``."""

    def on_epoch_end(self, trainer: Trainer) -> bool | None:
        """After a whole epoch and its validation; ``trainer.history`` holds it. True stops the training."""

    def on_pause(self, trainer: Trainer) -> bool | None:
        """Between two steps, about every 50 ms, and after as many steps as `steps_to_pause` said. True stops the training."""

    def steps_to_pause(self, trainer: Trainer) -> int | None:
        """How many steps may be made before ``on_pause`` is called again; None: it does not matter."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """After the last step of a call of ``fit``."""


def check_callbacks(callbacks: object) -> list[Callback]:
    """`callbacks` as a list."""
    given: list[Any] = [callbacks] if isinstance(callbacks, Callback) or not isinstance(callbacks, Iterable) else list(callbacks)
    for callback in given:
        if not isinstance(callback, Callback):
            raise TypeError(f"callbacks has {callback!r} of type {type(callback).__name__}; expected objects of classes made from Callback")
    return given
