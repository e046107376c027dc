"""What the call of ``fit`` under way is to do, which schedules over its steps follow."""

from __future__ import annotations

from typing import Any, ClassVar

from fastbp.schedules import Plan
from fastbp.training.part import Part, State


class Planned(Part):
    """The plan of the last call of ``fit``."""

    by_steps: ClassVar[bool] = False

    def __init__(self) -> None:
        self.now = Plan()

    def begin(self, done: int, steps: int, per_epoch: int, *, resumed: bool) -> None:
        """A call that makes so many steps when the optimizer has `done` some.

        One that ends where the call ended that a file was written in goes on with that.
        """
        if not (resumed and self.now.end == done + steps and self.now.per_epoch == per_epoch):
            self.now = Plan(done, done + steps, per_epoch)

    def reduce(self, reductions: tuple[Any, ...]) -> None:
        """Let schedules that follow the history be reduced so often."""
        if reductions != self.now.reductions:
            self.now = self.now._replace(reductions=reductions)

    def state(self) -> State:
        """As numbers; the reductions follow from the history."""
        return {"begin": self.now.begin, "end": self.now.end, "per_epoch": self.now.per_epoch}

    def load_state(self, state: State) -> None:
        """Take it back."""
        self.now = Plan(**state)

    def keep(self, before: Any = None) -> Plan:
        """A plan does not change."""
        return self.now

    def restore(self, kept: Plan) -> None:
        """Go by that plan again."""
        self.now = kept
