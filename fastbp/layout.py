"""Where everything lies: the table of a network, and the buffers of a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fastbp._typing import Array, DType
from fastbp.activations import Activation
from fastbp.kernels.arguments import N_IN, N_OUT, UNITS_OUT, WEIGHT, Network, Workspace

# Every part of a flat array begins at a cache line.
_ALIGNMENT = 64


def table_of(layer_sizes: Sequence[int], activations: Sequence[Activation], dtype: DType) -> NDArray[np.int64]:
    """The network as the kernels read it: a row (n_in, n_out, weight, bias, activation, units in, units out) a layer."""
    rows = []
    place, units = 0, 0
    for n_in, n_out, activation in zip(layer_sizes, layer_sizes[1:], activations, strict=False):
        weight, bias = place, place + _padded(n_in * n_out, dtype)
        rows.append((n_in, n_out, weight, bias, activation.code, units, units + _padded(n_in, dtype)))
        place, units = bias + _padded(n_out, dtype), units + _padded(n_in, dtype)
    return np.array(rows, np.int64)


def n_flat(table: NDArray[np.int64], dtype: DType) -> int:
    """Length of the flat vector of parameters, padding included."""
    return int(table[-1, WEIGHT]) + _padded(int(table[-1, N_IN] * table[-1, N_OUT]), dtype) + _padded(int(table[-1, N_OUT]), dtype)


def matrices(flat: Array, table: NDArray[np.int64]) -> tuple[list[Array], list[Array]]:
    """The weights (n_in, n_out) and biases (n_out,) of every layer, as views of a flat vector."""
    weights, biases = [], []
    for n_in, n_out, weight, bias, *_ in table.tolist():
        weights.append(flat[weight : weight + n_in * n_out].reshape(n_in, n_out))
        biases.append(flat[bias : bias + n_out])
    return weights, biases


def aligned_zeros(size: int, dtype: DType) -> Array:
    """A vector of zeros that begins at a cache line."""
    raw = np.zeros(size * dtype.itemsize + _ALIGNMENT, np.uint8)
    begin = -raw.ctypes.data % _ALIGNMENT
    return raw[begin : begin + size * dtype.itemsize].view(dtype)


def workspace(network: Network, capacity: int, target_width: int, *, training: bool) -> Workspace:
    """Buffers for batches of up to `capacity` rows; only `training` needs transposed weights."""
    dtype = network.parameters.dtype
    last = network.table[-1]
    units = capacity * (int(last[UNITS_OUT]) + _padded(int(last[N_OUT]), dtype))
    return Workspace(
        capacity=capacity,
        activations=aligned_zeros(units, dtype),
        deltas=aligned_zeros(units, dtype),
        targets=aligned_zeros(capacity * target_width, dtype),
        row_weights=aligned_zeros(capacity, dtype),
        row_losses=aligned_zeros(capacity, dtype),
        transposed=aligned_zeros(network.parameters.size if training else 0, dtype),
    )


def _padded(count: int, dtype: DType) -> int:
    grain = _ALIGNMENT // dtype.itemsize
    return -(-count // grain) * grain
