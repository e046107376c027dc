"""The search for register tiles: every shape that might fit, timed from the first-level cache, as a share of the machine's FMA peak.

Run it from the repository's root with ``python -m benchmarks.search_tiles``; ``search_tiles.txt`` keeps a result.
``fastbp/kernels/lanes/isa.py``
holds the choice. Columns: the order of the left operand (beside: as the weights lie in forward and packed; apart: as units lie in the
gradient), the depth, the share of the peak, and how often the compiler spilled a register to memory. `--depths` are depths of the tile: at
32, a small batch, starting and ending a tile counts; at 256 the loop alone does.
"""

import argparse

import numba
import numpy as np

from benchmarks.common import peak, seconds
from fastbp.kernels.lanes.matrix import FROM_ZERO, Depth, Matrix, Start
from fastbp.kernels.lanes.tile import multiply

SHAPES = (
    [(rows, 1) for rows in (4, 6, 8, 16, 24, 28)] + [(rows, 2) for rows in (4, 6, 8, 12, 14)] + [(rows, 3) for rows in (4, 6, 8, 9, 10)]
)
# Numbers between two rows of the left operand, of 48 units and of as many rows of a batch.
ROW = 48


def timer(rows, vectors, beside):
    """A compiled loop over one tile."""

    @numba.njit
    def run(c, a, b, depth, repeats):
        out, left, right = Matrix(c, 0, vectors * 16), Matrix(a, 0, ROW), Matrix(b, 0, vectors * 16)
        for _ in range(repeats):
            multiply(out, left, right, Depth(depth, depth, 0), Start(a, FROM_ZERO), rows, vectors, beside)

    return run


def measured(rows, vectors, beside, depths):
    """Shares of the peak at each depth, and spills."""
    run = timer(rows, vectors, beside)
    random = np.random.default_rng(0)
    c, a = np.zeros(rows * vectors * 16, np.float32), random.random(ROW * max(max(depths), rows) + 64, dtype=np.float32)
    b = random.random(max(depths) * vectors * 16, dtype=np.float32)
    shares = []
    for depth in depths:
        flops = 2 * rows * vectors * 16 * depth
        repeats = int(2e7 / flops) + 1
        shares.append(flops * repeats / seconds(lambda d=depth, r=repeats: run(c, a, b, d, r), least=0.1) / peak())
    return shares, sum(text.count("Spill") for text in run.inspect_asm().values())


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--depths", type=int, nargs="+", default=[32, 256])
    depths = parser.parse_args().depths
    print(f"FMA peak of one core: {peak() / 1e9:.0f} GFLOP/s; numba {numba.__version__}; vectors of 16 float32")
    print("rows vectors  left   " + "".join(f"  depth {depth:>4}" for depth in depths) + "  spills")
    for rows, vectors in SHAPES:
        for beside in (1, 0):
            shares, spills = measured(rows, vectors, beside, depths)
            print(
                f"{rows:>4} {vectors:>7}  {'beside' if beside else 'apart':<7}"
                + "".join(f"  {share:>9.0%}" for share in shares)
                + f"  {spills:>6}"
            )


if __name__ == "__main__":
    main()
