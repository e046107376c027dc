"""How tasks share a batch."""

from itertools import pairwise

import numpy as np
import pytest
from networks import network_of

from fastbp import layout
from fastbp.compiling.jit import program
from fastbp.kernels import sharing
from fastbp.kernels.arguments import SHAPED
from fastbp.kernels.lanes.sizes import FEW, SHARD
from fastbp.kernels.portions import Task

pytestmark = pytest.mark.kernels


@program
def shared(network, workspace, rows, task):
    panels = sharing.own_panels(workspace, rows, task)
    return panels.begin, panels.end, sharing.by_units(network, workspace, rows, task), sharing.shards_in(network, rows)


def of_tasks(network, rows, tasks):
    held = layout.workspace(network, rows, 1, tasks, training=True)
    return [shared(network, held, rows, Task(number, tasks, 0)) for number in range(tasks)]


@pytest.mark.parametrize("rows", [1, FEW, 50, 900])
@pytest.mark.parametrize("tasks", [1, 2, 3])
def test_tasks_have_all_panels_between_them(rows, tasks):
    network = network_of([4, 6, 2], "f4")
    found = of_tasks(network, rows, tasks)
    assert found[0][0] == 0 and all(a[1] == b[0] for a, b in pairwise(found))
    assert all(each[2] == (tasks > 1 and rows <= FEW) for each in found if rows <= FEW or tasks == 1)


@pytest.mark.parametrize(
    ("sizes", "rows", "tasks", "by_units"),
    [
        ([40, 16, 3], 48, 2, False),  # of three vectors of rows one task has two, of one of units all
        ([40, 64, 3], 48, 2, True),
        ([40, 64, 3], 64, 2, False),
        ([40, 64, 3], 256, 12, False),  # 4 vectors of units for 12 tasks
        ([40, 192, 3], 256, 12, True),
        ([784, 512, 512, 10], 128, 2, True),  # more weights would cross than units do
        ([784, 512, 512, 10], 512, 2, False),
        ([784, 512, 512, 10], 128, 1, False),
    ],
)
def test_units_are_shared_where_that_leaves_less_to_the_busiest_task(sizes, rows, tasks, by_units):
    assert all(each[2] == by_units for each in of_tasks(network_of(sizes, "f4"), rows, tasks))


def test_a_network_with_something_between_its_layers_has_no_shards():
    network = network_of([4, 6, 2], "f4")
    assert of_tasks(network, 2 * SHARD, 1)[0][3] == 2
    network.table[0, SHAPED] = 1
    assert of_tasks(network, 2 * SHARD, 1)[0][3] == 1
    assert np.all(network.table[1:, SHAPED] == 0)
