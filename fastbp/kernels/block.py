"""A call of the compiled program as one block of integers: its numbers, and the addresses of its arrays.

Numba takes each array of an argument apart, which for the twenty of a call takes longer than a step of a small network. Here Python lays
a call out once, changes what changes from call to call, and hands over one address. With the JIT off, or with indices checked, the
program gets the numbers and the arrays themselves, one after the other: Numba's threads take no record that holds records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.imputils import impl_ret_borrowed

from fastbp.compiling.jit import DISABLED, operation
from fastbp.kernels.address import address_of
from fastbp.kernels.arguments import INTEGERS, ROW_LENGTHS, Call
from fastbp.kernels.lanes.buffer import CHECKED, Buffer, kind_of

#: Whether programs are handed the block, and not what is in it.
USED = not (DISABLED or CHECKED)

_I64 = ir.IntType(64)


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple)


def _paths(record: Any, before: str = "") -> dict[str, Any]:
    """The classes of all fields in their order by the fields' names, those of records within it after the name of the record."""
    paths: dict[str, Any] = {}
    for name, kind in get_type_hints(record).items():
        paths |= _paths(kind, f"{name}.") if _is_record(kind) else {before + name: kind}
    return paths


_CLASSES = _paths(Call)
_PLACES = {path: place for place, path in enumerate(_CLASSES)}


class Prepared:
    """A call that is made again and again, with some of its fields changed on the way."""

    def __init__(self, call: Call) -> None:
        self._held = dict(zip(_PLACES, _flat(call), strict=True))
        self._block = np.array([_integer(value) for value in self._held.values()], np.int64)
        self._address = address_of(self._block)
        self._one = call.network.parameters.dtype.type(1)

    def set(self, values: Mapping[str, Any]) -> None:
        """Give fields other values: ``set({"steps": 3, "data.order": order})``. An array stays alive until the next one."""
        held = self._held
        for path, value in values.items():
            if held[path] is not value:
                held[path] = value
                self._block[_PLACES[path]] = _integer(value)

    @property
    def arguments(self) -> tuple[Any, Any]:
        """What the compiled program is given."""
        return self._address if USED else tuple(self._held.values()), self._one


def _flat(record: Any) -> list[Any]:
    return [each for value in record for each in (_flat(value) if isinstance(value, tuple) else [value])]


def _integer(value: Any) -> int:
    return address_of(value) if isinstance(value, np.ndarray) else int(value)


def kinds_of(call: Call, places: tuple[Any, ...]) -> dict[str, Any]:
    """Numba's types of what units are given, by the names that annotate them; `places` are records of numbers alone."""
    own = [call.network, call.workspace, call.data, call.rule, call.objective, call]
    kinds = {type(record).__name__: kind_of(record) for record in (*own, *places)}
    return kinds | {"Numbers": kind_of(call.network.parameters)}


def _nested(record: Any, fields: Iterator[Any], join: Callable[[list[Any], Any], Any]) -> Any:
    """A record from its fields one after the other, those of the records in it in their places."""
    kinds = get_type_hints(record).values()
    return join([_nested(kind, fields, join) if _is_record(kind) else next(fields) for kind in kinds], record)


def _kinds(dtype: Any) -> list[Any]:
    """Numba's types of all fields of a call, for a network whose numbers are of `dtype`."""
    kinds: list[Any] = []
    for path, kind in _CLASSES.items():
        name = path.split(".")[-1]
        element = types.int64 if name in INTEGERS else dtype
        kinds.append(types.int64 if kind is int else Buffer(element, ROW_LENGTHS.get(name, 0)))
    return kinds


@operation(lambda call, one: _nested(Call, iter(call), lambda fields, record: record(*fields)))
def records(typingctx: Any, call: Any, one: Any) -> Any:
    """The records of a call, from what the program was given, for a network whose numbers are of the type of `one`."""
    kinds = _kinds(one) if isinstance(call, types.Integer) else [types.unliteral(kind) for kind in call]
    result = _nested(Call, iter(kinds), types.NamedTuple)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        if isinstance(call, types.Integer):
            values = _emit_loads(context, builder, kinds, arguments[0])
        else:
            values = [builder.extract_value(arguments[0], place) for place in range(len(kinds))]
        # The types go with the values, so that a record within a record is made as one.
        pairs = zip(kinds, values, strict=True)

        def join(fields: list[Any], record: Any) -> Any:
            kind = types.NamedTuple([kind for kind, _ in fields], record)
            return kind, context.make_tuple(builder, kind, [value for _, value in fields])

        return impl_ret_borrowed(context, builder, result, _nested(Call, pairs, join)[1])

    return result(call, one), emit


def _emit_loads(context: Any, builder: ir.IRBuilder, kinds: list[Any], address: ir.Value) -> list[ir.Value]:
    block, values = builder.inttoptr(address, _I64.as_pointer()), []
    for place, kind in enumerate(kinds):
        value = builder.load(builder.gep(block, [_I64(place)]))
        values.append(builder.inttoptr(value, context.get_value_type(kind)) if isinstance(kind, Buffer) else value)
    return values
