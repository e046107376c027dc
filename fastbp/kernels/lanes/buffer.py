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
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from fastbp.compiling.jit import data_pointer, operation, scalar
from fastbp.kernels.arguments import COLUMNS_OF_SOURCES, COLUMNS_OF_TABLE, Data, Network, Objective, Rule, Workspace
from fastbp.kernels.codes import COEFFICIENTS

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


def kind_of(given: Any) -> Any:
    """Numba's type of an array or a record of arrays once `addressed`."""
    kind = numba.typeof(given)
    if isinstance(kind, types.NamedTuple):
        return types.NamedTuple([kind_of(field) for field in given], kind.instance_class)
    return _addressed_kind(kind, given.shape[1] if given.ndim == 2 else 0) if isinstance(kind, types.Array) else kind


def _addressed_kind(kind: types.Array, columns: int) -> Any:
    return kind if CHECKED else Buffer(kind.dtype, columns)


@operation(lambda array, columns: array)
def addressed(typingctx: Any, array: Any, columns: Any) -> Any:
    """A contiguous array as its address; `columns` is the literal length of its rows, or 0 for a flat one."""
    if not isinstance(columns, types.IntegerLiteral):
        return None
    kind = _addressed_kind(array, columns.literal_value)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        if isinstance(kind, Buffer):
            return data_pointer(context, builder, array, arguments[0])
        return impl_ret_borrowed(context, builder, array, arguments[0])

    return kind(array, columns), emit


@scalar
def without_arrays(network: Any, workspace: Any, data: Any, rule: Any, objective: Any) -> Any:
    """The records that kernels are given, with addresses in place of arrays."""
    return (
        Network(
            network.layers, network.size, addressed(network.table, COLUMNS_OF_TABLE), addressed(network.slopes, 0),
            addressed(network.parameters, 0),
        ),
        Workspace(
            workspace.capacity, workspace.width, workspace.training, workspace.few, addressed(workspace.activations, 0),
            addressed(workspace.deltas, 0), addressed(workspace.derivatives, 0), addressed(workspace.turned, 0),
            addressed(workspace.targets, 0),
            addressed(workspace.row_weights, 0), addressed(workspace.row_losses, 0), addressed(workspace.vector_losses, 0),
            addressed(workspace.scratch, 0), addressed(workspace.team, 0), addressed(workspace.units, 0),
        ),
        Data(addressed(data.sources, COLUMNS_OF_SOURCES), addressed(data.order, 0), data.rows),
        Rule(rule.code, rule.n_slots, addressed(rule.rates, COEFFICIENTS), addressed(rule.gradients, 0), addressed(rule.slots, 0)),
        Objective(objective.code, addressed(objective.settings, 0)),
    )  # fmt: skip
