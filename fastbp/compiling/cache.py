"""Machine code on disk: which sources it belongs to, and how a process gets at it quickly.

Numba's own key of a cached function holds the bytecode and the closure of that function alone, so an edit in a file that it calls into, or
an upgrade, would be served old machine code. Here every function carries a hash of all sources that kernels are made of.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from types import CellType, FunctionType
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime.nrt import rtsys

from fastbp._log import tell_once
from fastbp.compiling.named import named_only

#: The folders whose sources machine code is made of, beside the small helpers at the top of the package.
_ROOMS = "compiling", "kernels"
_NOT_KEPT = "fastbp cannot keep compiled kernels, so each process compiles anew: set NUMBA_CACHE_DIR to a folder it may write"


class _Files(IndexDataCacheFile):
    """Numba's, each with a checksum at its end and in it the key it was saved for.

    At machine code that is damaged LLVM may end the process. And of two processes that start on one folder, each may write the index as
    it sees it and then its own code under the name that the other has given out.
    """

    def save(self, key: Any, data: Any) -> None:
        super().save(key, (key, named_only(data)))  # type: ignore[no-untyped-call]

    def load(self, key: Any) -> Any:
        owner, data = super().load(key) or (None, None)  # type: ignore[no-untyped-call]
        return data if owner == key else None

    def _dump(self, obj: Any) -> bytes:
        data: bytes = super()._dump(obj)  # type: ignore[no-untyped-call]
        # What follows a pickle is not read.
        return data + hashlib.sha256(data).digest()

    def _load_data(self, name: str) -> Any:
        content = Path(self._data_path(name)).read_bytes()  # type: ignore[no-untyped-call]
        if hashlib.sha256(content[:-32]).digest() != content[-32:]:
            raise ValueError("checksum")
        return pickle.loads(content)


class _Cache(FunctionCache):
    """Numba's, without the start of its compiler, which takes half a second and which code that is only loaded does not need.

    What cannot be read is compiled anew, and what cannot be written is not kept.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file.__class__ = _Files

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        try:
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception as error:
            # Damaged files raise all kinds of errors as they are unpickled.
            tell_once(f"fastbp compiles kernels anew, whose files in {self.cache_path} cannot be read ({type(error).__name__})")
            self._start_over()

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        except OSError:
            tell_once(_NOT_KEPT)

    def _start_over(self) -> None:
        try:
            self.flush()  # type: ignore[no-untyped-call]
        except OSError:
            self.disable()  # type: ignore[no-untyped-call]
            tell_once(_NOT_KEPT)


class _ByName(_Cache):
    """For functions that factories make: what they are closed over cannot be told from other processes', but their names can."""

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return sig, codegen.magic_tuple(), _SOURCES


def keep_by_name(compiled: Any) -> None:
    """Keep on disk, as `keep_on_disk` does, a function whose name no other of its file has."""
    keep_on_disk(compiled, _ByName)


def keep_on_disk(compiled: Any, cache: type[_Cache] = _Cache) -> None:
    """Let a compiled function look for its machine code on disk, and leave it there."""
    try:
        compiled._cache = cache(compiled.py_func)  # noqa: SLF001  # Numba has no other way in
    except RuntimeError:
        # There is no folder that Numba could write to.
        tell_once(_NOT_KEPT)


def stamped(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function closed over a hash of the package's sources, so that machine code of other sources is never found."""
    assert isinstance(function, FunctionType)
    code = function.__code__
    closed = FunctionType(
        code.replace(co_freevars=(*code.co_freevars, "sources")),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        (*(function.__closure__ or ()), CellType(_SOURCES)),
    )
    closed.__doc__, closed.__module__, closed.__qualname__ = function.__doc__, function.__module__, function.__qualname__
    return closed


def _hash_of_sources() -> str:
    # What the environment asks of the kernels is written into their code, too; with checked indices they call each other differently.
    asked = sorted((name, value) for name, value in os.environ.items() if name.startswith("FASTBP_") and value)
    digest = hashlib.sha256(f"{asked} {numba.config.BOUNDSCHECK}".encode())  # type: ignore[attr-defined]
    folder = Path(__file__).parent.parent
    # Kernels import nothing of the other rooms (the layers in ``pyproject.toml``); versions differ in ``__init__.py``.
    rooms = (path for room in _ROOMS for path in (folder / room).rglob("*.py"))
    for path in sorted([*folder.glob("_*.py"), *rooms]):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


_SOURCES = _hash_of_sources()
