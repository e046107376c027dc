"""Libraries that callbacks need, and fastbp itself does not."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fastbp.compiling.loading import loading


def extra(module: str, name: str) -> Any:
    """A module of a library; ImportError that names the extra of fastbp's where it is not installed. A fork waits until it is imported."""
    try:
        with loading:
            return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise
        raise ImportError(f'{module.partition(".")[0]} is not installed; pip install "fastbp[{name}]" does it') from error
