"""Where pictures are drawn: matplotlib is imported when the first one is."""

from __future__ import annotations

from typing import Any

from fastbp._table import attribute


def axes(given: Any = None) -> Any:
    """`given`, or the axes of a new figure; ImportError where matplotlib is not installed."""
    if given is not None:
        return given
    try:
        return attribute("matplotlib.pyplot", "subplots")()[1]
    except ImportError as error:
        raise ImportError(f"plot needs matplotlib ({error}); pip install 'fastbp[plot]'") from error
