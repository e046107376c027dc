"""A call of the compiled program as one block of integers: its numbers, and the addresses of its arrays.

Numba takes each array of an argument apart, which for the twenty of a call takes longer than a step of a small network. Here Python lays
a call out once, changes what changes from call to call, and hands over one address. With the JIT off, or with indices checked, the
program gets the records themselves.
"""

from __future__ import annotations

from typing import Any, get_type_hints

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.imputils import impl_ret_borrowed

from fastbp._typing import Array
from fastbp.compiling.jit import DISABLED, operation
from fastbp.kernels.arguments import INTEGERS, ROW_LENGTHS, Call
from fastbp.kernels.lanes.buffer import CHECKED, Buffer, kind_of

#: Whether programs are handed the block, and not the records.
USED = not (DISABLED or CHECKED)

_I64 = ir.IntType(64)


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple)


def _paths(record: Any, before: str = "") -> list[str]:
    """The names of all fields in their order, those of records within it after the name of the record."""
    paths: list[str] = []
    for name, kind in get_type_hints(record).items():
        paths += _paths(kind, f"{name}.") if _is_record(kind) else [before + name]
    return paths


_PLACES = {path: place for place, path in enumerate(_paths(Call))}


class Prepared:
    """A call that is made again and again, with some of its fields changed on the way."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._held = dict(zip(_PLACES, _flat(call), strict=True))
        self._block = np.array([_integer(value) for value in self._held.values()], np.int64)
        self._address = address_of(self._block)
        self._one = call.network.parameters.dtype.type(1)

    def set(self, path: str, value: Any) -> None:
        """Give a field another value: ``set("steps", 3)``, ``set("data.order", order)``. An array stays alive until the next one."""
        held = self._held[path]
        if held is not value and (isinstance(value, np.ndarray) or held != value):
            self._held[path] = value
            self._block[_PLACES[path]] = _integer(value)
            if not USED:
                self._call = _replaced(self._call, path.split("."), value)

    @property
    def arguments(self) -> tuple[Any, Any]:
        """What the compiled program is given."""
        return self._address if USED else self._call, self._one


def address_of(array: Array) -> int:
    """Where the first element lies; a third of the time of ``array.ctypes.data``."""
    address: int = array.__array_interface__["data"][0]
    return address


def _flat(record: Any) -> list[Any]:
    return [each for value in record for each in (_flat(value) if isinstance(value, tuple) else [value])]


def _integer(value: Any) -> int:
    return address_of(value) if isinstance(value, np.ndarray) else int(value)


def _replaced(record: Any, path: list[str], value: Any) -> Any:
    name, *rest = path
    return record._replace(**{name: _replaced(getattr(record, name), rest, value) if rest else value})


def kinds_of(call: Call, places: tuple[Any, ...]) -> dict[str, Any]:
    """Numba's types of what units are given, by the names that annotate them; `places` are records of numbers alone."""
    own = [call.network, call.workspace, call.data, call.rule, call.objective, call]
    kinds = {type(record).__name__: kind_of(record) for record in (*own, *places)}
    return kinds | {"Any": kind_of(call.network.parameters.dtype.type(0)), "Numbers": kind_of(call.network.parameters)}


def _kind_of_class(record: Any, dtype: Any) -> Any:
    """The same of a class of records, for a network whose numbers are of `dtype`."""
    kinds = []
    for name, kind in get_type_hints(record).items():
        if _is_record(kind):
            kinds.append(_kind_of_class(kind, dtype))
        elif kind is int:
            kinds.append(types.int64)
        else:
            kinds.append(Buffer(types.int64 if name in INTEGERS else dtype, ROW_LENGTHS.get(name, 0)))
    return types.NamedTuple(kinds, record)


@operation(lambda call, one: call)
def records(typingctx: Any, call: Any, one: Any) -> Any:
    """The records of a call, from the address of its block, for a network whose numbers are of the type of `one`."""
    kind = _kind_of_class(Call, one) if isinstance(call, types.Integer) else call

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        if kind is call:
            return impl_ret_borrowed(context, builder, call, arguments[0])
        block = builder.inttoptr(arguments[0], _I64.as_pointer())
        return _emit_record(context, builder, kind, block, iter(range(len(_PLACES))))

    return kind(call, one), emit


def _emit_record(context: Any, builder: ir.IRBuilder, kind: Any, block: ir.Value, places: Any) -> ir.Value:
    values = []
    for field in kind:
        if isinstance(field, types.NamedTuple):
            values.append(_emit_record(context, builder, field, block, places))
            continue
        value = builder.load(builder.gep(block, [_I64(next(places))]))
        values.append(builder.inttoptr(value, context.get_value_type(field)) if isinstance(field, Buffer) else value)
    return context.make_tuple(builder, kind, values)
