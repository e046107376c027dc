"""Machine code on disk without the compiler's own code for it, of which a process that loads it needs the names alone.

Numba keeps both, so that another function that it compiles may take a kept one into itself. Kernels are called by their addresses and
programs from Python, but reading that code takes ten times as long as loading the machine code.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm


def named_only(reduced: Any) -> Any:
    """What Numba keeps of a compiled function, with the names in place of the code; as it is where it has another form than expected."""
    match reduced:
        case ((name, "object", (bytes(machine_code), bytes(code))), *others):
            return (name, "object", (machine_code, names_of(code))), *others
    return reduced


def names_of(code: bytes) -> bytes:
    """LLVM code, in its binary form, with the names that it defines. Whoever calls one of them stops at once."""
    module = llvm.parse_bitcode(code)
    lines = [f'define void @"{each.name}"() {{ unreachable }}' for each in module.functions if not each.is_declaration]
    lines += [f'@"{each.name}" = global i8 0' for each in module.global_variables if not each.is_declaration]
    names: bytes = llvm.parse_assembly("\n".join(lines)).as_bitcode()
    return names
