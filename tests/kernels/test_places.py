"""Where the units of a layer lie: each in a place of its own."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from chains import lanes
from networks import network_of

from fastbp import layout
from fastbp.compiling.jit import program
from fastbp.data.rows import Rows
from fastbp.kernels import places

pytestmark = pytest.mark.kernels

DTYPES = ["f4", "f8"]
SIZES = [3, 20, 7]


class Sources(NamedTuple):
    """What is asked of a data set."""

    sources: Any


@program
def place_of(network, workspace, layer, panel, unit):
    rows = places.panel_rows_of(workspace)
    return places.input_at(network, workspace, layer, panel, unit), places.output_at(network, workspace, layer, panel, unit), rows


@program
def outputs_of(network, workspace, data, vector):
    return places.outputs_of(network, workspace, data, vector)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [1, 16, 100])
def test_no_two_units_share_a_place_and_all_lie_before_those_of_few_rows(rows, dtype):
    network = network_of(SIZES, dtype)
    held = layout.workspace(network, rows, 1, 1, training=True)
    taken = np.zeros(held.activations.size, int)
    panels = -(-rows // (held.width * lanes(dtype)))
    for layer, units in enumerate(SIZES):
        for panel in range(panels):
            for unit in range(units):
                # Of the layer whose inputs these are, or for the last the outputs.
                at, out, count = place_of(network, held, min(layer, 1), panel, unit)
                begin = at if layer < 2 else out
                taken[begin : begin + count] += 1
    assert taken.max() == 1 and taken.sum() == panels * held.width * lanes(dtype) * sum(SIZES)
    assert not taken[held.few :].any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_outputs_of_a_layer_are_the_inputs_of_the_next(dtype):
    network = network_of(SIZES, dtype)
    held = layout.workspace(network, 100, 1, 1, training=True)
    for panel in range(2):
        for unit in range(SIZES[1]):
            assert place_of(network, held, 0, panel, unit)[1] == place_of(network, held, 1, panel, unit)[0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [1, 7])
def test_outputs_and_targets_of_a_vector_of_rows(width, dtype):
    network, rows, side = network_of(SIZES, dtype), 100, lanes(dtype)
    held = layout.workspace(network, rows, width, 1, training=True)
    data = Sources(Rows(np.zeros((rows, 3), dtype), np.zeros((rows, width), dtype)).sources)
    panel_rows = held.width * side
    for vector in range(-(-rows // side)):
        found = outputs_of(network, held, data, vector)
        panel, lane = vector * side // panel_rows, vector * side % panel_rows
        assert (found.first_row, found.units, found.panel_rows) == (vector * side, 7, panel_rows)
        assert found.at == place_of(network, held, 1, panel, 0)[1] + lane
        assert found.targets_at == panel * panel_rows * width + lane
