"""Square roots beside divisions. One unit of the processor does both, and takes ten cycles and more for each vector of AVX-512.

So an update that needs a root and a division waits for that unit, while those that multiply and add are idle. Here every other root is
computed by multiply-adds, with the same bits: P. Markstein, *Computation of elementary functions on the IBM RISC System/6000 processor*,
IBM Journal of Research and Development 34 (1990).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastbp.compiling.jit import operation, scalar
from fastbp.kernels.lanes.isa import waits_for_divider
from fastbp.kernels.lanes.vector import Vector, fma, llvm_type, sqrt

# The bits of 2**-100 and of 2**100: between them no step rounds to a subnormal number or to infinity.
_LEAST, _MOST = 0x0D800000, 0x71800000

_I16, _I32 = ir.IntType(16), ir.IntType(32)


@scalar
def sqrt_in_turns(a: Any, turn: bool) -> Any:
    """Square roots; where it is their `turn`, by multiply-adds."""
    if turn and _fits(a):
        return _by_products(a)
    return sqrt(a)


@scalar
def _by_products(a: Any) -> Any:
    """Goldschmidt's step makes the root s and the half h of its inverse more accurate; Markstein's rounds s correctly."""
    estimate = _inverse_root(a)
    s, h = a * estimate, 0.5 * estimate
    error = fma(-s, h, 0.5)
    s, h = fma(error, s, s), fma(error, h, h)
    return fma(fma(-s, s, a), h, s)


@operation(lambda a: False)
def _fits(typingctx: Any, a: Any) -> Any:
    """Whether `_by_products` is right for all lanes: those within its range, and 0."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        if not _is_estimated(a):
            return ir.IntType(1)(0)
        zero = builder.fcmp_ordered("==", arguments[0], ir.Constant(llvm_type(a), None))
        fits = builder.or_(_is_inside(builder, arguments[0]), zero)
        return builder.icmp_unsigned("==", builder.bitcast(fits, _I16), _I16(-1))

    return types.boolean(a), emit


@operation(lambda a: 1 / np.sqrt(a))
def _inverse_root(typingctx: Any, a: Any) -> Any:
    """Estimates of 1 / sqrt(a), to 14 bits; 0 beyond the range."""
    vector = llvm_type(a)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        if not _is_estimated(a):
            return ir.Constant(vector, ir.Undefined)
        kind = ir.FunctionType(vector, [vector, vector, _I16])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.rsqrt14.ps.512")
        lanes = builder.bitcast(_is_inside(builder, arguments[0]), _I16)
        return builder.call(function, [arguments[0], ir.Constant(vector, None), lanes])

    return a(a), emit


def _is_estimated(kind: Vector) -> bool:
    # Asked when kernels are compiled, not at each start.
    return kind.element.bitwidth == 32 and waits_for_divider()


def _is_inside(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    whole = ir.VectorType(_I32, value.type.count)
    above = builder.sub(builder.bitcast(value, whole), ir.Constant(whole, [_LEAST] * whole.count))
    return builder.icmp_unsigned("<", above, ir.Constant(whole, [_MOST - _LEAST] * whole.count))
