"""How long a call takes, from microseconds to seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import repeat
from statistics import median

import numpy as np

# A look at the clock costs as much as some of the calls, so that it is taken once a block of about so many seconds.
_BLOCK = 2e-2
# An eighth as many calls come before each block and do not count, or so many where it has more: the caches, and the clock of the core,
# are still another function's. A fit of one epoch takes 85, 20 and 15 us longer than the next ones the first times after one of fifty.
_EIGHTH, _FIRST = 8, 4
_WARM_UP = 0.2
_LEAST_BLOCKS = 3
# Numbers of a result that stand for all.
_SAMPLE = 4096


class Stopwatch:
    """Times functions without arguments. Those of one peer take turns block by block."""

    def __init__(self, calls: dict[str, Callable[[], object]]) -> None:
        self._calls = calls
        self._sizes: dict[str, int] = {}

    def given(self, times: int) -> dict[str, list[float]]:
        """Some of the numbers that the first calls of each give, made so many times."""
        return {name: [number for _ in range(times) for number in _sample(call())] for name, call in self._calls.items()}

    def turn(self, seconds: float) -> dict[str, tuple[float, float]]:
        """Median and least seconds of a call, from blocks that last about `seconds` in all for each function."""
        for name in self._calls:
            if name not in self._sizes:
                self._warm_up(name)
        blocks: dict[str, list[float]] = {name: [] for name in self._calls}
        spent = dict.fromkeys(self._calls, 0.0)
        while any(self._is_due(blocks[name], spent[name], seconds) for name in self._calls):
            for name, call in self._calls.items():
                size = self._sizes[name]
                _block(call, max(size // _EIGHTH, min(_FIRST, size - 1)))
                duration = _block(call, size)
                spent[name] += duration
                blocks[name].append(duration / size)
        return {name: (median(durations), min(durations)) for name, durations in blocks.items()}

    def _is_due(self, blocks: list[float], spent: float, seconds: float) -> bool:
        # A call of seconds is not made three times a turn.
        return spent < seconds or (len(blocks) < _LEAST_BLOCKS and spent < _LEAST_BLOCKS * seconds)

    def _warm_up(self, name: str) -> None:
        size, end = 1, time.perf_counter() + _WARM_UP
        while True:
            duration = _block(self._calls[name], size)
            if time.perf_counter() >= end:
                break
            size = max(1, min(4 * size, round(_BLOCK * size / duration)))
        self._sizes[name] = max(1, round(_BLOCK * size / duration))


def _block(call: Callable[[], object], size: int) -> float:
    begin = time.perf_counter()
    for _ in repeat(None, size):
        call()
    return time.perf_counter() - begin


def _sample(result: object) -> list[float]:
    numbers = np.asarray(result, dtype=np.float64).ravel()
    return numbers[:: max(1, numbers.size // _SAMPLE)].tolist()
