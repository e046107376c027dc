"""Outputs sorted in groups, as quantiles are."""

from __future__ import annotations

import numpy as np

from fastbp._names import integer
from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.kernels import codes


class Ascending(Activation):
    """The logits of each group of `size` outputs in ascending order, for the output layer alone, and of a loss of logits.

    Parameters
    ----------
    size : int
        Outputs in a group; the number of outputs is a multiple of it.
    """

    name = "ascending"
    code = codes.ASCENDING
    output_only = True
    has_derivative = False

    size: int

    def __init__(self, size: int) -> None:
        vars(self)["size"] = integer(size, "size", least=1)

    def reference(self, z: Array) -> Array:
        """Sorted."""
        groups = z.reshape(len(z), -1, self.size)
        return np.sort(groups, axis=2).reshape(z.shape)
