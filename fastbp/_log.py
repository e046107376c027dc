"""What the package has to say, on the logger ``fastbp``."""

from __future__ import annotations

import functools
import logging


@functools.cache
def tell_once(message: str) -> None:
    """Log a warning, the first time only."""
    logging.getLogger("fastbp").warning(message)
