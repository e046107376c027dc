"""The only Numba decorators of the package, each flag explained once.

No ``fastmath``: every operation rounds as written, so that a result depends neither on how the compiler vectorises a loop nor on how
rows are shared between threads, and NaN and infinity keep their meaning. Where a fused multiply-add is wanted, the code says ``fma``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import CellType, FunctionType
from typing import Any, TypeVar, cast

import numba
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])

DISABLED: bool = getattr(numba.config, "DISABLE_JIT")  # noqa: B009  # Numba's stubs do not know it

# error_model="numpy": division by zero gives inf or nan instead of raising; a raise is a second way out of a loop and stops vectorisation.
# nogil: other Python threads run while a kernel computes.
_FLAGS: dict[str, Any] = {"error_model": "numpy", "nogil": True}


def scalar(function: Function) -> Function:
    """Compile a building block that runs on the thread of its caller."""
    return cast(Function, numba.njit(**_FLAGS)(function))


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


def program(function: Function) -> Function:
    """Compile an entry point, called from Python, and keep its machine code, with that of all it calls, in Numba's disk cache."""
    if DISABLED:
        return function
    return cast(Function, numba.njit(cache=True, **_FLAGS)(_stamped(function)))


def _stamped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Close `function` over a hash of the package's sources.

    Numba's cache key holds the bytecode and the closure of the one function it compiled, so an edit in a file that it calls into, or an
    upgrade, would be served old machine code. The extra closure cell makes such code unreachable.
    """
    assert isinstance(function, FunctionType)
    code = function.__code__
    stamped = FunctionType(
        code.replace(co_freevars=(*code.co_freevars, "sources")),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        (*(function.__closure__ or ()), CellType(_SOURCES)),
    )
    stamped.__doc__, stamped.__module__, stamped.__qualname__ = function.__doc__, function.__module__, function.__qualname__
    return stamped


def _hash_of_sources() -> str:
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


_SOURCES = _hash_of_sources()
