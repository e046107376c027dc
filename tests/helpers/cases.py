"""Assertions on lists of arrays."""

from __future__ import annotations

from fastbp.verification.deviation import compare


def close(found, wanted, *, rtol):
    """Compare two lists of arrays, each against the size of its largest number: a sum's rounding error is relative to its terms."""
    for i, (one, other) in enumerate(zip(found, wanted, strict=True)):
        deviation = compare(f"array {i}", one, other, limit=rtol)
        assert deviation.passed, deviation
