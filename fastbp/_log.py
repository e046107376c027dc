"""What the package has to say, on the logger ``fastbp``."""

from __future__ import annotations

import logging

# What was said, and by which call: of several threads at once the first.
_said: dict[str, object] = {}


def tell_once(message: str, level: int = logging.WARNING) -> None:
    """Log a message, the first time only."""
    call = object()
    if _said.setdefault(message, call) is call:
        logging.getLogger("fastbp").log(level, message)


def was_told(message: str) -> bool:
    """Whether it has been said."""
    return message in _said
