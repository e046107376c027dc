"""Sizes that do not depend on the host, or only by its register tiles, and how a batch is cut by them. Importing this compiles nothing."""

from __future__ import annotations

import functools

from fastbp.kernels.lanes.isa import TILES, host

#: Bytes of a vector: a cache line.
BYTES = 64
#: Rows of the largest tile of 1, 2, ... vectors.
TILE_ROWS = TILES[host()]
#: Vectors in the widest panel, of rows or of units.
WIDTH = len(TILE_ROWS)
#: Vectors of the widest tile of a single row: each step of a sum waits for the one before, and so many fill the time.
ROW = 8 if WIDTH > 1 else 4
#: Units of the left operand in a block, and its depth: the second-level cache holds it, the first a panel's part (``search_blocks.txt``).
CHUNK, DEPTH = 96, 128 if WIDTH > 1 else 256
#: The depth of a block whose rows are read where they lie: each is a run of lines, which are asked for in time.
LONG_DEPTH = 512
#: Up to so many rows of a batch are too few to fill the lanes of a vector: units take their place. All fit into one vector of float64.
FEW = 8
#: Elements of scratch for each task: a block of the left operand.
SCRATCH = CHUNK * 3 * DEPTH // 2
#: Parameters that an update apart takes at a time: gradients and old values lie in the scratch, all in the first-level cache.
PIECE = 1024
#: Rows of the batch whose gradients are summed apart when the batch is long and the network small; whole panels of every width.
SHARD = 288
#: Elements that a team of tasks shares, beside 8 for each task.
TEAM = 16
# What a vector costs more for each vector that a panel is narrower: numbers of the weights are then read more often.
_NARROWER = 1.02
#: Percent that a step takes when tasks share the units of each layer, for which they meet after each, of an even share of panels.
MEETING = 115
#: Percent that a step takes when tasks share panels, and the weights that each reads after the others have changed them are more than so
#: many percent of the units of all rows, which is about what they would read of each other when they share units.
CROSSING, MORE = 135, 110
# Units whose sums are handed on together where tasks share the inputs of a layer: fewer are packed and multiplied more slowly. The least
# number of such pieces for each task, since the last one waits for a piece of each before it; and about the most.
_PIECE_UNITS, _FEWEST, _MOST = 16, 4, 8
# Inputs for each row from which tasks share those of a layer that is not the first: where its part of so many weights stays in a task's
# second-level cache, and where it does not.
_LEAST_INPUTS, _CACHED, _LEAST_INPUTS_FAR = 3, 1 << 18, 5
# Gradients of all shards may take so many elements.
_SHARDS_SIZE = 1 << 18


def shards_of(rows: int, parameters: int) -> int:
    """Into how many shards a batch is cut; 1: its gradient is one sum over all rows."""
    shards = (rows + SHARD - 1) // SHARD
    return shards if shards > 1 and shards * parameters <= _SHARDS_SIZE else 1


def parts_of(rows: int, units: int, parameters: int, lanes: int) -> int:
    """Into how many parts tasks can divide a step of a net whose widest layer has so many units: more tasks would wait for them."""
    shards = shards_of(rows, parameters)
    return shards if shards > 1 else max(-(-rows // lanes), -(-units // lanes))


def gradients_size(rows: int, parameters: int) -> int:
    """Elements that the gradients of the shards of a batch of up to `rows` rows take."""
    shards = min(-(-rows // SHARD), _SHARDS_SIZE // parameters)
    return shards * parameters if shards > 1 else 0


def depth_of(steps: int, depth: int) -> int:
    """The depth of a block where so many steps are cut into blocks, all about as deep: `depth`, or up to half more or a third less."""
    blocks = max(1, (2 * steps + depth) // (2 * depth))
    return (steps + blocks - 1) // blocks


def strip_of(rows: int, vectors: int) -> int:
    """Vectors of a strip when so many, of a few rows, are multiplied strip by strip; of a single row all about as wide."""
    if rows > 1:
        return WIDTH
    # A task may have no units.
    strips = max(1, (vectors + ROW - 1) // ROW)
    return max(1, (vectors + strips - 1) // strips)


def balanced(vectors: int) -> int:
    """Vectors in a panel when so many are cut into as few panels as possible, all about as wide."""
    panels = -(-vectors // WIDTH)
    return -(-vectors // panels)


@functools.lru_cache(256)
def panel_width(rows: int, lanes: int, tasks: int, parameters: int, units: int, all_units: int) -> int:
    """Vectors in a panel, such that the task with the most work has as little as possible; of equally good widths the largest.

    `units` are those of the widest layer, which tasks may share in place of panels, `all_units` those of all layers and the inputs.
    """
    if shards_of(rows, parameters) > 1:
        return WIDTH
    vectors, of_units = -(-rows // lanes), -(-units // lanes)
    by_units = MEETING / 100 * vectors * busiest(of_units, 1, tasks) / of_units
    by_panels = panels_cost(vectors * lanes, tasks, parameters, all_units) / 100

    def cost(width: int) -> float:
        return _NARROWER ** (WIDTH - width) * min(by_panels * busiest(vectors, width, tasks), by_units)

    return min(range(balanced(vectors), 0, -1), key=cost)


def panels_cost(rows: int, tasks: int, parameters: int, all_units: int) -> int:
    """Percent of an even share of panels that a step takes when tasks share them."""
    return CROSSING if 100 * parameters * (tasks - 1) > MORE * rows * all_units * tasks else 100


def shares_inputs(first: bool, n_in: int, n_out: int, rows: int, tasks: int, lanes: int) -> bool:
    """Whether tasks do better to share the inputs of a layer, the first one or another, than the rows or units; one task never does.

    Elements that cross: sums and outputs of the layer here; there half of W twice, of the first layer half of W and of the batch once.
    From how many more there it pays was measured.
    """
    if tasks == 1 or n_in < tasks * lanes or n_out < tasks * _FEWEST * _PIECE_UNITS:
        return False
    if rows <= FEW:
        return True
    if first:
        return 9 * rows * n_out <= n_in * (n_out + rows)
    return rows * (_LEAST_INPUTS if n_in * n_out <= tasks * _CACHED else _LEAST_INPUTS_FAR) <= n_in


def piece_of(n_out: int, rows: int, tasks: int, lanes: int) -> int:
    """Units whose sums tasks hand on together."""
    return WIDTH * lanes if rows <= FEW else max(1, n_out // (tasks * _MOST * _PIECE_UNITS)) * _PIECE_UNITS


def busiest(vectors: int, width: int, tasks: int) -> int:
    """Vectors of the task that has the most, when each has whole panels."""
    panels, most = (vectors + width - 1) // width, 0
    for task in range(tasks):
        begin, end = panels * task // tasks * width, panels * (task + 1) // tasks * width
        most = max(most, min(vectors, end) - begin)
    return most
