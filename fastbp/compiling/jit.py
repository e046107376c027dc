"""The only Numba decorators of the package, each flag explained once.

No ``fastmath``: every operation rounds as written, so that a result depends neither on how the compiler vectorises a loop nor on how
rows are shared between threads, and NaN and infinity keep their meaning. Where a fused multiply-add is wanted, the code says ``fma``.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fastbp._log import tell_once
from fastbp.compiling.blocks import BlockCompiler, building_block
from fastbp.compiling.cache import keep_on_disk, stamped

Function = TypeVar("Function", bound=Callable[..., Any])

DISABLED: bool = getattr(numba.config, "DISABLE_JIT")  # noqa: B009  # Numba's stubs do not know it

# error_model="numpy": division by zero gives inf or nan instead of raising; a raise is a second way out of a loop and stops vectorisation.
# nogil: other Python threads run while a kernel computes.
_FLAGS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
# No wrapper that Python could call, which would take a tenth of the time that everything takes to compile; no counts of references.
_INSIDE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}


def scalar(function: Function, **flags: Any) -> Function:
    """Compile a building block that runs on the thread of its caller."""
    if DISABLED:
        return function
    _tell_apart(function)
    compiled = numba.njit(pipeline_class=BlockCompiler, **_FLAGS | _INSIDE | flags)(function)
    return cast(Function, _for_all_numbers(building_block(compiled)))


def inlined(function: Function) -> Function:
    """A building block that becomes part of its callers even where the compiler would call it: what only chooses, or takes a few cycles."""
    return scalar(function, forceinline=True)


# How many functions each factory has made.
_made: Counter[str] = Counter()


def _tell_apart(function: Any) -> None:
    """Number the functions that a factory makes.

    Machine code calls by name, and Numba tells functions of one name apart by the order in which a process compiles them. Where a kernel is
    compiled beside others that are loaded from the cache, it would call their functions of its names and numbers.
    """
    if "<locals>" in function.__qualname__:
        _made[function.__qualname__] += 1
        function.__qualname__ += f"_{_made[function.__qualname__]}"


def _for_all_numbers(compiled: Any) -> Any:
    """Let calls with constants use the machine code for any number; Numba would compile the function again for each constant."""
    resolve = compiled.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        return resolve([types.unliteral(kind) for kind in args], {name: types.unliteral(kind) for name, kind in kws.items()})

    compiled.get_call_template = get_call_template
    return compiled


def kernel(function: Function) -> Function:
    """Compile a function whose ``prange`` loops run on all threads."""
    return cast(Function, numba.njit(parallel=True, **_FLAGS)(function))


def operation(twin: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Let kernels call the decorated function, which writes the LLVM instructions of a call; `twin` does the same when the JIT is off.

    Small integers and strings reach the function as literal types.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        return twin if DISABLED else intrinsic(prefer_literal=True)(function)

    return decorate


def program(function: Function, **flags: Any) -> Function:
    """Compile a function called from Python, and keep its machine code, with that of all it calls, on disk."""
    if DISABLED:
        return function
    compiled = numba.njit(**_FLAGS | flags)(stamped(function))
    keep_on_disk(compiled)
    return cast(Function, compiled)


# The units of the package by their number.
_UNITS: dict[int, tuple[Any, list[str]]] = {}


def unit(number: int) -> Callable[[Function], Function]:
    """Compile a kernel for itself; others call it through its address, which they find in ``workspace.units[number]``.

    What a function calls otherwise is compiled and optimised again with each of its callers, and theirs: it multiplies the time of the
    first run. Of the arguments one is named `workspace`, or `call` and has one; each is annotated with its class or with int. A unit
    returns nothing.
    """

    def decorate(function: Function) -> Function:
        if DISABLED:
            return function
        names = inspect.signature(function).parameters
        _UNITS[number] = program(function, **_INSIDE), [str(parameter.annotation) for parameter in names.values()]
        call = _call_by_address("workspace" if "workspace" in names else "call", list(names), number)
        # Numba counts the arguments of a call by this.
        context = inspect.Parameter("typingctx", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        setattr(call, "__signature__", inspect.Signature([context, *names.values()]))  # noqa: B010
        return cast(Function, intrinsic(call))

    return decorate


def _call_by_address(holder: str, names: list[str], number: int) -> Callable[..., Any]:
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
            function = context.call_conv.get_function_type(types.none, kinds)
            address = builder.inttoptr(builder.load(builder.gep(table, [whole(number)])), function.as_pointer())
            context.call_conv.call_function(builder, address, types.none, kinds, arguments)
            return context.get_dummy_value()

        return types.none(*kinds), emit

    return call


def data_pointer(context: Any, builder: ir.IRBuilder, kind: Any, value: ir.Value) -> ir.Value:
    """Where the elements of an array lie, or of what stands for one."""
    return context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value


def unit_addresses(**kinds: Any) -> Any:
    """The addresses of all units, compiled or loaded for these types of the classes that annotate their arguments."""
    kinds["int"] = types.int64
    table = np.zeros(max(_UNITS, default=-1) + 1, np.int64)
    for number, (compiled, classes) in sorted(_UNITS.items()):
        signature = tuple(kinds[name] for name in classes)
        compiled.compile(signature)
        if compiled.stats.cache_misses or not compiled.stats.cache_hits:
            tell_once("fastbp compiles its kernels, once for an installation and element type: this takes about a quarter of a minute")
        overload = compiled.overloads[signature]
        table[number] = overload.library.get_pointer_to_function(overload.fndesc.llvm_func_name)
    return table
