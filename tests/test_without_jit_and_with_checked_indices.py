"""The kernels once more: as plain Python, and compiled with every index checked."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent


@pytest.mark.skipif("FASTBP_INNER_PASS" in os.environ, reason="runs inside such a pass")
@pytest.mark.parametrize("setting", ["NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"])
def test_kernels_pass(setting):
    # Numba's cache key does not know of the check, so that code with it needs a cache of its own.
    cache = f"{os.environ['NUMBA_CACHE_DIR']}-{setting.lower()}"
    environment = os.environ | {setting: "1", "NUMBA_CACHE_DIR": cache, "FASTBP_INNER_PASS": "1", "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-m", "pytest", "-m", "kernels", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, env=environment, cwd=_ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 0
