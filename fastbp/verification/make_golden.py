"""Writes golden.json: the runs of `golden.py` on this machine, compiled for its own level of instructions and for the lower ones.

Run by hand, after a change that is meant to change bits: ``python -m fastbp.verification.make_golden``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from fastbp.verification.golden import FILE

#: What makes Numba compile for a level, on a machine that has at least that.
SETTINGS = {
    "x86_64-avx512": {"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": "", "FASTBP_TILES": "avx512"},
    "x86_64-avx2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "", "FASTBP_TILES": "avx2"},
    "x86_64": {"NUMBA_CPU_NAME": "nehalem", "NUMBA_CPU_FEATURES": "", "FASTBP_TILES": "plain"},
}
#: Prints the level of this process and its results.
RUN = "import json; from fastbp.verification import golden, level; print(json.dumps([level.level(), golden.results()]))"


def main() -> None:
    """Write the file, and say which levels came out alike."""
    found = {level: _results(settings) for level, settings in SETTINGS.items()}
    first = next(iter(found.values()))
    alike = [level for level, results in found.items() if results == first]
    print(f"the same bits: {', '.join(alike)}")
    content = {
        "losses": {name: losses for name, (losses, _) in first.items()},
        "hashes": {level: {name: digest for name, (_, digest) in results.items()} for level, results in found.items()},
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n")


def _results(settings: dict[str, str]) -> Any:
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | settings | {"NUMBA_CACHE_DIR": cache}
        done = subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, check=True)
    level, results = json.loads(done.stdout)
    assert SETTINGS[level] == settings, f"compiled for {level} with {settings}"
    return results


if __name__ == "__main__":
    main()
