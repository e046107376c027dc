"""Which vector instructions Numba compiles for: the bits of results are stored for each level of them."""

from __future__ import annotations

from fastbp.kernels.lanes.isa import compiled_for


def level() -> str:
    """The architecture, on x86 with what it has for vectors: "x86_64-avx512", "x86_64-avx2", "x86_64", "aarch64"."""
    architecture = target()[0].partition("-")[0].replace("arm64", "aarch64").replace("amd64", "x86_64")
    vectors = compiled_for()
    return f"{architecture}-{vectors}" if architecture == "x86_64" and vectors in ("avx2", "avx512") else architecture


def target() -> tuple[str, str, str]:
    """The triple, processor and features of Numba's compiler, with what NUMBA_CPU_NAME and NUMBA_CPU_FEATURES ask for."""
    from numba.core.registry import cpu_target

    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    return str(triple), str(name), str(features)
