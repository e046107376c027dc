"""Activations that end at a bound: relu6, hard sigmoid, hard tanh, softsign."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.codes import HARD_SIGMOID, HARD_TANH, RELU6, SOFTSIGN
from fastbp.kernels.lanes.vector import absolute, select


@scalar
def clip(z: Any, low: Any, high: Any) -> Any:
    """The nearest number to z in [low, high]; NaN stays."""
    return select(z < low, low, select(z > high, high, z))


@scalar
def _within(d: Any, a: Any, low: Any, high: Any) -> Any:
    """D where a is inside, 0 at its bounds."""
    return select(a > low, select(a < high, d, 0), 0)


@scalar
def _relu6(z: Any, settings: Any) -> Any:
    return clip(z, 0, 6)


@scalar
def _relu6_back(d: Any, a: Any, settings: Any) -> Any:
    return _within(d, a, 0, 6)


@scalar
def _hard_tanh(z: Any, settings: Any) -> Any:
    return clip(z, settings[0], settings[1])


@scalar
def _hard_tanh_back(d: Any, a: Any, settings: Any) -> Any:
    return _within(d, a, settings[0], settings[1])


@scalar
def hard_sigmoid(z: Any, settings: Any) -> Any:
    """Z / 6 + 1 / 2, between 0 and 1."""
    return clip((z + 3) / 6, 0, 1)


@scalar
def _hard_sigmoid_back(d: Any, a: Any, settings: Any) -> Any:
    return _within(d / 6, a, 0, 1)


@scalar
def _softsign(z: Any, settings: Any) -> Any:
    return z / (1 + absolute(z))


@scalar
def _softsign_back(d: Any, a: Any, settings: Any) -> Any:
    rest = 1 - absolute(a)
    return d * (rest * rest)


BY_OUTPUT = {
    RELU6: (_relu6, _relu6_back),
    HARD_TANH: (_hard_tanh, _hard_tanh_back),
    HARD_SIGMOID: (hard_sigmoid, _hard_sigmoid_back),
    SOFTSIGN: (_softsign, _softsign_back),
}
