"""Activation functions and their derivatives, chosen by an integer code, over a run of vectors.

Each is two functions of a vector, and a line in `BY_OUTPUT` or in `BY_LOGIT`. Most derivatives are written by the activation's own output
a, so that z need not be kept. Where that cannot be, the forward pass leaves act'(z) in ``workspace.derivatives``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.compiling.jit import inlined, scalar
from fastbp.kernels.arguments import ACTIVATION, Network, Workspace
from fastbp.kernels.codes import IDENTITY, LEAKY_RELU, RELU, SIGMOID, TANH
from fastbp.kernels.dispatch import by_code
from fastbp.kernels.lanes import elementary
from fastbp.kernels.lanes.memory import load, store, store_back
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.vector import select, splat


@scalar
def _sigmoid(z: Any, slope: Any) -> Any:
    return elementary.sigmoid(z)


@scalar
def _sigmoid_back(d: Any, a: Any, slope: Any) -> Any:
    return d * (a * (1 - a))


@scalar
def _tanh(z: Any, slope: Any) -> Any:
    return elementary.tanh(z)


@scalar
def _tanh_back(d: Any, a: Any, slope: Any) -> Any:
    return d * (1 - a * a)


@scalar
def _relu(z: Any, slope: Any) -> Any:
    return select(z < 0, 0, z)


@scalar
def _relu_back(d: Any, a: Any, slope: Any) -> Any:
    return select(a > 0, d, 0)


@scalar
def _leaky_relu(z: Any, slope: Any) -> Any:
    return select(z < 0, slope * z, z)


@scalar
def _leaky_relu_back(d: Any, a: Any, slope: Any) -> Any:
    return select(a > 0, d, slope * d)


#: Of an activation a = act(z, slope), and d act'(z) from d, a and the slope.
BY_OUTPUT = {
    SIGMOID: (_sigmoid, _sigmoid_back),
    TANH: (_tanh, _tanh_back),
    RELU: (_relu, _relu_back),
    LEAKY_RELU: (_leaky_relu, _leaky_relu_back),
}
#: Where the derivative needs z: a = act(z, slope), and act'(z, slope). The class of the activation says `needs_z`.
BY_LOGIT: dict[int, tuple[Any, Any]] = {}


def forward_by_output(act: Any) -> Any:
    """The loop over vectors that replaces z by a."""

    @inlined
    def forward(slope: Any, units: Any, kept: Any, keep: int, at: int, end: int) -> None:
        for i in range(at, end, lanes_of(units)):
            store_back(units, i, act(load(units, i), slope))

    return forward


def backward_by_output(back: Any) -> Any:
    """The loop over vectors that multiplies deltas by the derivative."""

    @inlined
    def backward(slope: Any, units: Any, deltas: Any, kept: Any, at: int, end: int) -> None:
        for i in range(at, end, lanes_of(units)):
            store_back(deltas, i, back(load(deltas, i), load(units, i), slope))

    return backward


def forward_by_logit(act: Any, derivative: Any) -> Any:
    """The loop over vectors that replaces z by a, and keeps the derivative where there will be deltas."""

    @inlined
    def forward(slope: Any, units: Any, kept: Any, keep: int, at: int, end: int) -> None:
        for i in range(at, end, lanes_of(units)):
            z = load(units, i)
            if keep:
                store(kept, i, derivative(z, slope))
            store_back(units, i, act(z, slope))

    return forward


@scalar
def backward_by_logit(slope: Any, units: Any, deltas: Any, kept: Any, at: int, end: int) -> None:
    """The loop over vectors that multiplies deltas by the derivative, which the forward pass has kept."""
    for i in range(at, end, lanes_of(deltas)):
        store(deltas, i, load(deltas, i) * load(kept, i))


@scalar
def _z_is_a(slope: Any, units: Any, kept: Any, keep: int, at: int, end: int) -> None:
    """Identity changes no z."""


@scalar
def _no_change(slope: Any, units: Any, deltas: Any, kept: Any, at: int, end: int) -> None:
    """Nor a delta."""


@scalar
def _unknown_forward(code: int, slope: Any, units: Any, kept: Any, keep: int, at: int, end: int) -> None:
    for i in range(at, end, lanes_of(units)):
        store(units, i, splat(units, np.nan))


@scalar
def _unknown_backward(code: int, slope: Any, units: Any, deltas: Any, kept: Any, at: int, end: int) -> None:
    for i in range(at, end, lanes_of(deltas)):
        store(deltas, i, splat(deltas, np.nan))


_forward = by_code(
    {IDENTITY: _z_is_a}
    | {code: forward_by_output(act) for code, (act, _) in BY_OUTPUT.items()}
    | {code: forward_by_logit(act, derivative) for code, (act, derivative) in BY_LOGIT.items()},
    _unknown_forward,
)
_backward = by_code(
    {IDENTITY: _no_change}
    | {code: backward_by_output(back) for code, (_, back) in BY_OUTPUT.items()}
    | dict.fromkeys(BY_LOGIT, backward_by_logit),
    _unknown_backward,
)


@inlined
def activate(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
    """Units = act(units) for `vectors` vectors from place `at` on, for every activation but softmax; NaN for a code that is none."""
    end = at + vectors * lanes_of(workspace.activations)
    code, slope, keep = network.table[layer, ACTIVATION], network.slopes[layer], workspace.training
    _forward(code, slope, workspace.activations, workspace.derivatives, keep, at, end)


@inlined
def multiply_by_derivative(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
    """Deltas *= act'(z) over a run, where anybody needs them; NaN for a code that is none."""
    if workspace.training:
        end = at + vectors * lanes_of(workspace.deltas)
        code, slope = network.table[layer, ACTIVATION], network.slopes[layer]
        _backward(code, slope, workspace.activations, workspace.deltas, workspace.derivatives, at, end)


@scalar
def exponentials(z: Any, out: Any, at: int, count: int, panel_rows: int) -> tuple[Any, Any]:
    """Out = exp(z - max z) over the `count` units of a vector of rows, `panel_rows` elements apart; returns the maxima and the sums."""
    highest = load(z, at)
    for j in range(1, count):
        logit = load(z, at + j * panel_rows)
        # NaN is neither larger nor smaller: once met, it stays.
        highest = select(logit < highest, highest, logit)
    total = splat(z, 0)
    for j in range(count):
        e = elementary.exp_nonpositive(load(z, at + j * panel_rows) - highest)
        store(out, at + j * panel_rows, e)
        total = total + e
    return highest, total


@scalar
def softmax(z: Any, at: int, count: int, panel_rows: int) -> None:
    """Softmax of the logits of a vector of rows, in place."""
    _, total = exponentials(z, z, at, count, panel_rows)
    for j in range(count):
        store(z, at + j * panel_rows, load(z, at + j * panel_rows) / total)
