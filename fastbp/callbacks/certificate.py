"""What a descent certificate says: how the cost went from step to step, and by the second-order estimate why it rose where it did."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fastbp import layout
from fastbp._typing import Array, NDArray
from fastbp.solvers.base import dot


@dataclass(frozen=True)
class Rise:
    """A step after which the cost was higher.

    Attributes
    ----------
    step : int
        The number of the update, the first being 1.
    before, after : float
        The cost before it, and after the whole step.
    layer : int
        Whose part of the step was too large: the one that by the estimate added most to the cost.
    share : float
        How much of that part would have been best, by the estimate; 0 where it went uphill from its begin. Of 1 or more the estimate does
        not hold: the cost is too far from a parabola there.
    halvings : int
        How often the step was halved; 0 without `backtrack`.
    """

    step: int
    before: float
    after: float
    layer: int
    share: float
    halvings: int

    @property
    def rise(self) -> float:
        """By how much the cost rose."""
        return self.after - self.before

    def __str__(self) -> str:
        halved = f"; halved {self.halvings} times" if self.halvings else ""
        why = f"layer {self.layer} went too far: {self.share:.2g} of its step would have been best"
        if self.share >= 1:
            why = f"the step, of layer {self.layer} above all, went beyond where an estimate holds"
        return f"step {self.step}: the cost rose from {self.before:.6g} to {self.after:.6g}; {why}{halved}"


@dataclass(frozen=True)
class Certificate:
    """How the cost went over the steps that were compared.

    Attributes
    ----------
    steps : int
        Steps that were compared, each with the cost before it.
    rises : int
        After how many of them the cost was higher; with `backtrack`, before they were halved.
    largest_rise : float
        The largest of these, 0 where there were none.
    bound : float
        By the second-order estimate, each step could have been so many times as long before the cost rose: the least over the steps. Below
        1 some step was too long; 0 where one went uphill from its begin.
    curvature : float
        The largest curvature of the cost along a step, ``dx (g' - g) / dx dx``. Plain gradient descent falls along these steps with a
        learning rate below ``2 / curvature``.
    halvings : int
        How often steps were halved.
    given_up : int
        Steps that were taken back as a whole, since no part of them let the cost fall.
    """

    steps: int = 0
    rises: int = 0
    largest_rise: float = 0.0
    bound: float = math.inf
    curvature: float = 0.0
    halvings: int = 0
    given_up: int = 0

    def __str__(self) -> str:
        backtracked = f", {self.halvings} halvings, {self.given_up} steps taken back" if self.halvings else ""
        return (
            f"{self.steps} steps compared: the cost rose after {self.rises}, by {self.largest_rise:.3g} at most{backtracked}; by the "
            f"second-order estimate the longest step was 1 / {self.bound:.3g} of one that would not have let it fall"
        )


class Estimate:
    """The second-order estimate of how the cost changes along a step dx, from the gradients before and after it, layer by layer.

    ``g dx + (g' - g) dx / 2``: what the slope says, and what the curvature along the step adds.
    """

    def __init__(self, table: NDArray[np.int64], step: Array, before: Array, after: Array) -> None:
        # Where the cost overflows, so may this.
        with np.errstate(over="ignore", invalid="ignore"):
            parts = zip(*(_by_layer(each, table) for each in (step, before, after - before)), strict=True)
            found = [(dot(g, dx), dot(change, dx), dot(dx, dx)) for dx, g, change in parts]
            slopes, curvatures, squares = np.array(found).T
            self._slopes, self._curvatures = slopes, curvatures
            self._slope, self._bent, self._square = (float(each.sum()) for each in (slopes, curvatures, squares))

    @property
    def layer(self) -> int:
        """The layer whose part adds most to the cost."""
        return int(np.argmax(self._slopes + self._curvatures / 2))

    def share(self, layer: int) -> float:
        """How much of a layer's part lets the cost fall most."""
        slope, curvature = float(self._slopes[layer]), float(self._curvatures[layer])
        return -slope / curvature if slope < 0 < curvature else 0.0

    @property
    def bound(self) -> float:
        """How many times as long the step may be until the cost does not fall; infinite where nothing bends it upwards."""
        if self._slope >= 0:
            return 0.0 if self._square > 0 else math.inf
        return -2 * self._slope / self._bent if self._bent > 0 else math.inf

    @property
    def curvature(self) -> float:
        """Along the step; 0 where there was none."""
        return self._bent / self._square if self._square > 0 else 0.0


def trained(flat: Array, table: NDArray[np.int64]) -> list[list[Array]]:
    """What steps change of each layer, as views: weights, biases, and where it is normalised scales and shifts."""
    layers: list[list[Array]] = [[] for _ in table]
    for name, arrays in layout.views(flat, table).items():
        for layer, array in enumerate(arrays if not name.startswith("running") else ()):
            layers[layer].append(array)
    return layers


def _by_layer(flat: Array, table: NDArray[np.int64]) -> list[Array]:
    return [np.concatenate([array.ravel() for array in arrays]) for arrays in trained(flat, table)]
