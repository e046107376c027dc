"""Tasks that work side by side on one run: their shares, and the barrier where each waits for the others.

A parallel loop of Numba's costs a few microseconds each time it starts. So one loop starts the tasks of a whole run of steps, and between
the phases of a step they meet at a barrier of a few hundred nanoseconds. That needs every task to have a thread of its own: at the start
each reports, and if one does not appear, the others give up and the run is computed by one task alone, with the same bits.
"""

from __future__ import annotations

import platform
import sys
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastbp.compiling.jit import DISABLED, operation, scalar
from fastbp.kernels.arguments import Workspace
from fastbp.kernels.lanes.memory import element_pointer, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import TEAM
from fastbp.kernels.portions import Span, Task

# Places in the array that a team shares, a cache line apart; from TURNS on one line a task: how often it has met, how far it is in a chain.
_ARRIVED, _PASSED, _TURNS = 0, 8, TEAM
# Added to the number of those who have arrived by the one who gives up.
_CLOSED = 1 << 32
# A waiting task spins this often before it offers its processor to others, and gives up on a task that has not appeared after so many.
_SPINS, _PATIENCE = 2_000, 2 if DISABLED else 200_000

_I64 = ir.IntType(64)


def _add_twin(array: Any, index: int, value: int) -> int:
    before = int(array[index])
    array[index] += value
    return before


@operation(_add_twin)
def _add(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """Add to an int64 that several threads change; what they wrote before is seen after. Returns the number before."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        pointer = element_pointer(context, builder, array, *arguments[:2])
        return builder.atomic_rmw("add", pointer, arguments[2], "seq_cst")

    return types.int64(array, types.int64, types.int64), emit


def _replace_twin(array: Any, index: int, expected: int, value: int) -> None:
    if array[index] == expected:
        array[index] = value


@operation(_replace_twin)
def _replace(typingctx: Any, array: Any, index: Any, expected: Any, value: Any) -> Any:
    """Set an int64 that several threads change to `value`, if it is `expected`."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        pointer = element_pointer(context, builder, array, *arguments[:2])
        builder.cmpxchg(pointer, *arguments[2:], "seq_cst", "seq_cst")
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, types.int64), emit


@operation(lambda array, index: int(array[index]))
def _read(typingctx: Any, array: Any, index: Any) -> Any:
    """An int64 that other threads may change at any time."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return builder.load_atomic(element_pointer(context, builder, array, *arguments), "seq_cst", 8)

    return types.int64(array, types.int64), emit


@operation(lambda politely: None)
def _pause(typingctx: Any, politely: Any) -> Any:
    """Let the processor rest for some cycles or, `politely`, let another thread have it."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        if politely.literal_value and sys.platform != "win32":
            offer = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.IntType(32), []), "sched_yield")
            builder.call(offer, [])
        else:
            _emit_rest(builder)
        return context.get_dummy_value()

    return types.void(politely), emit


def _emit_rest(builder: ir.IRBuilder) -> None:
    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        rest = ir.FunctionType(ir.VoidType(), [])
        builder.call(cgutils.get_or_insert_function(builder.module, rest, "llvm.x86.sse2.pause"), [])
    elif machine in ("aarch64", "arm64"):
        hint = ir.FunctionType(ir.VoidType(), [ir.IntType(32)])
        # Hint 1 is the instruction "yield".
        builder.call(cgutils.get_or_insert_function(builder.module, hint, "llvm.aarch64.hint"), [ir.IntType(32)(1)])


@scalar
def _wait(spins: int) -> None:
    if spins < _SPINS:
        _pause(0)
    else:
        _pause(1)


@scalar
def assemble(team: Any, tasks: int) -> bool:
    """Report at the start of a run; whether all tasks have. Every task gets the same answer."""
    arrived = _add(team, _ARRIVED, 1) + 1
    spins = 0
    while arrived < tasks:
        if spins > _PATIENCE:
            _replace(team, _ARRIVED, arrived, arrived + _CLOSED)
        _wait(spins)
        spins += 1
        arrived = _read(team, _ARRIVED)
    together: bool = arrived < _CLOSED
    return together


@scalar
def meet(team: Any, task: Task) -> None:
    """Wait until every task has come here."""
    if task.tasks == 1:
        return
    team[_TURNS + 8 * task.number] += 1
    wanted = team[_TURNS + 8 * task.number] * task.tasks
    _add(team, _PASSED, 1)
    spins = 0
    while _read(team, _PASSED) < wanted:
        _wait(spins)
        spins += 1


@scalar
def follow(team: Any, task: Task) -> None:
    """Wait until the task before this one is further on than this one."""
    spins, own = 0, _TURNS + 8 * task.number + 1
    while _read(team, own - 8) <= team[own]:
        _wait(spins)
        spins += 1


@scalar
def go_on(team: Any, task: Task) -> None:
    """Let the next task follow."""
    _add(team, _TURNS + 8 * task.number + 1, 1)


@scalar
def sum_of_lanes(workspace: Workspace, values: Any, task: Task) -> Any:
    """The lanes of a vector, added one after the other; the task's scratch holds them on the way."""
    scratch = workspace.scratch
    store(scratch, task.scratch_at, values)
    total = scratch[task.scratch_at]
    for lane in range(1, lanes_of(scratch)):
        total += scratch[task.scratch_at + lane]
    return total


@scalar
def share(n: int, task: Task, grain: int) -> Span:
    """The part of ``range(n)`` that belongs to a task; parts begin at multiples of `grain`."""
    grains = (n + grain - 1) // grain
    return Span(min(n, grains * task.number // task.tasks * grain), min(n, grains * (task.number + 1) // task.tasks * grain))
