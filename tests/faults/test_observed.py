"""A run that is recorded, or whose descent is certified, killed at random instants: both are in the end as if nothing had happened."""

import random
import signal

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
    left_alone = next(folders)
    expected, longest = run(server, left_alone, kind, "", 1)
    recording, halved = recorded(left_alone), expected[2] and expected[2][0]["halvings"]
    assert recording or halved > 0
    while hits < _KILLS[whole]:
        folder, seconds = next(folders), None
        while seconds is None:
            threads = draw.choice([1, min(2, numba.config.NUMBA_NUM_THREADS)])
            delay = draw.uniform(0, longest) if hits < _KILLS[whole] else None
            found, seconds = run(server, folder, kind, every, threads, delay)
            if seconds is None:
                hits += 1
                tally["kills of a run with Record or Certify (SIGKILL)"] += 1
                recorded(folder)
        # The first may have had something to compile.
        longest = min(longest, seconds)
        # A process that was killed after its last word has left all the same.
        assert found in (None, expected)
        assert recorded(folder) == recording


def run(server, folder, kind, every, threads, delay=None):
    """Train until it ends, or is killed after so many seconds: what came of it, and how long it took, None where it did not end."""
    folder.mkdir(exist_ok=True)
    signals = {} if delay is None else {"sends": signal.SIGKILL, "delay": delay}
    outcome = server.run("observed:train", folder, kind, every, threads, **signals)
    return outcome.result, next((float(word.split()[1]) for word in outcome.said if word.startswith("end")), None)


def recorded(folder):
    """All that a recording holds, part by part: numbers, and arrays to the bit; its steps follow each other, none is there twice."""
    parts = numbers_in(folder / RECORDING)
    if not parts:
        return []
    found = Recording(folder / RECORDING)
    assert np.array_equal(found.steps, 1 + 2 * np.arange(len(found)))
    return parts, [(step._values, {name: (array.dtype, array.tobytes()) for name, array in step._arrays.items()}) for step in found]
