"""How a batch is cut: shards, panels and their shares."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastbp.kernels.lanes import sizes
from fastbp.kernels.lanes.sizes import BYTES, DEPTH, FEW, LONG_DEPTH, ROW, SHARD, WIDTH

LANES = [BYTES // 8, BYTES // 4]


@pytest.mark.parametrize("lanes", LANES)
def test_shards_are_whole_panels_of_every_width(lanes):
    assert all(SHARD % (width * lanes) == 0 for width in range(1, WIDTH + 1))


def test_few_rows_fit_into_one_vector_of_any_type():
    assert min(LANES) >= FEW


@given(st.integers(1, 3000), st.integers(1, 300_000))
def test_shards_hold_all_rows_and_their_gradients_have_room(rows, parameters):
    shards = sizes.shards_of(rows, parameters)
    assert shards == 1 or (shards - 1) * SHARD < rows <= shards * SHARD
    for fewer in {1, rows // 2 + 1, rows - rows // 3, rows}:
        needed = sizes.shards_of(fewer, parameters)
        assert needed == 1 or needed * parameters <= sizes.gradients_size(rows, parameters)


def test_long_batches_of_small_nets_are_cut_and_of_large_ones_not():
    assert sizes.shards_of(700, 100) == 3
    assert sizes.shards_of(SHARD, 100) == 1
    assert sizes.shards_of(700, 1_000_000) == 1


def test_weights_that_cross_make_panels_dearer():
    """784-512-512-10 at 128 rows reads 671,504 weights, half of them changed by the other of two tasks; units of the batch are fewer."""
    assert sizes.panels_cost(128, 2, 671_504, 1818) == sizes.CROSSING
    assert sizes.panels_cost(100, 2, 118_744, 719) == 100
    assert {sizes.panels_cost(rows, 1, 10**9, 10) for rows in (1, 1000)} == {100}


@given(st.integers(0, 5000), st.sampled_from([DEPTH, LONG_DEPTH]))
def test_blocks_are_about_as_deep(steps, most):
    depth = sizes.depth_of(steps, most)
    blocks = -(-steps // depth) if steps else 0
    assert 0 <= depth <= 3 * most // 2
    assert steps <= 3 * most // 2 or depth >= 2 * most // 3
    assert steps == 0 or blocks * depth - steps < blocks


@given(st.integers(1, 1000))
def test_panels_are_few_and_about_as_wide(vectors):
    width, panels = sizes.balanced(vectors), -(-vectors // WIDTH)
    assert 1 <= width <= WIDTH
    assert -(-vectors // width) == panels
    assert width - 1 < vectors / panels


@given(st.integers(1, 60), st.integers(1, 4), st.integers(1, 9))
def test_the_busiest_task_has_the_most_vectors(vectors, width, tasks):
    panels = [min(width, vectors - first) for first in range(0, vectors, width)]
    shares = [panels[len(panels) * task // tasks : len(panels) * (task + 1) // tasks] for task in range(tasks)]
    assert sum(map(sum, shares)) == vectors
    assert sizes.busiest(vectors, width, tasks) == max(map(sum, shares))


@pytest.mark.parametrize("lanes", LANES)
@given(st.integers(1, 700), st.integers(1, 5), st.integers(1, 2_000_000), st.integers(1, 300))
def test_panels_are_no_wider_than_the_registers_hold(lanes, rows, tasks, parameters, units):
    assert 1 <= sizes.panel_width(rows, lanes, tasks, parameters, units, 2 * units) <= WIDTH


@pytest.mark.parametrize("lanes", LANES)
def test_panels_are_as_wide_as_they_may_be_on_one_task(lanes):
    for vectors in range(1, 5 * WIDTH):
        assert sizes.panel_width(vectors * lanes, lanes, 1, 1_000_000, 64, 100) == sizes.balanced(vectors)


@pytest.mark.parametrize("lanes", LANES)
def test_shards_make_panels_of_full_width(lanes):
    """They must be cut alike whatever the number of tasks."""
    assert {sizes.panel_width(rows, lanes, tasks, 100, 9, 20) for rows in (289, 700, 5000) for tasks in (1, 2, 3)} == {WIDTH}


@example(0)
@given(st.integers(0, 200))
def test_strips_of_one_row_are_about_as_wide(vectors):
    strip, strips = sizes.strip_of(1, vectors), -(-vectors // ROW)
    assert 1 <= strip <= ROW
    assert strip * strips - vectors < max(1, strips)
    assert {sizes.strip_of(rows, vectors) for rows in range(2, FEW + 1)} == {WIDTH}
