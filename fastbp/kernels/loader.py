"""The compiled programs, imported when they are first used: ``import fastbp`` does without."""

from __future__ import annotations

import functools
from types import ModuleType

from fastbp.compiling.loading import loading


@functools.cache
def programs() -> ModuleType:
    """The module of the compiled programs."""
    with loading:
        from fastbp.kernels import programs

        return programs
