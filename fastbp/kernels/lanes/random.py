"""Random numbers from counters: each is a function of a key and of the row and the unit that it is for, so that no order of work enters.

    h = mix(row ^ key_low)
    u = mix((h + 0x9e3779b9 unit) ^ key_high) / 2**32, of which the highest 24 bits are used

in 32 bits, where `mix` is the finaliser of MurmurHash3 (A. Appleby, public domain). The key comes from the seed, the number of the step
and what the numbers are for, by the finaliser of SplitMix64 (G. L. Steele et al., *Fast splittable pseudorandom number generators*, 2014).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from fastbp.compiling.jit import operation, scalar
from fastbp.kernels.lanes.elementary import log1p_unit
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.lanes.vector import Vector, fma, llvm_type, select, splat_value, sqrt

_GOLDEN_32, _GOLDEN_64 = 0x9E3779B9, 0x9E3779B97F4A7C15
# Shift, then factor, of each round; a last shift has none.
_ROUNDS_32 = (16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)
_ROUNDS_64 = (30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)

_I64 = ir.IntType(64)


def _mixed(x: Any, rounds: Any, mask: Any) -> Any:
    for shift, factor in rounds:
        x = ((x ^ (x >> shift)) * factor) & mask
    return x


def _emit_mixed(builder: ir.IRBuilder, x: ir.Value, rounds: Any, constant: Any) -> ir.Value:
    for shift, factor in rounds:
        x = builder.mul(builder.xor(x, builder.lshr(x, constant(shift))), constant(factor))
    return x


def _stream_twin(key: int, step: int, purpose: int) -> int:
    mask = 2**64 - 1
    for number in (step, purpose):
        key = _mixed((int(key) + (int(number) + 1) * _GOLDEN_64) & mask, _ROUNDS_64, mask)
    return int(np.uint64(key).astype(np.int64))


@operation(_stream_twin)
def stream(typingctx: Any, key: Any, step: Any, purpose: Any) -> Any:
    """The key of the random numbers that a step needs for one purpose."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        state, *numbers = arguments
        for number in numbers:
            along = builder.mul(builder.add(number, _I64(1)), _I64(_GOLDEN_64))
            state = _emit_mixed(builder, builder.add(state, along), _ROUNDS_64, _I64)
        return state

    return types.int64(types.int64, types.int64, types.int64), emit


