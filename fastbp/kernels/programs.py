"""Runs over many batches: the compiled entry point. No Python between them, no allocation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from fastbp.compiling.jit import kernel, program, scalar, unit, unit_addresses
from fastbp.compiling.loading import loading
from fastbp.kernels.arguments import Batch, Block, Data, Network, Numbers, Objective, Rule, Span, Workspace
from fastbp.kernels.codes import PREDICT, TASK, TRAIN
from fastbp.kernels.lanes.buffer import addressed, kind_of, without_arrays
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.subnormal import flush_subnormals, restore
from fastbp.kernels.passes import score_batch, train_on_batch, write_batch
from fastbp.kernels.team import assemble

# The addresses of the compiled kernels, by element type.
_addresses: dict[Any, Any] = {}


def run(
    kind: int, network: Network, workspace: Workspace, data: Data, rule: Rule, objective: Objective, first: int, batch_size: int,
    total_weight: Any, results: Any, tasks: int,
) -> None:  # fmt: skip
    """As many batches as `results` has rows, from place `first` of the order on; the last may be short.

    With the kind TRAIN each is a step, and ``results[i]`` its loss. With SCORE they are the shares of the batches in the loss and the
    accuracy of a set whose weights sum to `total_weight`. With PREDICT a row of `results` is what the output layer gives for a row of the
    data.
    """
    dtype = network.parameters.dtype
    if dtype not in _addresses:
        with loading:
            places = Span(0, 0), Batch(0, 0, 0, 0, Span(0, 0)), Block(0, 0, 0, 0), Matrix(network.parameters, 0, 0)
            records = network, workspace, data, rule, objective, *places
            kinds = {type(record).__name__: kind_of(record) for record in records}
            _addresses[dtype] = unit_addresses(**kinds, Any=kind_of(total_weight), Numbers=kind_of(network.parameters))
    workspace = workspace._replace(units=_addresses[dtype])
    steps = len(results)
    _run(kind, network, workspace, data, rule, objective, first, batch_size, total_weight, results.reshape(-1), steps, tasks)


@program
def _run(
    kind: int, network: Network, workspace: Workspace, data: Data, rule: Rule, objective: Objective, first: int, batch_size: int,
    total_weight: Any, results: Any, steps: int, tasks: int,
) -> None:  # fmt: skip
    together = True
    if tasks > 1:
        together = _run_together(kind, network, workspace, data, rule, objective, first, batch_size, total_weight, results, steps, tasks)
    if tasks == 1 or not together:
        _run_task(kind, network, workspace, data, rule, objective, first, batch_size, total_weight, results, steps, 1, 0)


@kernel
def _run_together(
    kind: int, network: Network, workspace: Workspace, data: Data, rule: Rule, objective: Objective, first: int, batch_size: int,
    total_weight: Any, results: Any, steps: int, tasks: int,
) -> bool:  # fmt: skip
    """A task a thread; False when some found no thread, and nothing was done."""
    done = 0
    for task in prange(tasks):
        if assemble(workspace.team, tasks):
            number: int = np.int64(task)  # type: ignore[assignment]
            _run_task(kind, network, workspace, data, rule, objective, first, batch_size, total_weight, results, steps, tasks, number)
            done += 1
    return done == tasks


@scalar
def _run_task(
    kind: int, network: Any, workspace: Any, data: Any, rule: Any, objective: Any, first: int, batch_size: int,
    total_weight: Any, results: Any, steps: int, tasks: int, task: int,
) -> None:  # fmt: skip
    net, work, rows, update, wanted = without_arrays(network, workspace, data, rule, objective)
    run_task(kind, net, work, rows, update, wanted, first, batch_size, total_weight, addressed(results, 0), steps, tasks, task)


@unit(TASK)
def run_task(
    kind: int, network: Network, workspace: Workspace, data: Data, rule: Rule, objective: Objective, first: int, batch_size: int,
    total_weight: Any, results: Numbers, steps: int, tasks: int, task: int,
) -> None:  # fmt: skip
    """What one task does of a run."""
    mode = flush_subnormals()
    batches = (data.rows - first + batch_size - 1) // batch_size if kind == PREDICT else steps
    for step in range(batches):
        # A batch that is the whole set comes again and again.
        begin = (first + step * batch_size) % data.rows
        count = min(batch_size, data.rows - begin)
        if kind == TRAIN:
            train_on_batch(network, workspace, data, rule, objective, begin, count, batch_size, step, results, tasks, task)
        elif kind == PREDICT:
            write_batch(network, workspace, data, begin, count, results, tasks, task)
        else:
            score_batch(network, workspace, data, objective, begin, count, total_weight, step, results, tasks, task)
    restore(mode)
