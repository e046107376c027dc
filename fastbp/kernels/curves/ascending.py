"""Outputs sorted in groups of as many as the first setting says."""

from __future__ import annotations

from fastbp.kernels.arguments import N_OUT, Network, Workspace
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.vector import select


def sort_groups(network: Network, workspace: Workspace, layer: int, at: int, vectors: int) -> None:
    """Sort a panel of the output layer, which begins at place `at`: a vector of rows of each unit, unit after unit."""
    units, lanes, step = workspace.activations, lanes_of(workspace.activations), workspace.width * lanes_of(workspace.activations)
    size = int(network.layer_settings[layer, 0])
    for first in range(0, network.table[layer, N_OUT], size):
        for rest in range(size - 1, 0, -1):
            for j in range(rest):
                for place in range(at + (first + j) * step, at + (first + j) * step + step, lanes):
                    a, b = load(units, place), load(units, place + step)
                    store(units, place, select(b < a, b, a))
                    store(units, place + step, select(b < a, a, b))
