"""What the kernels are given: plain records of flat arrays, one type for every network, so that one compiled program serves them all.

A network is a table with a row per layer. All weights and biases share one vector, all units of a batch another; the table holds where
each layer's part begins.

A batch is cut into panels of `width` vectors of rows, which are ``panel_rows = width * lanes`` rows. Within a layer's part, which begins at
``capacity * table[l, UNITS_*]``, unit u of panel p begins at ``(p * n_units + u) * panel_rows``: a vector is one unit of as many rows as it
has lanes. For the gradient the deltas are needed the other way round, too: `turned` holds panels of ``table[l, SPREAD]`` vectors of units,
``panel_units = SPREAD * lanes`` of them, in each a row of the batch after the other.

A batch of up to FEW rows would leave most lanes empty. There a row lies in one piece, its length rounded up to whole vectors: those of a
layer's inputs begin at ``few + FEW * table[l, ROWS_IN]`` of the activations and of the deltas. Only the losses see panels then, too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fastbp.kernels.codes import LAYER_SETTINGS, NO_UPDATE, RATES

# Columns of the table.
N_IN, N_OUT, WEIGHT, BIAS, ACTIVATION, UNITS_IN, UNITS_OUT, TURNED, SPREAD, ROWS_IN, ROWS_OUT, SHAPED, NORM, SCALE = range(14)
COLUMNS_OF_TABLE = 14

# Rows of the sources of a data set, and their columns; the stride between rows is in bytes, the dtype an index into `codes.DTYPES`.
INPUTS, TARGETS, WEIGHTS = range(3)
ADDRESS, STRIDE, COLUMNS, DTYPE = range(4)
COLUMNS_OF_SOURCES = 4


class Network(NamedTuple):
    """Layers and parameters. Owned by the model, which the update changes in place."""

    layers: int
    size: int  # of the parameters, padding included
    table: Any  # (layers, 14) int64
    layer_settings: Any  # (layers, LAYER_SETTINGS) those of each layer's activation, dropout and normalisation
    parameters: Any  # flat: W (n_in, n_out) row by row, then b (n_out,), and of a normalised layer four more; layer after layer


def widest(network: Network) -> int:
    """Units of the layer that has the most."""
    most = 0
    for layer in range(network.layers):
        most = max(most, network.table[layer, N_OUT])
    return most


def units_of(network: Network) -> int:
    """Inputs, and units of all layers."""
    total: int = network.table[network.layers - 1, UNITS_OUT] + network.table[network.layers - 1, N_OUT]
    return total


class Workspace(NamedTuple):
    """Buffers of one batch. Owned by whoever calls the kernels, allocated once; what they hold has no meaning between two runs."""

    capacity: int  # rows there is room for, a multiple of the lanes of a vector
    width: int  # vectors in a panel
    training: int  # 0: nobody needs the deltas turned
    few: int  # where activations and deltas of a batch of few rows begin
    activations: Any  # flat: the gathered input, then each layer's output; the last holds logits
    deltas: Any  # flat, the same layout: gradient of the loss with respect to z = a W + b
    derivatives: Any  # flat, the same layout: act'(z) where it cannot be written by act(z); empty where no layer needs it
    turned: Any  # flat: the deltas once more, row by row of the batch
    targets: Any  # flat, panels as of a layer's units
    row_weights: Any  # (capacity,) what each row's loss is multiplied with in that of the batch
    row_losses: Any  # (capacity,)
    vector_losses: Any  # (capacity / lanes,) sums of as many row losses as a vector has lanes
    scratch: Any  # SCRATCH elements for each task
    team: Any  # int64, what the tasks of a run share to wait for each other
    units: Any  # int64, the addresses of the compiled kernels


class Data(NamedTuple):
    """Where the rows of a data set lie, in arrays of the caller's, and the order to read them in."""

    sources: Any  # (3, 4) int64: a row each for inputs, targets and weights; address 0 for weights: all rows weigh the same
    order: Any  # (rows,) int64
    rows: int  # in the order
    mean_over: int  # rows whose losses, by their weights, are divided by so many; 0: by as many as a batch has
    partners: Any  # (rows,) int64: which row each is mixed with, and its own share; both are read where rows are mixed
    shares: Any  # (rows,) flat
    spare: Any  # flat: room for the inputs, targets and weights of partners


class Objective(NamedTuple):
    """The loss that is asked for. Owned by the trainer."""

    code: int
    accuracy: int  # what a right answer is, a code
    settings: Any  # flat, of the element type of the network


class Rule(NamedTuple):
    """How the update changes the parameters. Owned by the trainer."""

    code: int
    n_slots: int
    first: int  # row of the rates that is the first step's
    rates: Any  # (steps, RATES) what the optimizer computed for each step of the run
    gradients: Any  # (shards, parameters) flat; needed where gradients are asked for, summed over shards, or updates made apart
    slots: Any  # (slots, parameters) flat, the optimizer's memory


class Limits(NamedTuple):
    """What shapes a step beside the rule, and follows it. Apart from the rule, which goes to the update of each tile."""

    apart: int  # whether the update waits for all gradients, as what depends on them all must; without that nothing here is read
    settings: Any  # flat: what limits a step, in the order of `codes`
    sums: Any  # flat: sums of squares, a block of parameters each
    average: Any  # (parameters,) an average of the weights over the steps


class Shaping(NamedTuple):
    """What normalisation and dropout need beside the workspace. Empty, and never read, where a network has neither.

    `statistics` holds, for each unit of each layer, 1 / deviation over the batch and the gradients of scale and shift; then, layer by
    layer, 1 / deviation over the units of each row.
    """

    normalized: Any  # flat: logits normalised, in the places of the activations; after `few` elements dL/d(scaled logits), likewise
    statistics: Any  # flat: (3 * units + layers * capacity)
    key: int  # of the random numbers of a run
    first_step: int  # the number of the call's first step, which the random numbers depend on


def no_update(rates: Any, gradients: Any) -> tuple[Rule, Limits]:
    """What changes no parameter, and leaves the gradients, where there are any."""
    return Rule(NO_UPDATE, 0, 0, rates, gradients, rates[0]), Limits(0, rates[0], rates[0], rates[0])


class Call(NamedTuple):
    """As many batches as `steps`, from place `order_begin` of the order on; the last may be short.

    TRAIN leaves the loss of step i in ``results[i]``; SCORE that of the row at place i of the order there, and how many of its answers are
    right in ``results[data.rows + i]``; PREDICT what the output layer gives, row by row; SCORE_LOGITS and SCORE_PREDICTIONS that, and after
    it what SCORE leaves.
    """

    kind: int
    network: Network
    workspace: Workspace
    data: Data
    rule: Rule
    limits: Limits
    objective: Objective
    shaping: Shaping
    order_begin: int
    batch_size: int
    results: Any  # flat
    steps: int
    first_layer: int = 0  # of those whose gradients are made, where a call makes those of some (``by_layers.py``)
    end_layer: int = 0


#: The arrays of records that hold int64; the others hold the element type of the network.
INTEGERS = {"table", "sources", "order", "partners", "team", "units"}
#: The arrays with rows, and how long these are.
ROW_LENGTHS = {"table": COLUMNS_OF_TABLE, "sources": COLUMNS_OF_SOURCES, "rates": RATES, "layer_settings": LAYER_SETTINGS}


#: Flat, of the element type of the network. What a run leaves behind is so: a loss a step; loss and hits row by row; outputs row by row.
Numbers = Any
