"""Runs over many batches: the compiled entry point. No Python between them, no allocation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from fastbp.compiling.jit import kernel, program, unit, unit_addresses
from fastbp.compiling.loading import loading
from fastbp.kernels.arguments import Batch, Block, Call, Span
from fastbp.kernels.block import Prepared, kinds_of, records
from fastbp.kernels.codes import PREDICT, TASK, TRAIN
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.subnormal import flush_subnormals, restore
from fastbp.kernels.passes import score_batch, train_on_batch, write_batch
from fastbp.kernels.team import assemble

# The addresses of the compiled kernels, by element type.
_addresses: dict[Any, Any] = {}


def prepared(call: Call) -> Prepared:
    """A call that `run` makes, with the compiled kernels in it."""
    dtype = call.network.parameters.dtype
    if dtype not in _addresses:
        with loading:
            places = Span(0, 0), Batch(0, 0, 0, 0, Span(0, 0)), Block(0, 0, 0, 0), Matrix(call.network.parameters, 0, 0)
            _addresses[dtype] = unit_addresses(**kinds_of(call, places))
    return Prepared(call._replace(workspace=call.workspace._replace(units=_addresses[dtype])))


def run(call: Prepared, tasks: int) -> None:
    """Make the call on so many tasks."""
    _run(*call.arguments, tasks)


@program
def _run(call: Any, one: Any, tasks: int) -> None:
    together = True
    if tasks > 1:
        together = _run_together(call, one, tasks)
    if tasks == 1 or not together:
        run_task(records(call, one), 1, 0)


@kernel
def _run_together(call: Any, one: Any, tasks: int) -> bool:
    """A task a thread; False when some found no thread, and nothing was done."""
    done = 0
    for task in prange(tasks):
        given = records(call, one)
        if assemble(given.workspace.team, tasks):
            number: int = np.int64(task)  # type: ignore[assignment]
            run_task(given, tasks, number)
            done += 1
    return done == tasks


@unit(TASK)
def run_task(call: Call, tasks: int, task: int) -> None:
    """What one task does of a run."""
    mode = flush_subnormals()
    network, workspace, data, rule, objective = call.network, call.workspace, call.data, call.rule, call.objective
    batches = (data.rows - call.order_begin + call.batch_size - 1) // call.batch_size if call.kind == PREDICT else call.steps
    for step in range(batches):
        # A batch that is the whole set comes again and again.
        begin = (call.order_begin + step * call.batch_size) % data.rows
        count = min(call.batch_size, data.rows - begin)
        if call.kind == TRAIN:
            train_on_batch(network, workspace, data, rule, objective, begin, count, call.batch_size, step, call.results, tasks, task)
        elif call.kind == PREDICT:
            write_batch(network, workspace, data, begin, count, call.results, tasks, task)
        else:
            score_batch(network, workspace, data, objective, begin, count, step, call.results, tasks, task)
    restore(mode)
