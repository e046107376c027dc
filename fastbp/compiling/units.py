"""Units: kernels compiled for themselves, which others call through their addresses in ``workspace.units``.

What a function calls otherwise is compiled and optimised again with each of its callers, and theirs: it multiplies the time of the first
run. And what is called by its address can be another one from run to run: a unit may have variants, by code, which are compiled when a run
asks for them. With the JIT off, or in place of an address, there is the number of a function in a list.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fastbp._log import tell_once
from fastbp.compiling.jit import DISABLED, data_pointer, inside

Function = TypeVar("Function", bound=Callable[..., Any])

#: Between the addresses of a unit for one layer and for the next.
EACH = 2


class Unit(NamedTuple):
    """A compiled function, or one of Python with the JIT off, the classes of its arguments, and its place in the list of all."""

    function: Any
    classes: list[str]
    place: int


#: Those of the package by number and code; without a variant's code, None.
UNITS: dict[tuple[int, int | None], Unit] = {}
_functions: list[Callable[..., Any]] = []


def unit(number: int, *, each: str = "") -> Callable[[Function], Function]:
    """Compile a kernel for itself; others call it through its address, which they find in ``workspace.units[number]``.

    With `each`, the name of an argument, there is an address for each of its values: ``workspace.units[number + EACH * value]``. Of the
    arguments one is named `workspace`, or `call` and has one; each is annotated with its class or with int. A unit returns nothing.
    """

    def decorate(function: Function) -> Function:
        _add(function, number, None, function.__name__)
        return cast(Function, _call(number, list(inspect.signature(function).parameters), each))

    return decorate


def unit_elsewhere(number: int, *names: str) -> Callable[..., None]:
    """The call of a unit with arguments of these names. The module that defines it is imported only for runs that need it."""
    return _call(number, list(names), "")


def _call(number: int, names: list[str], each: str) -> Callable[..., None]:
    holder = "workspace" if "workspace" in names else "call"
    if DISABLED:
        return _call_from_list(names, holder, number, each)
    call = _call_by_address(names, holder, number, each)
    # Numba counts the arguments of a call by this.
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("typingctx", *names)]
    setattr(call, "__signature__", inspect.Signature(parameters))  # noqa: B010
    return cast(Callable[..., None], intrinsic(call))


def variant(function: Callable[..., None], number: int, code: int, name: str, *, kept: bool = True) -> None:
    """Have `function`, with the arguments of unit `number`, take its place where a run asks for `code`.

    Its machine code is on disk under `name`, unless it is not to be kept.
    """
    _add(function, number, code, name, kept=kept)


def _add(function: Callable[..., Any], number: int, code: int | None, name: str, *, kept: bool = True) -> None:
    classes = [str(parameter.annotation) for parameter in inspect.signature(function).parameters.values()]
    UNITS[number, code] = Unit(function if DISABLED else inside(function, name, kept=kept), classes, len(_functions))
    _functions.append(function)


def _call_from_list(names: list[str], holder: str, number: int, each: str) -> Callable[..., Any]:
    place, step = names.index(holder), names.index(each) if each else 0

    def call(*arguments: Any) -> None:
        held = arguments[place] if holder == "workspace" else arguments[place].workspace
        _functions[held.units[number + (EACH * arguments[step] if each else 0)]](*arguments)

    return call


def _call_by_address(names: list[str], holder: str, number: int, each: str) -> Callable[..., Any]:
    place = names.index(holder)

    def call(typingctx: Any, *args: Any) -> Any:
        kinds = tuple(types.unliteral(kind) for kind in args)
        kind, path = kinds[place], []
        for name in ("workspace", "units")[holder == "workspace" :]:
            path.append(kind.fields.index(name))
            kind = kind[path[-1]]

        def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
            whole = ir.IntType(64)
            table = data_pointer(context, builder, kind, builder.extract_value(arguments[place], path))
            entry = whole(number)
            if each:
                entry = builder.add(entry, builder.mul(arguments[names.index(each)], whole(EACH)))
            function = context.call_conv.get_function_type(types.none, kinds)
            address = builder.inttoptr(builder.load(builder.gep(table, [entry])), function.as_pointer())
            context.call_conv.call_function(builder, address, types.none, kinds, arguments)
            return context.get_dummy_value()

        return types.none(*kinds), emit

    return call


def address_of_unit(number: int, code: int | None, kinds: dict[str, Any]) -> int:
    """Where a unit, or its variant for a code, lies, compiled or loaded for these types of the classes that annotate its arguments."""
    own = UNITS.get((number, code))
    function, classes, place = own or UNITS[number, None]
    if DISABLED:
        return place
    signature = tuple((kinds | {"int": types.int64})[name] for name in classes)
    function.compile(signature)
    if not own and (function.stats.cache_misses or not function.stats.cache_hits):
        tell_once("fastbp compiles its kernels, once for an installation and element type: this takes about a quarter of a minute")
    overload = function.overloads[signature]
    return int(overload.library.get_pointer_to_function(overload.fndesc.llvm_func_name))
