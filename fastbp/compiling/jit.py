"""The only Numba decorators of the package, each flag explained once.

No ``fastmath``: every operation rounds as written, so that a result depends neither on how the compiler vectorises a loop nor on how
rows are shared between threads, and NaN and infinity keep their meaning. Where a fused multiply-add is wanted, the code says ``fma``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from fastbp.compiling.blocks import BlockCompiler, building_block
from fastbp.compiling.cache import keep_by_name, keep_on_disk, stamped

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


# How many functions each factory has made, and for what.
_made: Counter[str] = Counter()
_for: list[str] = [""]


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Name the functions that factories make meanwhile for `what`, so that their names do not depend on what was made before."""
    _for.append(f"_{what}")
    try:
        yield
    finally:
        _for.pop()


def _tell_apart(function: Any) -> None:
    """Number the functions that a factory makes.

    Machine code calls by name, and Numba tells functions of one name apart by the order in which a process compiles them. Where a kernel is
    compiled beside others that are loaded from the cache, it would call their functions of its names and numbers.
    """
    if "<locals>" in function.__qualname__:
        function.__qualname__ += _for[-1]
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
    """Compile a function called from Python, and keep its machine code, with that of all it calls, on disk.

    Compiled code cannot call it: of what is loaded the compiler has the names alone (``named.py``), which would end the process.
    """
    if DISABLED:
        return function
    compiled = numba.njit(**_FLAGS | flags)(stamped(function))
    compiled.get_call_template = _refuse_calls
    keep_on_disk(compiled)
    return cast(Function, compiled)


def _refuse_calls(args: Any, kws: Any) -> Any:
    raise TypingError("compiled code calls a program, which is called from Python alone; expected a scalar or a unit")


def inside(function: Function, name: str, *, kept: bool = True) -> Any:
    """Compile a function that machine code alone calls; it is kept on disk by its name, if at all, whatever it is closed over."""
    setattr(function, "__qualname__", name)  # noqa: B010
    setattr(function, "__name__", name)  # noqa: B010
    compiled = numba.njit(**_FLAGS | _INSIDE)(function)
    if kept:
        keep_by_name(compiled)
    return compiled


def data_pointer(context: Any, builder: ir.IRBuilder, kind: Any, value: ir.Value) -> ir.Value:
    """Where the elements of an array lie, or of what stands for one."""
    return context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
