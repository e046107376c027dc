"""Where everything lies: the table of a network, and the buffers of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fastbp._names import counted, integer, lookup
from fastbp._typing import Array, DType, NDArray
from fastbp.activations import Activation
from fastbp.between import PLAIN, Between
from fastbp.kernels.arguments import (
    ACTIVATION,
    BIAS,
    N_IN,
    N_OUT,
    NORM,
    ROWS_OUT,
    SCALE,
    SHAPED,
    SPREAD,
    TURNED,
    UNITS_OUT,
    WEIGHT,
    Network,
    Shaping,
    Workspace,
    units_of,
    widest,
)
from fastbp.kernels.codes import (
    ACTIVATION_SETTINGS,
    BATCH_NORM,
    DROPOUT,
    EPSILON,
    INPUT_DROPOUT,
    INPUT_NOISE,
    LAYER_NORM,
    LAYER_SETTINGS,
    MOMENTUM_OF_MEANS,
    NO_NORM,
    keeps_derivative,
)
from fastbp.kernels.lanes.sizes import BYTES, FEW, SCRATCH, TEAM, WIDTH, balanced, panel_width

# Of a normalised layer, in their order in the parameters.
_TRAINED = "scales", "shifts"
_VECTORS = {NO_NORM: (), LAYER_NORM: _TRAINED, BATCH_NORM: (*_TRAINED, "running_means", "running_variances")}
_DTYPES: dict[str, DType] = {"float32": np.dtype(np.float32), "float64": np.dtype(np.float64)}


def check_sizes(layer_sizes: object) -> tuple[int, ...]:
    """`layer_sizes` as a tuple; ValueError or TypeError when it is none."""
    if isinstance(layer_sizes, str) or not isinstance(layer_sizes, Iterable):
        raise TypeError(f"layer_sizes is {layer_sizes!r}; expected a list such as [784, 256, 10]")
    sizes = tuple(integer(size, f"layer_sizes[{i}]", least=1) for i, size in enumerate(layer_sizes))
    if len(sizes) < 2:
        raise ValueError(
            f"layer_sizes has {counted(len(sizes), 'number')}; expected at least the inputs and the outputs, such as [784, 10]"
        )
    return sizes


def check_dtype(dtype: object) -> DType:
    """float32 or float64, by its name or as NumPy has it."""
    if isinstance(dtype, (type, np.dtype)):
        dtype = np.dtype(dtype).name
    return lookup(dtype, _DTYPES, "dtype")


def table_of(
    layer_sizes: Sequence[int], activations: Sequence[Activation], dtype: DType, between: Between = PLAIN
) -> NDArray[np.int64]:  # fmt: skip
    """The network as the kernels read it: a row a layer, of the columns that ``kernels/arguments.py`` names."""
    rows: list[tuple[int, ...]] = []
    place, units, turned, few, lanes = 0, 0, 0, 0, BYTES // dtype.itemsize
    for n_in, n_out, activation in zip(layer_sizes, layer_sizes[1:], activations, strict=False):
        weight, bias = place, place + _padded(n_in * n_out, dtype)
        norm = between.code if len(rows) < len(layer_sizes) - 2 else NO_NORM
        scale = bias + _padded(n_out, dtype)
        spread = balanced(-(-n_out // lanes))
        row = n_in, n_out, weight, bias, activation.code, units, units + n_in, turned, spread, few, few + _padded(n_in, dtype)
        rows.append((*row, int(between.is_used), norm, scale))
        place, units, few = scale + len(_VECTORS[norm]) * _padded(n_out, dtype), units + n_in, few + _padded(n_in, dtype)
        turned += -(-n_out // (spread * lanes)) * spread * lanes
    return np.array(rows, np.int64)


def n_flat(table: NDArray[np.int64], dtype: DType) -> int:
    """Length of the flat vector of parameters, padding included."""
    return int(table[-1, SCALE])


def settings_of(activations: Sequence[Activation], between: Between, dtype: DType) -> Array:
    """The settings of every layer: of its activation, and of what comes after its logits."""
    settings = np.zeros((len(activations), LAYER_SETTINGS), dtype)
    settings[:, :ACTIVATION_SETTINGS] = [activation.for_kernels for activation in activations]
    settings[:-1, DROPOUT] = between.rates(len(activations) - 1)
    if between.normalization is not None:
        settings[:-1, [EPSILON, MOMENTUM_OF_MEANS]] = between.normalization.for_kernels
    settings[0, [INPUT_DROPOUT, INPUT_NOISE]] = between.input_dropout, between.input_noise
    return settings


def matrices(flat: Array, table: NDArray[np.int64]) -> tuple[list[Array], list[Array]]:
    """The weights (n_in, n_out) and biases (n_out,) of every layer, as views of a flat vector."""
    weights, biases = [], []
    for n_in, n_out, weight, bias, *_ in table.tolist():
        weights.append(flat[weight : weight + n_in * n_out].reshape(n_in, n_out))
        biases.append(flat[bias : bias + n_out])
    return weights, biases


def views(flat: Array, table: NDArray[np.int64]) -> dict[str, list[Array]]:
    """All arrays, by what they are: weights, biases, and of every normalised layer its vectors (n_out,)."""
    weights, biases = matrices(flat, table)
    found = {"weights": weights, "biases": biases}
    for row in table.tolist():
        for name, begin in _vectors_of(row, flat.dtype).items():
            found.setdefault(name, []).append(flat[begin : begin + row[N_OUT]])
    return found


def begins(table: NDArray[np.int64], layer: int, dtype: DType) -> dict[str, int]:
    """Where the arrays of a layer begin in the flat vector, by the same names."""
    row = table[layer].tolist()
    return {"weights": row[WEIGHT], "biases": row[BIAS]} | _vectors_of(row, dtype)


def _vectors_of(row: list[int], dtype: DType) -> dict[str, int]:
    """Where the vectors of a normalised layer begin."""
    return {name: row[SCALE] + number * _padded(row[N_OUT], dtype) for number, name in enumerate(_VECTORS[row[NORM]])}


def named_arrays(flat: Array, table: NDArray[np.int64]) -> dict[str, Array]:
    """The same, one by one: ``weights.0`` and so on, as files name them."""
    return {f"{name}.{i}": array for name, arrays in views(flat, table).items() for i, array in enumerate(arrays)}


def aligned_zeros(size: int, dtype: DType) -> Array:
    """A vector of zeros that begins at a cache line."""
    raw = np.zeros(size * dtype.itemsize + BYTES, np.uint8)
    begin = -raw.ctypes.data % BYTES
    return raw[begin : begin + size * dtype.itemsize].view(dtype)


def workspace(network: Network, rows: int, target_width: int, tasks: int, *, training: bool) -> Workspace:
    """Buffers for batches of up to `rows` rows and as many tasks; only `training` needs deltas turned for the gradient."""
    dtype = network.parameters.dtype
    lanes, last = BYTES // dtype.itemsize, network.table[-1]
    vectors = -(-rows // lanes)
    # The last panel may be narrower than the others, and blocks that are turned may read on beyond the last unit.
    capacity, slack = (vectors + WIDTH) * lanes, lanes * WIDTH * lanes
    few = capacity * int(last[UNITS_OUT] + last[N_OUT]) + slack
    units = few + FEW * int(last[ROWS_OUT]) + lanes * _padded(int(last[N_OUT]), dtype)
    turned = capacity * (int(last[TURNED]) + -(-int(last[N_OUT]) // (int(last[SPREAD]) * lanes)) * int(last[SPREAD]) * lanes)
    return Workspace(
        capacity=capacity,
        width=_panel_width(network, rows, tasks),
        training=int(training),
        few=few,
        activations=aligned_zeros(units, dtype),
        deltas=aligned_zeros(units, dtype),
        derivatives=aligned_zeros(units if training and _needs_logits(network) else 0, dtype),
        turned=aligned_zeros(turned if training else 0, dtype),
        targets=aligned_zeros(capacity * target_width, dtype),
        row_weights=aligned_zeros(capacity, dtype),
        row_losses=aligned_zeros(capacity, dtype),
        vector_losses=aligned_zeros(capacity // lanes, dtype),
        scratch=aligned_zeros(tasks * SCRATCH, dtype),
        team=aligned_zeros(TEAM + 8 * tasks, np.dtype(np.int64)),
        units=aligned_zeros(0, np.dtype(np.int64)),
    )


def shaping(network: Network, held: Workspace) -> Shaping:
    """What training needs beside a workspace where there is normalisation or dropout."""
    last, dtype, lanes = network.table[-1], network.parameters.dtype, BYTES // network.parameters.itemsize
    if not (held.training and network.table[0, SHAPED]):
        return Shaping(held.row_losses, held.row_losses, 0, 0)
    n_statistics = 3 * int(last[UNITS_OUT] + last[N_OUT]) + network.layers * held.capacity + lanes
    return Shaping(aligned_zeros(2 * held.few, dtype), aligned_zeros(n_statistics, dtype), 0, 0)


def spare(network: Network, held: Workspace) -> Array:
    """Room for the inputs, targets and weights of as many rows as a workspace has."""
    dtype, n_in = network.parameters.dtype, int(network.table[0, N_IN])
    return aligned_zeros(held.capacity * (n_in + 1) + FEW * _padded(n_in, dtype) + held.targets.size, dtype)


def has_room(held: Workspace, rows: int, target_width: int, tasks: int) -> bool:
    """Whether `held` is large enough for batches of up to `rows` rows and as many tasks."""
    lanes = BYTES // held.deltas.itemsize
    capacity = (-(-rows // lanes) + WIDTH) * lanes
    return bool(
        held.capacity >= capacity
        and held.targets.size >= held.capacity * target_width
        and held.scratch.size >= tasks * SCRATCH
        and held.team.size >= TEAM + 8 * tasks
    )


def begin(held: Workspace, network: Network, rows: int, tasks: int) -> int:
    """Make `held` ready for a call on `tasks` tasks with batches of `rows` rows; the width of their panels."""
    if tasks > 1:
        held.team[:] = 0
    return _panel_width(network, rows, tasks)


def _panel_width(network: Network, rows: int, tasks: int) -> int:
    # One task shares nothing; to look for the widest layer takes some microseconds.
    units, all_units = (int(widest(network)), int(units_of(network))) if tasks > 1 else (1, 1)
    return panel_width(rows, BYTES // network.parameters.itemsize, tasks, network.parameters.size, units, all_units)


def rows_in(held: Workspace, values: Array, before: int, count: int, rows: int) -> Array:
    """A layer's units (rows, units) where each row lies in one piece, by the words of ``kernels/arguments.py``."""
    begin, length = held.few + FEW * before, _padded(count, values.dtype)
    return values[begin : begin + rows * length].reshape(rows, length)[:, :count]


def panels_in(held: Workspace, values: Array, before: int, count: int, rows: int) -> Array:
    """The same (panels, units, rows of a panel) where they lie in panels."""
    begin, panel_rows = held.capacity * before, held.width * (BYTES // values.itemsize)
    panels = -(-rows // panel_rows)
    return values[begin : begin + panels * count * panel_rows].reshape(panels, count, panel_rows)


def _needs_logits(network: Network) -> bool:
    """Whether derivatives are kept by the forward pass."""
    return bool(network.table[0, SHAPED]) or any(keeps_derivative(code) for code in network.table[:, ACTIVATION].tolist())


def _padded(count: int, dtype: DType) -> int:
    grain = BYTES // dtype.itemsize
    return -(-count // grain) * grain
