"""Where arrays lie in memory."""

from __future__ import annotations

import ctypes

from fastbp._typing import Array

_of, _byte = ctypes.addressof, ctypes.c_char.from_buffer


def address_of(array: Array) -> int:
    """Where the first element of an array lies, in a third of the time of ``array.ctypes.data`` where others may write to it."""
    try:
        return _of(_byte(array))  # type: ignore[arg-type]  # an array is a buffer
    # It is read-only, not contiguous, or empty.
    except (TypeError, ValueError, BufferError):
        return int(array.ctypes.data)
