"""A vector of numbers as a value that kernels compute with: one cache line, 16 float32 or 8 float64.

Numba has no such type. LLVM has: it maps the vector to the widest registers of the host, or to several narrower ones, and every element
is rounded as a scalar would be, so that bits do not depend on the width of the registers. With the JIT off a vector is a short NumPy array.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, lower_cast, models, register_model

from fastbp.compiling.jit import operation
from fastbp.kernels.lanes.sizes import BYTES

_I32 = ir.IntType(32)


class Vector(types.Type):
    """Numba's type of a vector of `element`."""

    def __init__(self, element: types.Float) -> None:
        self.element = element
        self.lanes = BYTES * 8 // element.bitwidth
        super().__init__(name=f"Vector({element})")


class Mask(types.Type):
    """What comparing two vectors gives."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"Mask({lanes})")


def llvm_type(vector: Vector) -> ir.VectorType:
    """LLVM's type of the same vector."""
    return ir.VectorType(ir.FloatType() if vector.element.bitwidth == 32 else ir.DoubleType(), vector.lanes)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, llvm_type(kind))  # type: ignore[no-untyped-call]


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Mask) -> None:
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), kind.lanes))  # type: ignore[no-untyped-call]


def splat_value(builder: ir.IRBuilder, scalar: ir.Value, vector: ir.VectorType) -> ir.Value:
    """`scalar` in every lane."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, _I32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_I32, vector.count), None))


@lower_cast(types.Number, Vector)  # type: ignore[untyped-decorator]
def _scalar_to_vector(context: Any, builder: ir.IRBuilder, fromty: types.Number, toty: Vector, value: ir.Value) -> ir.Value:
    return splat_value(builder, context.cast(builder, value, fromty, toty.element), llvm_type(toty))


def _common(kinds: Any) -> Vector | None:
    """The vector type among `kinds`, if the others are numbers, which then stand for all lanes."""
    vectors = {kind for kind in kinds if isinstance(kind, Vector)}
    if len(vectors) == 1 and all(isinstance(kind, (Vector, types.Number)) for kind in kinds):
        return vectors.pop()
    return None


def _of_lanes(lanes: int) -> Vector:
    """The vector type that has so many."""
    return next(kind for kind in (Vector(types.float32), Vector(types.float64)) if kind.lanes == lanes)


def _define_operator(symbol: Any, emit: Callable[..., ir.Value], result: Callable[[Vector], types.Type]) -> None:
    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            kind = _common(args)
            return None if kind is None else signature(result(kind), *[kind] * len(args))

    infer_global(symbol)(Template)

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return emit(builder, *arguments)

    for arity in (1, 2):
        lower_builtin(symbol, *[Vector] * arity)(lower)


_define_operator(operator.add, lambda builder, a, b: builder.fadd(a, b), lambda kind: kind)
_define_operator(operator.sub, lambda builder, a, b: builder.fsub(a, b), lambda kind: kind)
_define_operator(operator.mul, lambda builder, a, b: builder.fmul(a, b), lambda kind: kind)
_define_operator(operator.truediv, lambda builder, a, b: builder.fdiv(a, b), lambda kind: kind)
_define_operator(operator.neg, lambda builder, a: builder.fneg(a), lambda kind: kind)
_define_operator(operator.lt, lambda builder, a, b: builder.fcmp_ordered("<", a, b), lambda kind: Mask(kind.lanes))
_define_operator(operator.gt, lambda builder, a, b: builder.fcmp_ordered(">", a, b), lambda kind: Mask(kind.lanes))
_define_operator(operator.le, lambda builder, a, b: builder.fcmp_ordered("<=", a, b), lambda kind: Mask(kind.lanes))
_define_operator(operator.ge, lambda builder, a, b: builder.fcmp_ordered(">=", a, b), lambda kind: Mask(kind.lanes))
_define_operator(operator.eq, lambda builder, a, b: builder.fcmp_ordered("==", a, b), lambda kind: Mask(kind.lanes))
_define_operator(operator.ne, lambda builder, a, b: builder.fcmp_unordered("!=", a, b), lambda kind: Mask(kind.lanes))


@operation(lambda like, value: np.full(BYTES // like.itemsize, value, like.dtype))
def splat(typingctx: Any, like: Any, value: Any) -> Any:
    """`value` in every lane of a vector of the elements of the array `like`."""
    vector = Vector(like.dtype)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return context.cast(builder, arguments[1], value, vector)

    return vector(like, value), emit


def _emit_call(name: str) -> Any:
    """LLVM's intrinsic of that name, lane by lane."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        vector = llvm_type(signature.return_type)
        bits = signature.return_type.element.bitwidth
        kind = ir.FunctionType(vector, [vector] * len(arguments))
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{vector.count}f{bits}")
        return builder.call(function, arguments)

    return emit


def _fma_twin(a: Any, b: Any, c: Any) -> Any:
    dtype = next(x.dtype for x in (a, b, c) if isinstance(x, np.ndarray))
    return np.asarray(np.asarray(a, dtype).astype(float) * np.asarray(b, dtype) + np.asarray(c, dtype), dtype)


@operation(_fma_twin)
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """The product of `a` and `b` plus `c`, rounded once (in plain Python float32 twice, which differs by an ULP in rare cases)."""
    kind = _common((a, b, c))
    return None if kind is None else (kind(kind, kind, kind), _emit_call("fma"))


@operation(np.sqrt)
def sqrt(typingctx: Any, a: Any) -> Any:
    """Square roots."""
    return a(a), _emit_call("sqrt")


@operation(np.abs)
def absolute(typingctx: Any, a: Any) -> Any:
    """Absolute values."""
    return a(a), _emit_call("fabs")


def _select_twin(mask: Any, a: Any, b: Any) -> Any:
    # Of two numbers the lanes tell the type.
    dtype = next((x.dtype for x in (a, b) if isinstance(x, np.ndarray)), np.dtype(f"f{BYTES // np.size(mask)}"))
    return np.where(mask, np.asarray(a, dtype), np.asarray(b, dtype))


@operation(_select_twin)
def select(typingctx: Any, mask: Any, a: Any, b: Any) -> Any:
    """`a` where the mask is set, `b` elsewhere."""
    numbers = isinstance(mask, Mask) and isinstance(a, types.Number) and isinstance(b, types.Number)
    kind = _of_lanes(mask.lanes) if numbers else _common((a, b))

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return builder.select(*arguments)

    return None if kind is None else (kind(mask, kind, kind), emit)


def _power_of_two_twin(shifted: Any) -> Any:
    integer, bias, mantissa = (np.int32, 127, 23) if shifted.dtype == np.float32 else (np.int64, 1023, 52)
    return ((shifted.view(integer) + integer(bias)) << integer(mantissa)).view(shifted.dtype)


@operation(_power_of_two_twin)
def power_of_two(typingctx: Any, shifted: Any) -> Any:
    """2**n for the integer n in the low bits of `shifted`; 0 for the n below the smallest normal exponent."""
    vector, bits = llvm_type(shifted), shifted.element.bitwidth
    bias, mantissa = (127, 23) if bits == 32 else (1023, 52)
    whole = ir.VectorType(ir.IntType(bits), vector.count)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        n = builder.bitcast(arguments[0], whole)
        biased = builder.add(n, ir.Constant(whole, [bias] * vector.count))
        return builder.bitcast(builder.shl(biased, ir.Constant(whole, [mantissa] * vector.count)), vector)

    return shifted(shifted), emit
