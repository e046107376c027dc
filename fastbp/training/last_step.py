"""What a step on a few rows depends on beside the numbers of the rows: where that is as it was, the call of the kernels is made again."""

from __future__ import annotations

from typing import Any

from fastbp.data.rows import Rows
from fastbp.training.run import Run


class LastStep:
    """Of a step that has been made."""

    def __init__(self, run: Run, rows: Rows, settings: dict[str, Any]) -> None:
        self._rows, self._n_rows, self._settings = rows, rows.n_rows, settings
        self._optimizer, self._slots, self._plan = run.optimizer, run.memory.flat, run.plan.now
        self._activations, self._threads = run.model.activations, run.threads

    def is_like(self, run: Run, rows: Rows) -> bool:
        """Whether one on these rows, which lie in the same place, would depend on the same."""
        return (
            rows is self._rows
            and rows.n_rows == self._n_rows
            and run.optimizer is self._optimizer
            and vars(run.optimizer) == self._settings
            and run.memory.flat is self._slots
            and run.plan.now is self._plan
            and run.model.activations is self._activations
            and run.threads is self._threads
        )
