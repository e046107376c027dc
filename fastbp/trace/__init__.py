"""The ledger of back-propagation: what each row, unit and error has to do with each weight's gradient, number by number."""

from __future__ import annotations

from fastbp.trace.batch import trace
from fastbp.trace.ledger import Trace

__all__ = ["Trace", "trace"]
