"""What a user waits for before the first number: imports, and the first step with and without machine code in the cache.

Each sample is a process of its own.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time

# On one line, for it is also handed to a process as a string.
FIRST_STEP = (
    "import fastbp; "
    "trainer = fastbp.Trainer(fastbp.MLP([2, 2, 1], seed=0), loss='squared_error', batch_size=4); "
    "trainer.step([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])"
)


def timeraw_import_numba():
    return "import numba"


def timeraw_import_fastbp():
    return "import fastbp"


def timeraw_import_fastbp_after_numba():
    return "import fastbp", "import numba"


def timeraw_first_step_cold():
    """Imports, compilation of the training program, and a step."""
    return FIRST_STEP, "import os, tempfile; folder = tempfile.TemporaryDirectory(); os.environ['NUMBA_CACHE_DIR'] = folder.name"


def timeraw_first_step_cached():
    """The same in a later process, once another has filled the cache."""
    return FIRST_STEP, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {FIRST_STEP!r}], check=True)"


def track_first_step_cached_to_import_torch():
    """Whole processes, taking turns: the ratio of the least times of five."""
    return _ratio_to_import_torch(lambda: _seconds(FIRST_STEP))


def track_first_step_cold_to_import_torch():
    """The same with nothing cached, of three."""
    return _ratio_to_import_torch(_seconds_cold, turns=3)


def _ratio_to_import_torch(seconds, turns=5):
    if importlib.util.find_spec("torch") is None:
        return float("nan")
    # The first of each fills caches.
    pairs = [(seconds(), _seconds("import torch")) for _ in range(turns + 1)][1:]
    return min(ours for ours, _ in pairs) / min(theirs for _, theirs in pairs)


def _seconds(code, **environment):
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | environment)
    return time.perf_counter() - begin


def _seconds_cold():
    with tempfile.TemporaryDirectory() as folder:
        return _seconds(FIRST_STEP, NUMBA_CACHE_DIR=folder)


# A sample of these takes a quarter of a minute when it compiles.
for _benchmark in (timeraw_first_step_cold, timeraw_first_step_cached):
    _benchmark.repeat, _benchmark.rounds, _benchmark.warmup_time, _benchmark.min_run_count = 1, 1, 0, 1
