"""Activations that are units of their own, compiled when a network has them. Each is two functions of a vector, and a line of a table."""

from __future__ import annotations

from fastbp.compiling.units import variant
from fastbp.kernels.codes import ACTIVATE, ASCENDING
from fastbp.kernels.curves import clipped, exponential, gated
from fastbp.kernels.curves.add import add_by_logit, add_by_output
from fastbp.kernels.curves.ascending import sort_groups
from fastbp.kernels.curves.own import add_own as add_own

#: Of an activation a = act(z, settings), and d act'(z) from d, a and the settings.
BY_OUTPUT = clipped.BY_OUTPUT | exponential.BY_OUTPUT
#: Where the derivative needs z: a = act(z, settings), and act'(z, settings). The class of the activation says `needs_z`.
BY_LOGIT = gated.BY_LOGIT

for code, (act, back) in BY_OUTPUT.items():
    add_by_output(code, act, back)
for code, (act, derivative) in BY_LOGIT.items():
    add_by_logit(code, act, derivative)
variant(sort_groups, ACTIVATE, ASCENDING, "activate_ascending")
