"""How large a register tile the host's registers hold.

A tile of r rows by v vectors keeps r * v running sums in registers, beside v vectors of the right operand and one broadcast number of the
left. More sums than fit are spilled to memory; fewer leave the multiply-add units waiting for each other. ``benchmarks/search_tiles.py``
measures the choices.
"""

from __future__ import annotations

import functools
import os

import llvmlite.binding as llvm
from numba.core import config

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
    return compiled_for()


def compiled_for() -> str:
    """The name of the tiles for what Numba compiles for: the host, or what NUMBA_CPU_NAME and NUMBA_CPU_FEATURES ask for."""
    settings = vars(config)
    name, features = settings["CPU_NAME"], settings["CPU_FEATURES"]
    if name is not None or features is not None:
        host_has = llvm.get_host_cpu_features().flatten()
        return _of_target(name or llvm.get_host_cpu_name(), host_has if features is None else features)
    host_features = llvm.get_host_cpu_features()
    for tiles, feature in (("avx512", "avx512f"), ("avx2", "avx2"), ("neon", "neon")):
        if host_features.get(feature):
            return tiles
    return "plain"


def waits_for_divider() -> bool:
    """Whether every root costs an update time: so it was measured on Intel's processors with AVX-512, and not on AMD's."""
    return _is_intel_with_avx512()


def pages_collide() -> bool:
    """Whether rows that lie a multiple of a page apart push each other out of the first-level cache before a tile has read them.

    They do where a set of it holds eight lines, as many as a tile has rows. Intel's processors with AVX-512 that were measured hold twelve.
    """
    return not _is_intel_with_avx512()


def _is_intel_with_avx512() -> bool:
    name = vars(config)["CPU_NAME"] or llvm.get_host_cpu_name()
    return compiled_for() == "avx512" and not name.startswith("znver")


# One multiply-add of a kernel's vector. What becomes of it tells more than the names of processors and of their features.
_MULTIPLY_ADD = """
declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
define <16 x float> @multiply_add(<16 x float> %a, <16 x float> %b, <16 x float> %c) {
  %d = call <16 x float> @llvm.fma.v16f32(<16 x float> %a, <16 x float> %b, <16 x float> %c)
  ret <16 x float> %d
}
"""


@functools.cache
def _of_target(name: str, features: str) -> str:
    """The same for a processor by name, with features as LLVM writes them."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_process_triple()
    if triple.startswith(("aarch64", "arm64")):
        return "neon"
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=name, features=features)
    assembly = machine.emit_assembly(llvm.parse_assembly(_MULTIPLY_ADD))
    if "vfmadd" not in assembly:
        return "plain"
    return "avx512" if "zmm" in assembly else "avx2"
