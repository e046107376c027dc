"""Schedules that follow the history, as a piece of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from fastbp.schedules import Schedule, described_setting
from fastbp.training.history import History
from fastbp.training.part import Part, State
from fastbp.training.plan import Planned

if TYPE_CHECKING:
    from fastbp.schedules.plateau import Plateau, Standing

# More epochs than there will be.
_NEVER = 1 << 62


class Plateaus(Part):
    """Since which epoch each is followed. How it stands is what the history of the epochs since then makes of it.

    So it goes back with the history, and steps that are made again, epochs back, have the values that they had. A schedule is followed to
    the end of the run: it may come back.
    """

    by_steps: ClassVar[bool] = False

    def __init__(self, plan: Planned, history: History) -> None:
        self._plan, self._history = plan, history
        self._begins: dict[Plateau, int] = {}
        self._known: dict[Plateau, tuple[int, Standing]] = {}  # how each stood after so many epochs

    def check(self, scheduled: Mapping[str, Any], metrics: list[str]) -> None:
        """Raise ValueError for a schedule among settings, by their names, that follows none of these metrics."""
        for name, value in scheduled.items():
            for each in _found_in(value):
                each.check_metric(metrics, name)

    def begin(self, scheduled: Mapping[str, Any], epoch: int) -> None:
        """Follow those among them from here on, when so many epochs are done."""
        for value in scheduled.values():
            for each in _found_in(value):
                self._begins.setdefault(each, epoch)
        self.follow(epoch)

    def follow(self, epoch: int) -> None:
        """Let the plan have what they come to when so many epochs are done, of which the history may hold more."""
        if self._begins:
            self._plan.reduce(tuple((each, self._standing(each, epoch).reductions) for each in self._begins))

    def soonest(self, epoch: int) -> int:
        """After how many epochs more the next reduction may come."""
        return min((each.soonest(self._standing(each, epoch)) for each in self._begins), default=_NEVER)

    def _standing(self, each: Plateau, epoch: int) -> Standing:
        seen, standing = self._known.get(each, (_NEVER, each.start))
        if seen > epoch:
            seen, standing = self._begins[each], each.start
        for value in getattr(self._history, each.metric)[seen:epoch]:
            if value is not None:
                standing = each.follow(standing, value)
        self._known[each] = max(seen, epoch), standing
        return standing

    def state(self) -> State:
        """Settings and first epochs."""
        return {"schedules": [each.described() for each in self._begins], "begins": [*self._begins.values()]}

    def load_state(self, state: State) -> None:
        """Take them back."""
        self.restore(dict(zip(map(described_setting, state["schedules"]), state["begins"], strict=True)))

    def keep(self, before: Any = None) -> Any:
        """They do not change."""
        return dict(self._begins)

    def restore(self, kept: Any) -> None:
        """Follow these again."""
        self._begins, self._known = dict(kept), {}


def _found_in(setting: object) -> tuple[Plateau, ...]:
    return cast("tuple[Plateau, ...]", setting.plateaus) if isinstance(setting, Schedule) else ()
