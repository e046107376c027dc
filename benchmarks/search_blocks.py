"""The search for block sizes: units and depth of a block of the left operand, and rows of the batch in a part of the gradient's depth.

Run it from the repository's root with ``python -m benchmarks.search_blocks``: some minutes, since each choice is a copy of the package that
compiles anew. ``search_blocks.txt`` keeps a result; ``fastbp/kernels/lanes/sizes.py`` and
``fastbp/kernels/patch.py`` hold the choice. A figure is the share of the FMA peak that a phase of a step reaches on one thread.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
NETS = {
    "333-257-129 x100": ((333, 257, 129), 100),
    "1024-1024-1024 x256": ((1024, 1024, 1024), 256),
    "2048-2048-100 x1024": ((2048, 2048, 100), 1024),
}
# The first choice twice: the difference is the machine's.
CHOICES = [
    (chunk, depth, 1024) for chunk, depth in ((96, 256), (48, 256), (24, 256), (144, 256), (192, 256), (96, 128), (96, 192), (96, 384))
]
CHOICES += [(96, 256, 256), (96, 256, 4096), (96, 256, 1024)]
MEASURE = """
import json
from benchmarks import bench_kernels, common

def shares(net):
    return [100 * bench_kernels.flops(phase, net) / bench_kernels.best_time(phase, net) / peak for phase in bench_kernels.PRODUCTS]

common.NETS.clear()
common.NETS.update({nets!r})
peak = common.peak()
print(json.dumps({{net: shares(net) for net in common.NETS}}))
"""


def with_sizes(chunk, depth, part):
    """Shares of the peak by net, of a copy of the package with these sizes."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("fastbp", "benchmarks"):
            shutil.copytree(ROOT / name, Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__"))
        kernels = Path(folder) / "fastbp" / "kernels"
        replace(kernels / "lanes" / "sizes.py", "CHUNK, DEPTH = 96, 128 if WIDTH > 1 else 256", f"CHUNK, DEPTH = {chunk}, {depth}")
        replace(kernels / "patch.py", "_ROWS_AT_ONCE = 1024", f"_ROWS_AT_ONCE = {part}")
        settings = os.environ | {"PYTHONPATH": folder, "NUMBA_CACHE_DIR": f"{folder}/cache"}
        done = subprocess.run(
            [sys.executable, "-c", MEASURE.format(nets=NETS)], cwd=folder, env=settings, stdout=subprocess.PIPE, check=True
        )
        return json.loads(done.stdout)


def replace(file, old, new):
    """Put `new` in place of `old`, which must be there."""
    text = file.read_text()
    assert text.count(old) == 1, f"{file} has no line {old!r}"
    file.write_text(text.replace(old, new))


def main():
    """Measure all and print a table."""
    print(f"{'units':>5} {'depth':>5} {'rows':>5}  {'net':20} {'forward':>8} {'delta':>8} {'gradient and update':>20}")
    for sizes in CHOICES:
        for net, shares in with_sizes(*sizes).items():
            chunk, depth, part = sizes
            forward, delta, gradient = (f"{share:.0f} %" for share in shares)
            print(f"{chunk:5} {depth:5} {part:5}  {net:20} {forward:>8} {delta:>8} {gradient:>20}", flush=True)


if __name__ == "__main__":
    main()
