"""Safetensors files that are whole or not there: written in one piece, with a checksum over every byte. No pickle."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from fastbp._typing import Array
from fastbp.compiling.loading import imported

_CHECKSUM = "checksum"
# Stands for the checksum while it is computed.
_BLANK = b"0" * hashlib.sha256().digest_size * 2
_MARK = b'"checksum":"'
# Seconds after which a temporary file belongs to a process that was killed: no write takes as long.
_LEFT_BEHIND = 3600.0


def as_path(given: object, argument: str = "path") -> Path:
    """`given` as the path of a file."""
    if not isinstance(given, (str, PathLike)) or not os.fspath(given):
        raise TypeError(f"{argument} is {given!r} of type {type(given).__name__}; expected the path of a file, such as 'run.safetensors'")
    path = Path(os.fsdecode(given))
    if not path.name:
        raise ValueError(f"{argument} is {given!r}, a folder; expected the path of a file")
    return path


def existing(given: object, what: str) -> Path:
    """`given` as the path of a file that is there."""
    path = as_path(given)
    if not path.exists():
        raise FileNotFoundError(f"no {what} file at {str(path)!r}")
    return path


def check_writable(path: Path) -> None:
    """Raise OSError when no file could be written at `path`."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"{str(path)!r} is a folder; expected the path of a file")
    temporary = _temporary(path)
    try:
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except OSError as error:
        raise OSError(error.errno, f"cannot write {str(path)!r}: {_reason(error, path)}") from error


def sealed(tensors: Mapping[str, Array], settings: Mapping[str, Any]) -> list[bytes | memoryview]:
    """A safetensors file in pieces: the tensors, each of `settings` as JSON in its metadata, and the SHA-256 of all bytes but its own."""
    metadata = {name: json.dumps(value) for name, value in settings.items()}
    content = memoryview(_safetensors().numpy.save(dict(tensors), metadata | {_CHECKSUM: _BLANK.decode()}))
    place = _place_of_checksum(content)
    return [content[:place], hashlib.sha256(content).hexdigest().encode(), content[place + len(_BLANK) :]]


class Content(NamedTuple):
    """What a file holds."""

    tensors: dict[str, Array]
    settings: dict[str, Any]
    checked: bool  # it has a checksum, which is right


def unsealed(path: Path) -> Content:
    """What the file at `path` holds; ValueError when a byte of it is not as it was written."""
    library = _safetensors()
    content = path.read_bytes()
    try:
        tensors = library.numpy.load(content)
        settings = json.loads(_up_to_tensors(content)[8:]).get("__metadata__", {})
        checksum = settings.pop(_CHECKSUM, None)
        if checksum is not None:
            _verify(content, checksum)
        return Content(tensors, {name: json.loads(value) for name, value in settings.items()}, checksum is not None)
    # The reader of safetensors fails in several ways on bytes that it did not expect.
    except (library.SafetensorError, ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError, RecursionError) as error:
        raise ValueError(f"{str(path)!r} is damaged, or no file of fastbp's: {error}") from error


@imported
def _safetensors() -> Any:
    import safetensors
    import safetensors.numpy

    return safetensors


def _verify(content: bytes, checksum: str) -> None:
    place = _place_of_checksum(content)
    digest = hashlib.sha256(content[:place])
    digest.update(_BLANK)
    digest.update(memoryview(content)[place + len(_BLANK) :])
    if digest.hexdigest() != checksum or content[place : place + len(_BLANK)] != checksum.encode():
        raise ValueError("its checksum is not that of its content")


def _place_of_checksum(content: bytes | memoryview) -> int:
    return _up_to_tensors(content).index(_MARK) + len(_MARK)


def _up_to_tensors(content: bytes | memoryview) -> bytes:
    """The length of the header in eight bytes, and the header, which is JSON."""
    return bytes(content[: 8 + int.from_bytes(content[:8], "little")])


def write_atomically(path: Path, *pieces: bytes | memoryview) -> None:
    """Replace the file at `path` by one with these bytes, or leave it as it was and raise OSError."""
    with _replacing(path) as temporary, open(temporary, "xb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def link_atomically(source: Path, path: Path) -> None:
    """Let `path` be the same file as `source`, or a copy where the file system has no links."""
    try:
        with _replacing(path) as temporary:
            os.link(source, temporary)
    except (OSError, NotImplementedError):
        write_atomically(path, source.read_bytes())


def link_beside(source: Path, names: Iterable[Path]) -> Path:
    """Let the first free one of `names` be the same file as `source`, or a copy where the file system has no links. None is replaced.

    A name that is that file already is taken for it.
    """
    for path in names:
        try:
            os.link(source, path)
        except FileExistsError:
            if not (path.exists() and path.samefile(source)):
                continue
        except (OSError, NotImplementedError):
            if not _copied(source, path):
                continue
        _keep_name(path.parent)
        return path
    raise FileExistsError(errno.EEXIST, f"no name is free for a copy of {str(source)!r}")


def _copied(source: Path, path: Path) -> bool:
    """Copy a file to a name that nobody has; whether it was free."""
    content = source.read_bytes()
    try:
        # Takes the name; what is replaced then is this.
        path.open("xb").close()
    except FileExistsError:
        return False
    try:
        write_atomically(path, content)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return True


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A new name in the folder of `path`, whose file takes its place at the end."""
    temporary = _temporary(path)
    try:
        yield temporary
        os.replace(temporary, path)
        _keep_name(path.parent)
    except OSError as error:
        kept = "; what was there is untouched" if path.exists() else ""
        raise OSError(error.errno, f"cannot write {str(path)!r}: {_reason(error, path)}{kept}") from error
    finally:
        # Gone once it has taken the place; whatever is wrong with the folder has been told.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    sweep(path.parent, glob.escape(path.name))


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _reason(error: OSError, path: Path) -> str:
    """What is wrong, in the system's words, and with the folder of `path` where it is gone."""
    gone = "" if path.parent.exists() else f"; the folder {str(path.parent)!r} does not exist (any more)"
    return f"{error.strerror}{gone}"


def _keep_name(folder: Path) -> None:
    """Have the folder written to disk: until then a power failure may bring the old file back."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep(folder: Path, names: str) -> None:
    """Remove the temporary files of processes that were killed while they wrote a file whose name matches the pattern `names`."""
    for left in folder.glob(f".{names}.{'[0-9a-f]' * 16}"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                left.unlink()
