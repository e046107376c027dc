"""Arrays as kernels pass them on: the address alone.

Numba hands an array from function to function as seven numbers, and counts each reference to it in memory that all threads share. With
twenty arrays a call cost more than a small product, and threads waited for each other's counts. The arrays belong to whoever started the
run and outlive it, so their addresses do. With the JIT off, or with indices checked, kernels get the arrays themselves.
"""

from __future__ import annotations

import operator
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from fastbp.compiling.jit import operation

CHECKED: bool = bool(getattr(numba.config, "BOUNDSCHECK"))  # noqa: B009  # Numba's stubs do not know it

_I64 = ir.IntType(64)


class Buffer(types.Type):
    """Numba's type of the address of an array of `dtype`, flat or with rows of so many `columns`."""

    def __init__(self, dtype: Any, columns: int = 0) -> None:
        self.dtype, self.columns = dtype, columns
        super().__init__(name=f"Buffer({dtype}, {columns})")


@register_model(Buffer)
class _BufferModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Buffer) -> None:
        super().__init__(manager, kind, manager.lookup(kind.dtype).get_data_type().as_pointer())  # type: ignore[no-untyped-call]


def _element(kind: Any, index: Any) -> Any:
    """What indexing gives: an element, or a row of a buffer with rows."""
    if not isinstance(kind, Buffer):
        return None
    if kind.columns and isinstance(index, types.Integer):
        return Buffer(kind.dtype)
    return kind.dtype


def _index_kind(index: Any) -> Any:
    return types.int64 if isinstance(index, types.Integer) else types.UniTuple(types.int64, 2)


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        element = _element(*args)
        return None if element is None else signature(element, args[0], _index_kind(args[1]))


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        kind, index, _ = args
        if not isinstance(kind, Buffer):
            return None
        return signature(types.none, kind, _index_kind(index), kind.dtype)


def _place(builder: ir.IRBuilder, kind: Buffer, address: ir.Value, index: ir.Value) -> ir.Value:
    if isinstance(index.type, ir.ArrayType):
        row, column = (builder.extract_value(index, i) for i in range(2))
        index = builder.add(builder.mul(row, _I64(kind.columns)), column)
    elif kind.columns:
        index = builder.mul(index, _I64(kind.columns))
    return builder.gep(address, [index])


def _get_item(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
    place = _place(builder, signature.args[0], *arguments)
    return place if isinstance(signature.return_type, Buffer) else builder.load(place)


def _set_item(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
    builder.store(arguments[2], _place(builder, signature.args[0], *arguments[:2]))
    return context.get_dummy_value()


for _index in (types.Integer, types.UniTuple):
    lower_builtin(operator.getitem, Buffer, _index)(_get_item)
    lower_builtin(operator.setitem, Buffer, _index, types.Number)(_set_item)


@operation(lambda address, one: None)
def numbers_at(typingctx: Any, address: Any, one: Any) -> Any:
    """The array of numbers of the type of `one` at an address."""
    kind = Buffer(one)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return builder.inttoptr(arguments[0], context.get_value_type(kind))

    return kind(types.int64, one), emit


def kind_of(given: Any) -> Any:
    """Numba's type of an array, or of a record of arrays, as kernels are given them: addresses in place of arrays."""
    kind = numba.typeof(given)
    if isinstance(kind, types.NamedTuple):
        return types.NamedTuple([kind_of(field) for field in given], kind.instance_class)
    if CHECKED or not isinstance(kind, types.Array):
        return kind
    return Buffer(kind.dtype, given.shape[1] if given.ndim == 2 else 0)
