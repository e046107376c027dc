"""Networks, as the kernels are given them."""

import numpy as np

from fastbp import layout
from fastbp.activations import Identity
from fastbp.kernels.arguments import Network
from fastbp.kernels.codes import LAYER_SETTINGS


def network_of(layer_sizes, dtype):
    """A network of that many units, all parameters zero."""
    dtype = np.dtype(dtype)
    table = layout.table_of(layer_sizes, [Identity()] * (len(layer_sizes) - 1), dtype)
    parameters = layout.aligned_zeros(layout.n_flat(table, dtype), dtype)
    return Network(len(table), parameters.size, table, np.zeros((len(table), LAYER_SETTINGS), dtype), parameters)
