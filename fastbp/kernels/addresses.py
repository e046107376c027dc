"""The records of a call with addresses in place of their arrays, as kernels hand them on."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import (
    COLUMNS_OF_SOURCES,
    COLUMNS_OF_TABLE,
    Batch,
    Block,
    Call,
    Data,
    Network,
    Objective,
    Rule,
    Span,
    Task,
    Workspace,
)
from fastbp.kernels.codes import COEFFICIENTS
from fastbp.kernels.lanes.buffer import addressed, kind_of
from fastbp.kernels.lanes.matrix import Matrix


def kinds_of(call: Call) -> dict[str, Any]:
    """Numba's types of whatever units are given, by the names of their classes."""
    records = call.network, call.workspace, call.data, call.rule, call.objective, call
    places = Span(0, 0), Task(0, 0, 0), Batch(0, 0, 0, 0, Span(0, 0)), Block(0, 0, 0, 0), Matrix(call.results, 0, 0)
    return {type(record).__name__: kind_of(record) for record in (*records, *places)} | {"Numbers": kind_of(call.results)}


@scalar
def without_arrays(call: Any) -> Any:
    """The same call, its arrays addressed."""
    return Call(
        call.kind, _network(call.network), _workspace(call.workspace), _data(call.data), _rule(call.rule), _objective(call.objective),
        call.order_begin, call.batch_size, addressed(call.results, 0), call.steps,
    )  # fmt: skip


@scalar
def _network(network: Any) -> Any:
    table, parameters = addressed(network.table, COLUMNS_OF_TABLE), addressed(network.parameters, 0)
    return Network(network.layers, network.size, table, addressed(network.slopes, 0), parameters)


@scalar
def _workspace(workspace: Any) -> Any:
    return Workspace(
        workspace.capacity, workspace.width, workspace.training, workspace.few, addressed(workspace.activations, 0),
        addressed(workspace.deltas, 0), addressed(workspace.turned, 0), addressed(workspace.targets, 0),
        addressed(workspace.row_weights, 0), addressed(workspace.row_losses, 0), addressed(workspace.vector_losses, 0),
        addressed(workspace.scratch, 0), addressed(workspace.team, 0), addressed(workspace.units, 0),
    )  # fmt: skip


@scalar
def _data(data: Any) -> Any:
    return Data(addressed(data.sources, COLUMNS_OF_SOURCES), addressed(data.order, 0), data.rows, addressed(data.total_weight, 0))


@scalar
def _rule(rule: Any) -> Any:
    return Rule(rule.code, rule.n_slots, addressed(rule.rates, COEFFICIENTS), addressed(rule.gradients, 0), addressed(rule.slots, 0))


@scalar
def _objective(objective: Any) -> Any:
    return Objective(objective.code, addressed(objective.settings, 0))
