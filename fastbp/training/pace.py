"""How many steps the next run takes, and on how many threads. Neither changes a bit of the result."""

from __future__ import annotations

# Python sees control this often, for progress, Ctrl-C and time limits.
_SECONDS = 0.05
# A shorter run than this says little: it may have compiled, or woken the threads.
_SECONDS_OF_TRIAL = 0.005
# Trials of another thread count than the best take such a part of the time: of the one preferred, which is slower only while the machine
# is busy, and of others.
_PREFERRED, _OTHERS = 0.06, 0.03


class Pace:
    """Chooses by what it has measured: runs of about 50 ms, on the fastest of the thread counts it may use, the preferred one first.

    Several threads lose against one when a step is small, and by far when another process holds a core, since at each barrier the others
    wait for the one that is not running. No formula knows that; a clock does.
    """

    def __init__(self, choices: tuple[int, ...]) -> None:
        self.choices = choices
        self._steps = dict.fromkeys(choices, 1)  # of the next run, on each number of threads
        self._seconds: dict[int, float] = {}  # per step, once known
        self._pooled: dict[int, tuple[int, float]] = {}  # steps and seconds of runs after the first, until they say enough
        self._best = choices[0]
        self._elapsed = self._due = 0.0  # seconds trained, and when the next trial is due

    def next(self) -> tuple[int, int]:
        """Threads and number of steps of the next run."""
        for tasks, steps in self._steps.items():
            if tasks not in self._seconds:
                return tasks, steps
        self._best, *others = sorted(self._seconds, key=self._seconds.__getitem__)
        if others and self._elapsed >= self._due:
            return others[0], 1 + int(_SECONDS_OF_TRIAL / self._seconds[others[0]])
        return self._best, max(1, int(_SECONDS / self._seconds[self._best]))

    def record(self, tasks: int, steps: int, seconds: float) -> None:
        """Take note of a run. Runs count once they are long enough together, and the first never does; until then they grow."""
        self._elapsed += seconds
        known = len(self._seconds) == len(self.choices)
        if known and tasks != self._best:
            self._due = self._elapsed + seconds / (_PREFERRED if tasks == self.choices[0] else _OTHERS)
        if tasks not in self._pooled:
            self._pooled[tasks] = 0, 0.0
        else:
            before = self._pooled[tasks]
            self._pooled[tasks] = before[0] + steps, before[1] + seconds
        # A trial may find that many times as many steps fit into its time as were thought.
        if self._pooled[tasks][1] >= _SECONDS_OF_TRIAL or (known and tasks != self._best):
            self._seconds[tasks] = max(self._pooled[tasks][1] / self._pooled[tasks][0], 1e-9)
            self._pooled[tasks] = 0, 0.0
        elif tasks not in self._seconds and seconds < _SECONDS_OF_TRIAL:
            self._steps[tasks] = 4 * steps
