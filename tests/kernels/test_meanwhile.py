"""Updates between the multiply-adds of the next tile: the bits of updates after the product, and where they are chosen."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from one_batch import NOTHING, OneBatch

import fastbp
from fastbp.compiling.jit import program
from fastbp.kernels.block import records
from fastbp.kernels.lanes.isa import TILES, host
from fastbp.kernels.lanes.matrix import FROM_C, FROM_ZERO, Depth, Matrix, Product, Start
from fastbp.kernels.lanes.product import multiply_apart
from fastbp.kernels.lanes.sizes import WIDTH
from fastbp.kernels.meanwhile import suits, update_meanwhile
from fastbp.kernels.portions import Batch, Block
from fastbp.kernels.update import update_block

DTYPES = ["float32", "float64"]
OPTIMIZERS = {"adam": lambda: fastbp.Adam(0.01, weight_decay=1e-2), "adamw": lambda: fastbp.AdamW(0.01)}
TILE = TILES[host()][-1]
STEPS = 2


@program
def beside(call, one, batch, block, depth, start_at, done):
    given = records(call, one)
    c, a, b = Matrix(given.workspace.scratch, 5, block.columns), Matrix(given.workspace.activations, 0, depth.part), given.workspace.deltas
    product = Product(c, a, Matrix(b, 0, block.columns), depth, Start(given.workspace.scratch, start_at))
    done[0] = update_meanwhile(given.network, given.rule, batch, block, product)


@program
def after(call, one, batch, block, depth, start_at, done):
    given = records(call, one)
    c, a, b = Matrix(given.workspace.scratch, 5, block.columns), Matrix(given.workspace.activations, 0, depth.part), given.workspace.deltas
    multiply_apart(c, a, Matrix(b, 0, block.columns), block.rows, WIDTH, depth, Start(given.workspace.scratch, start_at))
    updated = Block(block.at, block.row, done[0], block.columns)
    update_block(given.network, given.workspace, given.rule, batch, updated, c)


@program
def chosen(call, one, block, depth, found):
    given = records(call, one)
    found[0] = suits(given.network, given.rule, block, depth)


@pytest.mark.kernels
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=10)
@given(
    rows=st.integers(TILE, 40), total=st.integers(1, 70), part=st.integers(1, 50), at=st.integers(0, 50), gap=st.integers(0, 20),
    start_at=st.sampled_from([FROM_C, FROM_ZERO]),
)  # fmt: skip
@example(16, 70, 48, 0, 0, FROM_ZERO)
@example(40, 3, 3, 7, 5, FROM_C)
def test_the_bits_are_those_of_an_update_after_the_product(name, dtype, rows, total, part, at, gap, start_at):
    found, done = [], np.zeros(1, np.int64)
    for way in (beside, after):
        batch, random = OneBatch([60, 100, 3], 64, dtype=dtype, optimizer=OPTIMIZERS[name]()), np.random.default_rng(0)
        columns = WIDTH * batch.lanes
        block, depth = Block(at, columns + gap, rows, columns), Depth(total, part, rows * part)
        p, units, deltas, scratch = batch.network.parameters, batch.workspace.activations, batch.workspace.deltas, batch.workspace.scratch
        p[:] = random.normal(size=p.size)
        for number in range(STEPS):
            for array in (units, deltas, scratch):
                array[:] = random.normal(size=array.size)
            way(*batch.call(update=True, steps=STEPS), Batch(0, 64, number, 0, NOTHING), block, depth, start_at, done)
        found.append((p, batch.slots, scratch[5 + done[0] * columns : 5 + rows * columns]))
        assert np.count_nonzero(batch.slots) == 2 * done[0] * columns
    assert done[0] == (rows // TILE - 1) * TILE
    np.testing.assert_equal(found[0], found[1])


LARGE = [700, 800, 3]


@pytest.mark.kernels
def test_only_adam_on_whole_panels_of_large_networks_is_updated_meanwhile():
    def is_chosen(sizes=LARGE, optimizer=fastbp.Adam, rows=2 * TILE, narrower=0, depth=96):
        batch, answer = OneBatch(sizes, 9, dtype="float32", optimizer=optimizer(0.1)), np.zeros(1, np.int64)
        block = Block(0, sizes[1], rows, WIDTH * batch.lanes - narrower)
        chosen(*batch.call(update=True), block, Depth(depth, 48, 48), answer)
        return bool(answer[0])

    assert is_chosen() == is_chosen(optimizer=fastbp.AdamW) == (WIDTH >= 3)
    assert is_chosen(sizes=[1500, 1000, 3], depth=9) == is_chosen()
    others = [{"sizes": [400, 800, 3]}, {"optimizer": fastbp.SGD}, {"optimizer": fastbp.RMSprop}]
    for without in [*others, {"rows": 2 * TILE - 1}, {"narrower": 1}, {"depth": 95}]:
        assert not is_chosen(**without), without


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_networks_leave_the_bits_of_updates_that_wait_for_all_gradients(dtype):
    X = np.random.default_rng(0).normal(size=(230, LARGE[0])).astype(dtype)
    y = np.arange(230) % 3
    bits = set()
    for optimizer, threads in ((fastbp.Adam(), 1), (fastbp.Adam(), 2), (fastbp.Adam(clip_value=1e30), 1)):
        model = fastbp.MLP(LARGE, dtype=dtype, seed=0)
        fastbp.Trainer(model, loss="cross_entropy", optimizer=optimizer, batch_size=100, seed=0, threads=threads).fit(X, y, epochs=2)
        bits.add(model.network.parameters.tobytes())
    assert len(bits) == 1