def _uniform_twin(like: Any, key: int, row: int, unit: int, along_rows: int) -> Any:
    mask, lanes = 2**32 - 1, np.arange(BYTES // like.itemsize, dtype=np.uint64)
    low, high = int(key) & mask, (int(key) >> 32) & mask
    rows = (lanes * np.uint64(along_rows) + np.uint64(int(row) & mask)) & np.uint64(mask)
    units = lanes * np.uint64(1 - along_rows) + np.uint64(int(unit) & mask)
    h = _mixed(rows ^ np.uint64(low), _np(_ROUNDS_32), np.uint64(mask))
    x = (h + units * np.uint64(_GOLDEN_32)) & np.uint64(mask)
    x = _mixed(x ^ np.uint64(high), _np(_ROUNDS_32), np.uint64(mask))
    return (x >> np.uint64(8)).astype(like.dtype) * like.dtype.type(2.0**-24)


def _np(rounds: Any) -> Any:
    return [(np.uint64(shift), np.uint64(factor)) for shift, factor in rounds]


@operation(_uniform_twin)
def uniform(typingctx: Any, like: Any, key: Any, row: Any, unit: Any, along_rows: Any) -> Any:
    """Numbers in [0, 1), multiples of 2**-24, as a vector of the elements of the array `like`.

    They are those of rows from `row` on and one unit where `along_rows` is 1, of one row and units from `unit` on where it is 0.
    """
    kind = Vector(like.dtype)
    vector = llvm_type(kind)
    whole = ir.VectorType(ir.IntType(32), vector.count)

    def constant(number: int) -> ir.Constant:
        return ir.Constant(whole, [number] * vector.count)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        key, row, unit, along_rows = arguments[1:]

        def spread(number: ir.Value) -> ir.Value:
            return splat_value(builder, builder.trunc(number, ir.IntType(32)), whole)

        counted = ir.Constant(whole, list(range(vector.count)))
        rows = builder.add(spread(row), builder.mul(counted, spread(along_rows)))
        units = builder.add(spread(unit), builder.mul(counted, spread(builder.sub(_I64(1), along_rows))))
        h = _emit_mixed(builder, builder.xor(rows, spread(key)), _ROUNDS_32, constant)
        x = builder.add(h, builder.mul(units, constant(_GOLDEN_32)))
        x = _emit_mixed(builder, builder.xor(x, spread(builder.lshr(key, _I64(32)))), _ROUNDS_32, constant)
        numbers = builder.uitofp(builder.lshr(x, constant(8)), vector)
        return builder.fmul(numbers, ir.Constant(vector, [2.0**-24] * vector.count))

    return kind(like, types.int64, types.int64, types.int64, types.int64), emit


def _exponent_twin(x: Any) -> Any:
    return (np.frexp(x)[1] - 1).astype(x.dtype)


@operation(_exponent_twin)
def _exponent(typingctx: Any, x: Any) -> Any:
    """The n of x = 2**n m with 1 <= m < 2, for positive normal numbers."""
    vector, bits = llvm_type(x), x.element.bitwidth
    bias, mantissa = (127, 23) if bits == 32 else (1023, 52)
    whole = ir.VectorType(ir.IntType(bits), vector.count)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        biased = builder.lshr(builder.bitcast(arguments[0], whole), ir.Constant(whole, [mantissa] * vector.count))
        return builder.sitofp(builder.sub(biased, ir.Constant(whole, [bias] * vector.count)), vector)

    return x(x), emit


def _mantissa_twin(x: Any) -> Any:
    return 2 * np.frexp(x)[0]


@operation(_mantissa_twin)
def _mantissa(typingctx: Any, x: Any) -> Any:
    """The m of x = 2**n m with 1 <= m < 2, for positive normal numbers."""
    vector, bits = llvm_type(x), x.element.bitwidth
    bias, mantissa = (127, 23) if bits == 32 else (1023, 52)
    whole = ir.VectorType(ir.IntType(bits), vector.count)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        kept = builder.and_(builder.bitcast(arguments[0], whole), ir.Constant(whole, [(1 << mantissa) - 1] * vector.count))
        return builder.bitcast(builder.or_(kept, ir.Constant(whole, [bias << mantissa] * vector.count)), vector)

    return x(x), emit


@scalar
def _log(x: Any) -> Any:
    """The logarithm of positive normal numbers up to 1, to a few units in the last place of the larger of it and 1."""
    return fma(_exponent(x), 0.6931471805599453, log1p_unit(_mantissa(x) - 1))


@scalar
def gaussian(like: Any, key: int, row: int, unit: int, along_rows: int) -> Any:
    """Numbers of the standard normal distribution: ``sqrt(2) erfinv(2 u - 1)`` of uniform u, to 1e-6 of themselves.

    erfinv by M. Giles, *Approximating the erfinv function* (GPU Computing Gems 2, 2011), whose polynomials are single precision's.
    """
    # In the middle of the 2**-24 that each number stands for, so that none is infinite.
    u = uniform(like, key, row, unit, along_rows)
    x = fma(2, u, 2.0**-24 - 1)
    w = -_log((1 - x) * (1 + x))
    return 1.4142135623730951 * x * select(w < 5, _near(w - 2.5), _far(sqrt(w) - 3))


@scalar
def _near(w: Any) -> Any:
    p = fma(2.81022636e-08, w, 3.43273939e-07)
    p = fma(p, w, -3.5233877e-06)
    p = fma(p, w, -4.39150654e-06)
    p = fma(p, w, 0.00021858087)
    p = fma(p, w, -0.00125372503)
    p = fma(p, w, -0.00417768164)
    p = fma(p, w, 0.246640727)
    return fma(p, w, 1.50140941)


@scalar
def _far(w: Any) -> Any:
    p = fma(-0.000200214257, w, 0.000100950558)
    p = fma(p, w, 0.00134934322)
    p = fma(p, w, -0.00367342844)
    p = fma(p, w, 0.00573950773)
    p = fma(p, w, -0.0076224613)
    p = fma(p, w, 0.00943887047)
    p = fma(p, w, 1.00167406)
    return fma(p, w, 2.83297682)
