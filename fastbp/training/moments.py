"""The averages of batch normalisation where a batch is cut into shards, each of which is normalised by its own means and variances.

    average += momentum * (m - average),  m = sum over the shards of rows of the shard / rows of the batch * its mean, or variance

The terms of m come with the gradients of the shards, in the places of the averages, which have no gradients.
"""

from __future__ import annotations

import numpy as np

from fastbp import layout
from fastbp._typing import Array, NDArray
from fastbp.kernels.codes import MOMENTUM_OF_MEANS
from fastbp.kernels.portions import Span
from fastbp.mlp import MLP


class Moments:
    """Brings the averages of a model forward; where it has none, does nothing."""

    def __init__(self, model: MLP) -> None:
        network = model.network
        self._parameters, self._share = network.parameters, network.layer_settings[0, MOMENTUM_OF_MEANS]
        # Numbers as wide as the parameters, whose layout depends on that.
        numbers = layout.views(np.arange(network.size, dtype=f"i{model.dtype.itemsize}"), network.table)
        averages = [*numbers.get("running_means", ()), *numbers.get("running_variances", ())]
        self._places: NDArray[np.int64] = np.concatenate([np.empty(0, np.int64), *averages])

    def follow(self, total: Array, own: Span) -> None:
        """Those among the parameters of `own`, by the sum of the shards' gradients; zeros are left in it, since no norm has them."""
        places = self._places[(self._places >= own.begin) & (self._places < own.end)]
        if places.size:
            before = self._parameters[places]
            with np.errstate(over="ignore", invalid="ignore"):
                self._parameters[places] = before + self._share * (total[places] - before)
            total[places] = 0
