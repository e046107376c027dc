"""What kernels ask of the processor that they are compiled for: constants to the compiler, and no question at each start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from fastbp.compiling.jit import operation
from fastbp.kernels.lanes import isa


def _asked(question: Callable[[], bool]) -> Any:
    @operation(lambda array: question())
    def answer(typingctx: Any, array: Any) -> Any:
        def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
            return ir.IntType(1)(question())

        return types.boolean(array), emit

    return answer


#: Of any array.
waits_for_divider = _asked(isa.waits_for_divider)
reads_in_place = _asked(isa.reads_in_place)
