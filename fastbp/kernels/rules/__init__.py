"""Optimizers' rules that are units of their own, compiled when a run asks for them."""

from __future__ import annotations

from fastbp.compiling.jit import naming
from fastbp.compiling.units import UNITS, variant
from fastbp.kernels.codes import NO_UPDATE, UPDATE, UPDATE_ROWS
from fastbp.kernels.dispatch import by_code
from fastbp.kernels.rules import adaptive, momentum, signs
from fastbp.kernels.update import blockwise, keep, rowwise, unknown, update_block_of, update_rows_of

#: By code, what changes up to a vector of parameters by its gradient, as in ``update.py``.
RULES = momentum.RULES | adaptive.RULES | signs.RULES


def add(code: int) -> None:
    """Make the variants of the two units that update for a rule, once."""
    if (UPDATE, code) in UNITS:
        return
    rule = RULES[code]
    with naming(f"rule_{code}"):
        blocks = by_code({NO_UPDATE: blockwise(keep), code: blockwise(rule)}, unknown)
        rows = by_code({NO_UPDATE: rowwise(keep), code: rowwise(rule)}, unknown)
    variant(update_block_of(blocks), UPDATE, code, f"update_block_{code}")
    variant(update_rows_of(rows), UPDATE_ROWS, code, f"update_rows_{code}")
