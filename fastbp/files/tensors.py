"""Copies of arrays from files. Apart from what reads and writes files, which is imported when one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastbp._typing import Array


def fill(own: Mapping[str, Array], stored: Mapping[str, Any]) -> None:
    """Copy stored arrays into those of the same names."""
    for name, array in own.items():
        if stored[name].shape != array.shape or stored[name].dtype != array.dtype:
            raise ValueError(f"{name} has shape {stored[name].shape}, {stored[name].dtype}; expected {array.shape}, {array.dtype}")
        array[...] = stored[name]
