"""Flush subnormal numbers to zero while a kernel computes.

Late in training, tanh's and sigmoid's tails and the optimizers' running means hold numbers below the smallest normal one, which the
processor handles in microcode, a hundred times slower. The mode belongs to a thread: every task sets it and puts the caller's back.
"""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastbp.compiling.jit import operation, scalar

# Flush to zero and denormals are zero, of the x86 MXCSR register (Intel SDM volume 1, 10.2.3); FZ of the Arm FPCR register.
_X86_BITS, _ARM_BIT = 0x8040, 1 << 24
_MACHINE = platform.machine().lower()


@operation(lambda mode, flush: 0)
def _exchange(typingctx: Any, mode: Any, flush: Any) -> Any:
    """Set the floating-point mode to `mode`, or when `flush` to the present one with flushing; returns the mode before."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        if _MACHINE in ("x86_64", "amd64"):
            return _exchange_x86(builder, *arguments)
        if _MACHINE in ("aarch64", "arm64"):
            return _exchange_arm(builder, *arguments)
        return arguments[0]

    return types.int64(types.int64, types.boolean), emit


def _exchange_x86(builder: ir.IRBuilder, mode: ir.Value, flush: ir.Value) -> ir.Value:
    word = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
    save = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse.stmxcsr")
    load = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse.ldmxcsr")
    place = cgutils.alloca_once(builder, word)
    address = builder.bitcast(place, ir.IntType(8).as_pointer())
    builder.call(save, [address])
    before = builder.load(place)
    builder.store(builder.select(flush, builder.or_(before, word(_X86_BITS)), builder.trunc(mode, word)), place)
    builder.call(load, [address])
    return builder.zext(before, ir.IntType(64))


def _exchange_arm(builder: ir.IRBuilder, mode: ir.Value, flush: ir.Value) -> ir.Value:
    word = ir.IntType(64)
    read = cgutils.get_or_insert_function(builder.module, ir.FunctionType(word, []), "llvm.aarch64.get.fpcr")
    write = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [word]), "llvm.aarch64.set.fpcr")
    before = builder.call(read, [])
    builder.call(write, [builder.select(flush, builder.or_(before, word(_ARM_BIT)), mode)])
    return before


@scalar
def flush_subnormals() -> int:
    """Flush from now on, on this thread; returns the mode to give to `restore`."""
    mode: int = _exchange(0, True)
    return mode


@scalar
def restore(mode: int) -> None:
    """Give the thread the mode back that it had."""
    _exchange(mode, False)
