"""Runs over many batches: the compiled entry point. No Python between them, no allocation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from fastbp.compiling.jit import kernel, program, unit, unit_addresses
from fastbp.compiling.loading import loading
from fastbp.kernels.addresses import kinds_of, without_arrays
from fastbp.kernels.arguments import Batch, Call, Data, Network, Numbers, Objective, Rule, Span, Task, Workspace
from fastbp.kernels.codes import PREDICT, TASK, TRAIN
from fastbp.kernels.lanes.sizes import SCRATCH
from fastbp.kernels.lanes.subnormal import flush_subnormals, restore
from fastbp.kernels.passes import score_batch, train_on_batch, write_batch
from fastbp.kernels.team import assemble

# The addresses of the compiled kernels, by element type.
_addresses: dict[Any, Any] = {}


def run(call: Call, tasks: int) -> None:
    """All batches of a call, on so many tasks. The last one before the end of the order may be short.

    With the kind TRAIN each is a step, and ``results[step]`` its loss. With SCORE two results each are its shares in the loss and the
    accuracy of a set whose weights sum to ``data.total_weight``. With PREDICT row i of the results is what the output layer gives for
    the row at place i of the order.
    """
    dtype = call.network.parameters.dtype
    if dtype not in _addresses:
        with loading:
            _addresses[dtype] = unit_addresses(**kinds_of(call))
    workspace = call.workspace._replace(units=_addresses[dtype])
    _run(call._replace(workspace=workspace), tasks)


@program
def _run(call: Call, tasks: int) -> None:
    together = False
    if tasks > 1:
        together = _side_by_side(
            call.kind, call.network, call.workspace, call.data, call.rule, call.objective, call.order_begin, call.batch_size, call.results,
            call.steps, tasks,
        )  # fmt: skip
    if not together:
        batch_after_batch(without_arrays(call), Task(0, 1, 0))


@kernel
def _side_by_side(
    kind: int, network: Network, workspace: Workspace, data: Data, rule: Rule, objective: Objective, order_begin: int, batch_size: int,
    results: Numbers, steps: int, tasks: int,
) -> bool:  # fmt: skip
    """A task a thread; False when some found no thread, and nothing was done. Numba gives threads no record that holds records."""
    done = 0
    for number in prange(tasks):
        if assemble(workspace.team, tasks):
            call = Call(kind, network, workspace, data, rule, objective, order_begin, batch_size, results, steps)
            own: int = np.int64(number)  # type: ignore[assignment]
            batch_after_batch(without_arrays(call), Task(own, tasks, own * SCRATCH))
            done += 1
    return done == tasks


@unit(TASK)
def batch_after_batch(call: Call, task: Task) -> None:
    """What one task does of a run."""
    mode = flush_subnormals()
    for step in range(call.steps):
        # A batch that is the whole set comes again and again.
        begin = (call.order_begin + step * call.batch_size) % call.data.rows
        batch = Batch(begin, min(call.batch_size, call.data.rows - begin), step, 0, Span(begin, begin))
        if call.kind == TRAIN:
            train_on_batch(call, batch, task)
        elif call.kind == PREDICT:
            write_batch(call, batch, task)
        else:
            score_batch(call, batch, task)
    restore(mode)
