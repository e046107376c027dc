"""How large a register tile the host's registers hold.

A tile of r rows by v vectors keeps r * v running sums in registers, beside v vectors of the right operand and one broadcast number of the
left. More sums than fit are spilled to memory; fewer leave the multiply-add units waiting for each other. ``benchmarks/search_tiles.py``
measures the choices.
"""

from __future__ import annotations

import os

import llvmlite.binding as llvm

#: Set before the first import, it forces the tile shapes of another processor; the bits of results stay the same.
VARIABLE = "FASTBP_TILES"


# Rows of the largest tile of 1, 2, ... vectors. A vector is 64 bytes: one register of AVX-512, two of AVX2, four of NEON and SSE.
TILES: dict[str, tuple[int, ...]] = {
    "avx512": (24, 12, 8),
    "avx2": (6,),
    "neon": (6,),
    "plain": (2,),
}


def host() -> str:
    """The name of the host's tiles, or of those that the environment asks for."""
    forced = os.environ.get(VARIABLE)
    if forced:
        if forced not in TILES:
            raise ValueError(f"{VARIABLE} is {forced!r}; expected one of {', '.join(TILES)}")
        return forced
    features = llvm.get_host_cpu_features()
    for name, feature in (("avx512", "avx512f"), ("avx2", "avx2"), ("neon", "neon")):
        if features.get(feature):
            return name
    return "plain"
