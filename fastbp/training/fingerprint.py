"""What a run remembers of its data."""

from __future__ import annotations

from typing import Any, ClassVar

from fastbp.training.part import Part, State


class Fingerprint(Part):
    """The fingerprint of what was last trained on."""

    by_steps: ClassVar[bool] = False

    def __init__(self) -> None:
        self.known: dict[str, Any] | None = None

    def learn(self, found: dict[str, Any]) -> str | None:
        """Remember another; what tells it from the one before, in words."""
        before, self.known = self.known, found
        if before is None or before == found:
            return None
        return f"{found['arrays']} instead of {before['arrays']}" if found["arrays"] != before["arrays"] else "other values in the rows"

    def keep(self, before: Any = None) -> Any:
        """As it is: it is never changed, but replaced."""
        return self.known

    def restore(self, kept: Any) -> None:
        """Take it back."""
        self.known = kept

    def state(self) -> State:
        """As it is."""
        return {"known": self.known}

    def load_state(self, state: State) -> None:
        """Take it back."""
        self.known = state["known"]
