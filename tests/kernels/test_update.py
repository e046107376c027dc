"""Each optimizer's rule on a block of parameters, on a few rows, and on the shards of a batch."""

import numpy as np
import pytest
from cases import close
from hypothesis import example, given, settings
from hypothesis import strategies as st
from one_batch import LIMITS, NOTHING, OneBatch

import fastbp
from fastbp.compiling.jit import program
from fastbp.kernels import update
from fastbp.kernels.block import records
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.portions import Batch, Block, Span

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
OPTIMIZERS = {
    "sgd": lambda: fastbp.SGD(0.1, weight_decay=1e-2),
    "momentum": lambda: fastbp.SGD(0.1, momentum=0.9, weight_decay=1e-2),
    "nesterov": lambda: fastbp.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: fastbp.RMSprop(0.01, weight_decay=1e-2),
    "rmsprop_momentum": lambda: fastbp.RMSprop(0.01, momentum=0.5),
    "rmsprop_centered": lambda: fastbp.RMSprop(0.01, momentum=0.5, centered=True, weight_decay=1e-2),
    "adam": lambda: fastbp.Adam(0.01, weight_decay=1e-2),
    "adamw": lambda: fastbp.AdamW(0.01),
}
STEPS = 3


@program
def update_block(call, one, batch, block, at, row):
    given = records(call, one)
    update.update_block(given.network, given.workspace, given.rule, batch, block, Matrix(given.workspace.scratch, at, row))


@program
def update_rows(call, one, batch, block, units, deltas):
    given = records(call, one)
    left = Matrix(given.workspace.activations, units.begin, units.end)
    right = Matrix(given.workspace.deltas, deltas.begin, deltas.end)
    update.update_rows(given.network, given.workspace, given.rule, batch, block, left, right)


@program
def add_shards(call, one, batch, shards, parameters):
    given = records(call, one)
    update.add_shards(given.network, given.workspace, given.rule, batch, shards, parameters, 0)


def step(number, rows=1, shard=0):
    return Batch(0, rows, number, shard, NOTHING)


def indices(block):
    return block.at + np.arange(block.rows)[:, np.newaxis] * block.row + np.arange(block.columns)


def by_the_rule(optimizer, start, gradients):
    """What the reference makes of the parameters, step after step."""
    p, memory = start.astype(np.float64), {}
    for t, g in enumerate(gradients, 1):
        p = optimizer.reference(p, g.astype(np.float64), memory, t)
    return p


def prepared(name, dtype):
    """A net with room for any block of the tests, whose parameters are random, padding included."""
    batch = OneBatch([40, 40, 3], 5, dtype=dtype, optimizer=OPTIMIZERS[name]())
    batch.network.parameters[:] = np.random.default_rng(0).normal(size=batch.network.size)
    return batch, batch.network.parameters.copy(), np.random.default_rng(1)


def assert_only(batch, before, where):
    """Whether parameters and slots outside the block are what they were."""
    outside = np.ones(before.size, bool)
    outside[where] = False
    np.testing.assert_array_equal(batch.network.parameters[outside], before[outside])
    if batch.optimizer.n_slots:
        assert not batch.slots.reshape(batch.optimizer.n_slots, -1)[:, outside].any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=8)
@given(rows=st.integers(1, 9), columns=st.integers(1, 39), at=st.integers(0, 50), row_gap=st.integers(0, 20), sums_gap=st.integers(0, 20))
@example(1, 39, 3, 0, 0)
@example(4, 16, 0, 0, 0)
def test_a_block_follows_the_rule_and_nothing_else_is_written(name, dtype, rows, columns, at, row_gap, sums_gap):
    batch, before, random = prepared(name, dtype)
    block, sums_row = Block(at, columns + row_gap, rows, columns), -(-columns // batch.lanes) * batch.lanes + sums_gap
    where, given = indices(block), random.normal(size=(STEPS, rows, columns)).astype(dtype)
    for number in range(STEPS):
        batch.workspace.scratch[:] = np.nan
        batch.workspace.scratch[indices(Block(7, sums_row, rows, columns))] = given[number]
        update_block(*batch.call(update=True, steps=STEPS), step(number), block, 7, sums_row)
    close([batch.network.parameters[where]], [by_the_rule(batch.optimizer, before[where], given)], rtol=20 * LIMITS[dtype])
    assert_only(batch, before, where)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=8)
@given(depth=st.integers(1, 8), rows=st.integers(1, 9), columns=st.integers(1, 39), at=st.integers(0, 50))
def test_a_few_rows_are_multiplied_on_the_way(name, dtype, depth, rows, columns, at):
    batch, before, random = prepared(name, dtype)
    block = Block(at, columns + 1, rows, columns)
    where, deltas_row = indices(block), -(-columns // batch.lanes) * batch.lanes
    units, deltas = random.normal(size=(STEPS, depth, rows)).astype(dtype), random.normal(size=(STEPS, depth, columns)).astype(dtype)
    for number in range(STEPS):
        batch.workspace.deltas[:] = np.nan
        batch.workspace.activations[indices(Block(3, rows + 2, depth, rows))] = units[number]
        batch.workspace.deltas[indices(Block(5, deltas_row, depth, columns))] = deltas[number]
        update_rows(*batch.call(update=True, steps=STEPS), step(number, depth), block, Span(3, rows + 2), Span(5, deltas_row))
    given = np.einsum("sri,srj->sij", units.astype(np.float64), deltas.astype(np.float64))
    # A gradient near 0 is large to Adam and RMSprop, with all that its sum was rounded by.
    close([batch.network.parameters[where]], [by_the_rule(batch.optimizer, before[where], given)], rtol=1e3 * LIMITS[dtype])
    assert_only(batch, before, where)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shards", [1, 2, 5])
def test_shards_are_added_in_order_and_then_applied(shards, dtype):
    batch, before, random = prepared("momentum", dtype)
    size, lanes = batch.network.size, batch.lanes
    batch.gradients = random.normal(size=shards * size).astype(dtype)
    parameters = Span(2 * lanes, 9 * lanes)
    add_shards(*batch.call(update=True), step(0), shards, parameters)
    total = batch.gradients[:size].copy()
    for s in range(1, shards):
        total += batch.gradients[s * size : (s + 1) * size]
    own = np.arange(parameters.begin, parameters.end)
    close([batch.network.parameters[own]], [by_the_rule(batch.optimizer, before[own], [total[own]])], rtol=5 * LIMITS[dtype])
    assert_only(batch, before, own)


@pytest.mark.parametrize("dtype", DTYPES)
def test_without_an_update_the_gradients_are_kept_by_shard(dtype):
    batch, before, random = prepared("sgd", dtype)
    size, block = batch.network.size, Block(20, 30, 3, 21)
    batch.gradients, given = np.full(3 * size, np.nan, dtype), random.normal(size=(3, 21)).astype(dtype)
    batch.workspace.scratch[indices(Block(0, 48, 3, 21))] = given
    update_block(*batch.call(), step(0, shard=2), block, 0, 48)
    np.testing.assert_array_equal(batch.gradients[2 * size + indices(block)], given)
    assert np.isnan(batch.gradients).sum() == 3 * size - given.size
    np.testing.assert_array_equal(batch.network.parameters, before)
