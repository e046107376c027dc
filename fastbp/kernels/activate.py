"""Activation functions and their derivatives, chosen by an integer code, over a run of vectors.

Each is two functions of a vector and of the settings of the activation. Most derivatives are written by the activation's own output a,
so that z need not be kept. Where that cannot be, the forward pass leaves act'(z) in ``workspace.derivatives``. Those in `BY_OUTPUT` are
part of every kernel that activates. The others, in ``kernels/curves/``, are units of their own, compiled when a network has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.compiling.jit import inlined, scalar
from fastbp.compiling.units import unit
from fastbp.kernels.arguments import ACTIVATION, Network, Workspace
from fastbp.kernels.codes import ACTIVATE, DERIVE, IDENTITY, LEAKY_RELU, RELU, SIGMOID, SOFTMAX, TANH
from fastbp.kernels.dispatch import by_code
from fastbp.kernels.lanes import elementary
from fastbp.kernels.lanes.memory import load, store, store_back
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.vector import select, splat


@scalar
def _sigmoid(z: Any, settings: Any) -> Any:
    return elementary.sigmoid(z)


@scalar
def _sigmoid_back(d: Any, a: Any, settings: Any) -> Any:
    return d * (a * (1 - a))


@scalar
def _tanh(z: Any, settings: Any) -> Any:
    return elementary.tanh(z)


@scalar
def _tanh_back(d: Any, a: Any, settings: Any) -> Any:
    return d * (1 - a * a)


@scalar
def _relu(z: Any, settings: Any) -> Any:
    return select(z < 0, 0, z)


@scalar
def _relu_back(d: Any, a: Any, settings: Any) -> Any:
    return select(a > 0, d, 0)


@scalar
def _leaky_relu(z: Any, settings: Any) -> Any:
    return select(z < 0, settings[0] * z, z)


@scalar
def _leaky_relu_back(d: Any, a: Any, settings: Any) -> Any:
    return select(a > 0, d, settings[0] * d)


#: Of an activation a = act(z, settings), and d act'(z) from d, a and the settings.
BY_OUTPUT = {
    SIGMOID: (_sigmoid, _sigmoid_back),
    TANH: (_tanh, _tanh_back),
    RELU: (_relu, _relu_back),
    LEAKY_RELU: (_leaky_relu, _leaky_relu_back),
}


@inlined
def settings_of(network: Network, layer: int) -> Any:
    """The settings of a layer's activation."""
    return network.layer_settings[layer, 0], network.layer_settings[layer, 1]


def forward_by_output(act: Any) -> Any:
    """The loop over vectors that replaces z by a."""

    @inlined
    def forward(network: Network, layer: int, units: Any, at: int, end: int) -> None:
        settings = settings_of(network, layer)
        for i in range(at, end, lanes_of(units)):
            store_back(units, i, act(load(units, i), settings))

    return forward


def backward_by_output(back: Any) -> Any:
    """The loop over vectors that multiplies deltas by the derivative."""

    @inlined
    def backward(network: Network, layer: int, units: Any, deltas: Any, at: int, end: int) -> None:
        settings = settings_of(network, layer)
        for i in range(at, end, lanes_of(units)):
            store_back(deltas, i, back(load(deltas, i), load(units, i), settings))

    return backward


@scalar
def _z_is_a(network: Network, layer: int, units: Any, at: int, end: int) -> None:
    """Identity changes no z."""


@scalar
def _no_change(network: Network, layer: int, units: Any, deltas: Any, at: int, end: int) -> None:
    """Nor a delta."""


@scalar
def _apart(code: int, *others: Any) -> None:
    """Not here: no other code comes."""


_forward = by_code({IDENTITY: _z_is_a} | {code: forward_by_output(act) for code, (act, _) in BY_OUTPUT.items()}, _apart)
_backward = by_code({IDENTITY: _no_change} | {code: backward_by_output(back) for code, (_, back) in BY_OUTPUT.items()}, _apart)


@inlined
def activate(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
    """Units = act(units) for `vectors` vectors from place `at` on, for every activation but softmax; NaN for a code that is none."""
    code = network.table[layer, ACTIVATION]
    if code < 0 or code > SOFTMAX:
        activate_apart(network, workspace, layer, at, vectors)
        return
    end = at + vectors * lanes_of(workspace.activations)
    _forward(code, network, layer, workspace.activations, at, end)


@inlined
def multiply_by_derivative(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
    """Deltas *= act'(z) over a run, where anybody needs them; NaN for a code that is none."""
    if workspace.training:
        code = network.table[layer, ACTIVATION]
        if code < 0 or code > SOFTMAX:
            derive_apart(network, workspace, layer, at, vectors)
            return
        end = at + vectors * lanes_of(workspace.deltas)
        _backward(code, network, layer, workspace.activations, workspace.deltas, at, end)


@unit(ACTIVATE, each="layer")
def activate_apart(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
    """What `activate` does, for an activation that is not part of every kernel; this one is for a code that is none."""
    for i in range(at, at + vectors * lanes_of(workspace.activations)):
        workspace.activations[i] = np.nan


@unit(DERIVE, each="layer")
def derive_apart(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
    """What `multiply_by_derivative` does, likewise."""
    for i in range(at, at + vectors * lanes_of(workspace.deltas)):
        workspace.deltas[i] = np.nan


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
