"""Runs over many batches: the compiled entry point. No Python between them, no allocation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from fastbp._typing import Array
from fastbp.compiling.jit import kernel, program
from fastbp.compiling.units import UNITS, address_of_unit, unit, unit_elsewhere
from fastbp.kernels.arguments import ACTIVATION, SHAPED, Call, Network
from fastbp.kernels.block import Prepared, kinds_of, records
from fastbp.kernels.codes import (
    ACTIVATE,
    APART,
    BARE,
    BY_LAYERS,
    CORE_ACTIVATIONS,
    CORE_LOSSES,
    DELTA,
    DERIVE,
    ERROR,
    EVERY_RUN,
    FORWARD,
    GATHER,
    GIVEN,
    MASKED,
    MIXED,
    NO_LOSS,
    NO_UPDATE,
    OTHER_RULES,
    OUTPUT,
    OWN_ACTIVATIONS,
    OWN_LOSSES,
    PREDICT,
    SCORING,
    SHAPED_FORWARD,
    SHAPED_UNITS,
    TASK,
    TRAIN,
    TRAINING,
    UPDATE,
    UPDATE_ROWS,
)
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.sizes import SCRATCH
from fastbp.kernels.lanes.subnormal import flush_subnormals, restore
from fastbp.kernels.passes import score_batch, train_on_batch, write_batch
from fastbp.kernels.portions import Batch, Block, Span, Task
from fastbp.kernels.team import assemble

# Steps whose gradients are all in memory before a parameter is changed (``apart.py``).
train_apart = unit_elsewhere(APART, "call", "batch", "task")
# The types of what units are given, by element type, and the addresses of units for what networks, losses and rules ask for.
_kinds: dict[Any, dict[str, Any]] = {}
_addresses: dict[tuple[Any, ...], Array] = {}


def prepared(call: Call) -> Prepared:
    """A call that `run` makes, with the compiled kernels in it."""
    dtype = call.network.parameters.dtype
    if dtype not in _kinds:
        places = Span(0, 0), Task(0, 0, 0), Batch(0, 0, 0, 0, Span(0, 0)), Block(0, 0, 0, 0), Matrix(call.results, 0, 0)
        _kinds[dtype] = kinds_of(call, places)
    units = units_for(call.network, call.kind, call.objective.code, call.rule.code, call.limits.apart)
    return Prepared(call._replace(workspace=call.workspace._replace(units=units)))


def units_for(network: Network, kind: int, loss: int, rule: int = NO_UPDATE, apart: int = 0, mixed: bool = False) -> Array:
    """The addresses of the compiled kernels of a kind of run, for a network's activations, a loss and a rule, by their codes.

    A call has been prepared before. What such a run never calls has none.
    """
    dtype, activations, shaped = network.parameters.dtype, network.table[:, ACTIVATION].tolist(), int(network.table[0, SHAPED])
    asked = dtype, kind, *activations, loss, rule, apart, shaped, mixed
    if asked not in _addresses:
        load_variants(activations, loss, rule, shaped, mixed, apart)
        kinds, codes = _kinds[dtype], {ERROR: loss, UPDATE: rule, UPDATE_ROWS: rule}
        if mixed:
            codes[GATHER] = MIXED
        if apart in (GIVEN, BY_LAYERS):
            codes[APART] = apart
        if shaped:
            codes |= {FORWARD: BARE, DELTA: BARE}
        called = _called(kind, shaped, apart)
        found = [address_of_unit(number, codes.get(number), kinds) if number in called else 0 for number in range(ACTIVATE)]
        for code in activations:
            found += [0 if code in CORE_ACTIVATIONS else address_of_unit(number, code, kinds) for number in (ACTIVATE, DERIVE)]
        _addresses[asked] = np.array(found, np.int64)
    return _addresses[asked]


def _called(kind: int, shaped: int, apart: int) -> set[int]:
    """The numbers of the units that a kind of run goes through, those of single layers aside."""
    own = {TRAIN: TRAINING, PREDICT: (OUTPUT,)}.get(kind, SCORING)
    between = () if not shaped else SHAPED_UNITS if kind == TRAIN else (SHAPED_FORWARD,)
    return {*EVERY_RUN, *own, *between, *((APART,) if apart else ())}


def load_variants(
    activations: list[int], loss: int = NO_LOSS, rule: int = NO_UPDATE, shaped: int = 0, mixed: bool = False, apart: int = 0
) -> None:  # fmt: skip
    """Import the kernels of what not every run needs, and add those that users have made."""
    if not set(activations) <= {*CORE_ACTIVATIONS}:
        from fastbp.kernels import curves

        for code in OWN_ACTIVATIONS.keys() & {*activations}:
            if (ACTIVATE, code) not in UNITS:
                curves.add_own(code, *OWN_ACTIVATIONS[code])
    if loss not in CORE_LOSSES:
        from fastbp.kernels import errors

        own = loss if loss in OWN_LOSSES else loss - MASKED
        if own in OWN_LOSSES and (ERROR, own) not in UNITS:
            errors.add_own(own, *OWN_LOSSES[own])
    if rule in OTHER_RULES:
        from fastbp.kernels import rules

        rules.add(rule)
    if shaped:
        import fastbp.kernels.bare
        import fastbp.kernels.shaped
    if apart:
        import fastbp.kernels.apart
    if mixed:
        import fastbp.kernels.mix
    if apart == GIVEN:
        import fastbp.kernels.given
    if apart == BY_LAYERS:
        import fastbp.kernels.by_layers  # noqa: F401  # as the others it adds its units


def run(call: Prepared, tasks: int) -> None:
    """Make the call on so many tasks."""
    if tasks == 1 or not _run_together(*call.arguments, tasks):
        _run(*call.arguments)


@program
def _run(call: Any, one: Any) -> None:
    batch_after_batch(records(call, one), Task(0, 1, 0))


@program
def _run_together(call: Any, one: Any, tasks: int) -> bool:
    return _side_by_side(call, one, tasks)


@kernel
def _side_by_side(call: Any, one: Any, tasks: int) -> bool:
    """A task a thread; False when some found no thread, and nothing was done."""
    done = 0
    for number in prange(tasks):
        given = records(call, one)
        if assemble(given.workspace.team, tasks):
            own: int = np.int64(number)  # type: ignore[assignment]
            batch_after_batch(given, Task(own, tasks, own * SCRATCH))
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
        if call.kind == TRAIN and call.limits.apart:
            train_apart(call, batch, task)
        elif call.kind == TRAIN:
            train_on_batch(call, batch, task)
        elif call.kind == PREDICT:
            write_batch(call, batch, task)
        else:
            score_batch(call, batch, task)
    restore(mode)
