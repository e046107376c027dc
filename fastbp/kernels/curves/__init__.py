"""Activations that are units of their own, compiled when a network has them. Each is two functions of a vector, and a line of a table.

Bounds, against exact values over every finite argument whose square is a number, in float32 and in float64, for each of the settings
that ``fastbp verify`` tries (``tests/kernels/curves/``):

============  =====  ==========
name          value  derivative
============  =====  ==========
elu           2      1
celu          2.5    1.5
selu          3      2.5
softplus      3.5    1.5
exponential   1.5    1.5
relu6         0      0
hard_tanh     0      0
hard_sigmoid  1.5    0.5
softsign      2      1.5
gelu          6      2.5
gelu_tanh     4.5    2.5
silu          3      2.5
mish          3.5    2.5
hard_swish    2      1
============  =====  ==========

Of values, in units in the last place (ULP) of the larger of a and z act'(z): to round what is in an exponential, such as beta z or z**3, is
to round z, and takes that much. Of derivatives, in ULP of 1 or of the derivative where it is larger: where a does not tell z any more,
as next to -alpha, they have no digits of their own. Those of gelu, silu and mish have, far below 0. Next to a kink, where a rounds to its
bound, the derivative is that of the bound. Results so small that a number on the way is below the smallest normal one may be 0.
"""

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
