"""A run that is recorded, or whose descent is certified, killed at random instants: both are in the end as if nothing had happened."""

import random
import signal
import time

import numba
import numpy as np
import pytest
from observed import KINDS, RECORDING

from fastbp.files.recording_file import numbers_in
from fastbp.trace import Recording

_KILLS = {True: 25, False: 3}
# Tried without --whole.
_SELECTED = [("record", "5 steps"), ("certify", "4 steps")]


@pytest.mark.parametrize("every", ["1 step", "4 steps", "5 steps", "1 epoch"])
@pytest.mark.parametrize("kind", KINDS)
def test_killed_and_resumed_it_is_as_if_left_alone(server, tmp_path, tally, whole, kind, every):
    if not whole and (kind, every) not in _SELECTED:
        pytest.skip("only with --whole")
    folders, draw, hits = (tmp_path / str(number) for number in range(1000)), random.Random(kind + every), 0
    left_alone, longest = next(folders), 0.0
    left_alone.mkdir()
    for _ in range(2):
        # What has to be compiled is there at the second time.
        begin = time.perf_counter()
        expected = server.run("observed:train", left_alone, kind, "", 1).result
        longest = time.perf_counter() - begin
    recording, halved = recorded(left_alone), expected[2] and expected[2][0]["halvings"]
    assert recording or halved > 0
    while hits < _KILLS[whole]:
        folder, ended = next(folders), False
        folder.mkdir()
        while not ended:
            threads = draw.choice([1, min(2, numba.config.NUMBA_NUM_THREADS)])
            sends, delay = (signal.SIGKILL, draw.uniform(0, longest)) if hits < _KILLS[whole] else (0, 0.0)
            outcome = server.run("observed:train", folder, kind, every, threads, sends=sends, delay=delay)
            ended = "end" in outcome.said
            if not ended:
                hits += 1
                tally["kills of a run with Record or Certify (SIGKILL)"] += 1
                recorded(folder)
        # A process that was killed after its last word has left all the same.
        assert outcome.result in (None, expected)
        assert recorded(folder) == recording


def recorded(folder):
    """All that a recording holds, part by part: numbers, and arrays to the bit; its steps follow each other, none is there twice."""
    parts = numbers_in(folder / RECORDING)
    if not parts:
        return []
    found = Recording(folder / RECORDING)
    assert np.array_equal(found.steps, 1 + 2 * np.arange(len(found)))
    return parts, [(step._values, {name: (array.dtype, array.tobytes()) for name, array in step._arrays.items()}) for step in found]
