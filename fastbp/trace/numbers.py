"""The numbers of one step on a batch, that all queries are asked of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp._textbook import Array, Forward, Net
from fastbp._typing import NDArray
from fastbp.losses import Loss


@dataclass(frozen=True, repr=False, eq=False)
class Numbers:
    """What `Trace` says of them; the last ones are for the queries."""

    inputs: Array
    targets: Array
    shares: Array
    losses: Array
    loss: float
    sums: list[Array]
    normalized: list[Array]
    activations: list[Array]
    deltas: list[Array]
    slopes: list[Array | None]
    errors: list[Array | None]
    weights: list[Array]
    biases: list[Array]
    weight_gradients: list[Array]
    bias_gradients: list[Array]
    scale_gradients: list[Array]
    shift_gradients: list[Array]
    layer_sizes: tuple[int, ...]
    activation_names: tuple[str, ...]
    loss_name: str
    optimizer_name: str
    learning_rate: float | None
    labels: NDArray[np.int64] | None
    classes: tuple[Any, ...] | None
    feature_names: tuple[str, ...] | None
    net: Net
    masks: Sequence[Array]  # of dropout, as of `fastbp._textbook.forward`
    loss_function: Loss
    optimizer: Any

    @property
    def forward(self) -> Forward:
        """The pass forward."""
        return Forward(self.sums, self.activations, self.normalized)

    @property
    def mixes_rows(self) -> bool:
        """Whether what a row gives depends on the other rows: under batch normalisation."""
        return bool(self.net.means)
