"""Which vector instructions Numba compiles for: the bits of results are stored for each level of them."""

from __future__ import annotations

import llvmlite.binding as llvm

# One multiply-add of a kernel's vector. What becomes of it tells more than the names of processors and of their features.
_MULTIPLY_ADD = """
declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
define <16 x float> @multiply_add(<16 x float> %a, <16 x float> %b, <16 x float> %c) {
  %d = call <16 x float> @llvm.fma.v16f32(<16 x float> %a, <16 x float> %b, <16 x float> %c)
  ret <16 x float> %d
}
"""


def level() -> str:
    """The architecture, on x86 with what it has for vectors: "x86_64-avx512", "x86_64-avx2", "x86_64", "aarch64"."""
    triple, name, features = target()
    architecture = triple.partition("-")[0].replace("arm64", "aarch64").replace("amd64", "x86_64")
    if architecture != "x86_64":
        return architecture
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=name, features=features)
    assembly = machine.emit_assembly(llvm.parse_assembly(_MULTIPLY_ADD))
    if "vfmadd" not in assembly:
        return architecture
    return f"{architecture}-avx512" if "zmm" in assembly else f"{architecture}-avx2"


def target() -> tuple[str, str, str]:
    """The triple, processor and features of Numba's compiler, with what NUMBA_CPU_NAME and NUMBA_CPU_FEATURES ask for."""
    from numba.core.registry import cpu_target

    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    return str(triple), str(name), str(features)
