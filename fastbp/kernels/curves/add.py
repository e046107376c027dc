"""An activation's two functions of a vector as two units: loops over the vectors of a layer, forward and backward."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import naming
from fastbp.compiling.units import variant
from fastbp.kernels.activate import backward_by_output, forward_by_output, settings_of
from fastbp.kernels.arguments import Network, Workspace
from fastbp.kernels.codes import ACTIVATE, DERIVE
from fastbp.kernels.lanes.memory import load, store, store_back
from fastbp.kernels.lanes.panels import lanes_of


def add_by_output(code: int, act: Any, back: Any) -> None:
    """An activation a = act(z, settings) whose derivative is written by a: back(d, a, settings) is d act'(z)."""
    with naming(f"code_{code}"):
        forward, backward = forward_by_output(act), backward_by_output(back)

    def activate(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
        units = workspace.activations
        forward(network, layer, units, at, at + vectors * lanes_of(units))

    def derive(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
        units = workspace.activations
        backward(network, layer, units, workspace.deltas, at, at + vectors * lanes_of(units))

    variant(activate, ACTIVATE, code, f"activate_{code}")
    variant(derive, DERIVE, code, f"derive_{code}")


def add_by_logit(code: int, act: Any, derivative: Any, *, kept: bool = True) -> None:
    """An activation whose derivative(z, settings) the forward pass leaves where there will be deltas.

    `kept` says whether machine code is kept on disk.
    """

    def activate(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
        units, derivatives, settings = workspace.activations, workspace.derivatives, settings_of(network, layer)
        for i in range(at, at + vectors * lanes_of(units), lanes_of(units)):
            z = load(units, i)
            if workspace.training:
                store(derivatives, i, derivative(z, settings))
            store_back(units, i, act(z, settings))

    variant(activate, ACTIVATE, code, f"activate_{code}", kept=kept)
    variant(_multiply_by_kept(), DERIVE, code, f"derive_{code}", kept=kept)


def add_one_by_one(code: int, act: Any, derivative: Any) -> None:
    """The same for functions of a number, which take no vectors and no settings; nothing is kept on disk."""

    def activate(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
        units, derivatives = workspace.activations, workspace.derivatives
        for i in range(at, at + vectors * lanes_of(units)):
            z = units[i]
            if workspace.training:
                derivatives[i] = derivative(z)
            units[i] = act(z)

    variant(activate, ACTIVATE, code, f"activate_{code}", kept=False)
    variant(_multiply_by_kept(), DERIVE, code, f"derive_{code}", kept=False)


def _multiply_by_kept() -> Any:
    def derive(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
        deltas, derivatives = workspace.deltas, workspace.derivatives
        for i in range(at, at + vectors * lanes_of(deltas), lanes_of(deltas)):
            store(deltas, i, load(deltas, i) * load(derivatives, i))

    return derive
