"""Building blocks: compiled functions that are only ever linked into the machine code of others.

Numba makes each function it compiles ready to be called, machine code included. For the hundred building blocks of the kernels, which run
as parts of kernels alone, that took a third of the time of a first start.
"""

from __future__ import annotations

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _Library(JITCodeLibrary):
    """Code for linking: not optimised as a whole, since what it is linked into is, and never turned into machine code."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._finalized = True


class BlockCompiler(Compiler):
    """Numba's compiler, for building blocks."""

    def __init__(self, typingctx: Any, targetctx: Any, library: Any, args: Any, return_type: Any, flags: Any, local_types: Any) -> None:
        if library is None:
            library = _Library(targetctx.codegen(), "block")  # type: ignore[no-untyped-call]
            flags.no_compile = True
        super().__init__(typingctx, targetctx, library, args, return_type, flags, local_types)  # type: ignore[no-untyped-call]

    def compile_extra(self, func: Any) -> Any:
        """The compiled function; what stands for its entry is a name by which callers find it."""
        return super().compile_extra(func)._replace(entry_point=object())  # type: ignore[no-untyped-call]


def building_block(compiled: Any) -> Any:
    """Let a dispatcher that `BlockCompiler` compiles for keep what has no entry for Python."""

    def add_overload(result: Any) -> None:
        compiled.targetctx.insert_user_function(result.entry_point, result.fndesc, [result.library])
        compiled.overloads[tuple(result.signature.args)] = result

    compiled.add_overload = add_overload
    return compiled
