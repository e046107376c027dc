"""How many steps the next run takes, and on how many threads. Neither changes a bit of the result."""

from __future__ import annotations

# Python sees control this often, for progress, Ctrl-C and time limits.
_SECONDS = 0.05
# A shorter run than this says little: it may have compiled, or woken the threads.
_SECONDS_OF_TRIAL = 0.005
# The thread count not in use is timed again after this many runs at the most: the machine may have become busy, or idle.
_RUNS_BETWEEN_TRIALS = 16


class Pace:
    """Chooses by what it has measured: runs of about 50 ms, on the faster of the thread counts it may use.

    Several threads lose against one when a step is small, and by far when another process holds a core, since each parallel loop then
    waits for a thread that is not running. No formula knows that; a clock does.
    """

    def __init__(self, choices: tuple[int, ...]) -> None:
        self.choices = choices
        self._steps = dict.fromkeys(choices, 1)  # of the next run, on each number of threads
        self._seconds: dict[int, float] = {}  # per step, once known
        self._warm: set[int] = set()
        self._best = 0
        self._patience = self._wait = 1  # runs between trials, and until the next one

    def next(self) -> tuple[int, int]:
        """Threads and number of steps of the next run."""
        for tasks, steps in self._steps.items():
            if tasks not in self._seconds:
                return tasks, steps
        best, *others = sorted(self._seconds, key=self._seconds.__getitem__)
        if best != self._best:
            # One slow run may have been chance: ask again soon.
            self._best, self._patience, self._wait = best, 1, 1
        elif others and self._wait == 0:
            self._patience = self._wait = min(2 * self._patience, _RUNS_BETWEEN_TRIALS)
            return others[0], max(1, int(2 * _SECONDS_OF_TRIAL / self._seconds[others[0]]))
        self._wait = max(0, self._wait - 1)
        return best, max(1, int(_SECONDS / self._seconds[best]))

    def record(self, tasks: int, steps: int, seconds: float) -> None:
        """Take note of a run. On each thread count runs grow until one is long enough to count, and the first never does."""
        if tasks in self._seconds or (tasks in self._warm and seconds >= _SECONDS_OF_TRIAL):
            self._seconds[tasks] = max(seconds / steps, 1e-9)
        elif seconds < _SECONDS_OF_TRIAL:
            self._steps[tasks] = 4 * steps
        self._warm.add(tasks)
