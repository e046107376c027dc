"""What kernels ask of the processor that they are compiled for: a constant to the compiler, and no question at each start."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from fastbp.compiling.jit import operation
from fastbp.kernels.lanes import isa


@operation(lambda array: isa.pages_collide())
def pages_collide(typingctx: Any, array: Any) -> Any:
    """``isa.pages_collide``, asked of any array."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return ir.IntType(1)(isa.pages_collide())

    return types.boolean(array), emit
