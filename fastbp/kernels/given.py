"""An update from gradients that are in memory already: the second half of a step apart, as a whole or part by part.

In place of rows a batch has parameters, those from ``order_begin`` on, a multiple of PIECE; ``limits.apart`` says what is done with them.
What belongs to others between two parts, sums of squares of their parameters, say, is there before the next part begins.
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import variant
from fastbp.kernels.apart import follow_up, sum_squares, update
from fastbp.kernels.arguments import Call
from fastbp.kernels.codes import AFTER, APART, CLIP_NORM, GIVEN, LAMB, NORMS, RULE, SQUARES, TRUST
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.team import meet, share
from fastbp.kernels.trust import step, sum_norms


def update_given(call: Call, batch: Batch, task: Task) -> None:
    """The parts of a step that are asked for, on some of the parameters."""
    asked, limits, team, own = call.limits.apart, call.limits, call.workspace.team, _own(batch, task)
    if asked & SQUARES > 0 and limits.settings[CLIP_NORM] > 0:
        sum_squares(call, own, 1, task)
        meet(team, task)
    if asked & RULE > 0:
        update(call, batch, own, task)
    if call.rule.code == LAMB:
        if asked & NORMS > 0:
            meet(team, task)
            sum_norms(call, own, task)
        if asked & TRUST > 0:
            meet(team, task)
            step(call, batch, own)
    if asked & AFTER > 0:
        follow_up(call, batch, own, task)


@scalar
def _own(batch: Batch, task: Task) -> Span:
    """The task's parameters, in whole blocks."""
    part = share(batch.rows, task, PIECE)
    return Span(batch.order_begin + part.begin, batch.order_begin + part.end)


variant(update_given, APART, GIVEN, "update_given")
