"""The shapes of register tiles."""

import platform

import pytest

from fastbp.kernels.lanes import isa

# Vector registers, and how many of them a vector of 64 bytes takes.
REGISTERS = {"avx512": (32, 1), "avx2": (16, 2), "neon": (32, 4), "plain": (16, 4)}


@pytest.mark.parametrize("name", isa.TILES)
def test_no_tile_holds_more_than_the_registers(name):
    registers, each = REGISTERS[name]
    for vectors, rows in enumerate(isa.TILES[name], start=1):
        # Sums, vectors of the right operand, a number of the left.
        assert (rows * vectors + vectors) * each + 1 <= registers


def test_the_host_is_asked_unless_the_environment_says(monkeypatch):
    monkeypatch.delenv(isa.VARIABLE, raising=False)
    own = isa.host()
    assert own in isa.TILES
    monkeypatch.setenv(isa.VARIABLE, "")
    assert isa.host() == own
    for name in isa.TILES:
        monkeypatch.setenv(isa.VARIABLE, name)
        assert isa.host() == name


@pytest.mark.parametrize(
    ("settings", "tiles"),
    [
        ({"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": ""}, "avx512"),
        ({"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": "-avx512f"}, "avx2"),
        ({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}, "avx2"),
        ({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "-fma"}, "plain"),
        ({"NUMBA_CPU_NAME": "generic"}, "plain"),
    ],
)
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors")
def test_what_numba_is_told_to_compile_for_counts(run_python, settings, tiles):
    assert run_python("from fastbp.kernels.lanes.isa import host; print(host())", **settings).strip() == tiles


@pytest.mark.parametrize(
    ("settings", "waits"),
    [
        ({"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": ""}, "True"),
        ({"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": "-avx512f", "FASTBP_TILES": "avx512"}, "False"),
        ({"NUMBA_CPU_NAME": "znver4", "NUMBA_CPU_FEATURES": ""}, "False"),
    ],
)
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors")
def test_intel_with_avx512_alone_waits_for_its_divider_and_has_room_for_pages(run_python, settings, waits):
    asked = "from fastbp.kernels.lanes.isa import *; print(waits_for_divider(), not pages_collide())"
    assert run_python(asked, **settings).split() == [waits, waits]


def test_unknown_tiles_are_refused_by_name(monkeypatch):
    monkeypatch.setenv(isa.VARIABLE, "avx1024")
    with pytest.raises(ValueError, match="FASTBP_TILES is 'avx1024'; expected one of avx512, avx2, neon, plain"):
        isa.host()
