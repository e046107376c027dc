"""What a fit asks of a callback."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from fastbp.training.listeners import Stateful
from fastbp.training.run import Run


class Listener(Stateful, Protocol):
    """What is asked of a callback; `fastbp.Callback` says when."""

    after_others: bool
    changes_data: bool

    def on_fit_begin(self, run: Run, /) -> bool | str | None:
        """Before the first step."""

    def on_steps(self, run: Run, /) -> None:
        """After some steps, before anybody else sees what they have made."""

    def on_epoch_end(self, run: Run, /) -> bool | str | None:
        """After an epoch."""

    def on_pause(self, run: Run, /) -> bool | str | None:
        """Between steps."""

    def steps_to_pause(self, run: Run, /) -> int | None:
        """At most so many steps."""

    def on_fit_end(self, run: Run, /) -> None:
        """After the last step."""


def word_of(answers: Iterable[bool | str | None]) -> str | None:
    """Why training stops, in the word of the first callback that asks for it; None: nobody does."""
    for answer in answers:
        if answer:
            return answer if isinstance(answer, str) else "callback"
    return None
