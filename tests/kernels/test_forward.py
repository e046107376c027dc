import numpy as np
import pytest
import reference
from cases import close, random_inputs, random_model
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fastbp
from fastbp import layout
from fastbp._jit import program
from fastbp.activations import ACTIVATIONS
from fastbp.data import Rows
from fastbp.kernels import forward as kernels
from fastbp.kernels.arguments import N_IN, N_OUT, UNITS_IN, UNITS_OUT

pytestmark = pytest.mark.kernels

HIDDEN = [name for name, cls in ACTIVATIONS.items() if not cls.output_only]
SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=4)


@program
def forward(network, workspace, data, first, rows, tasks):
    kernels.forward(network, workspace, data, first, rows, tasks)


def run(model, X, *, order=None, first=0, rows=None, spare=0, tasks=1):
    """The input and the units of each layer as the kernel leaves them; the workspace has room for `spare` rows more."""
    rows = len(X) if rows is None else rows
    workspace = layout.workspace(model.network, rows + spare, 0, training=False)
    workspace.activations[:] = np.nan
    data = Rows(X).data(np.arange(len(X)) if order is None else order)
    forward(model.network, workspace, data, first, rows, tasks)
    units = []
    for place, width in zip((UNITS_IN, UNITS_OUT), (N_IN, N_OUT), strict=True):
        for row in model.network.table if place == UNITS_OUT else model.network.table[:1]:
            begin = workspace.capacity * row[place]
            assert np.isnan(workspace.activations[begin + rows * row[width] : begin + workspace.capacity * row[width]]).all()
            units.append(workspace.activations[begin : begin + rows * row[width]].reshape(rows, row[width]))
    return units


def oracle(model, X):
    """Hidden layers are activated; the output layer keeps its logits."""
    done = reference.forward(reference.net_of(model), X)
    return [*done.outputs[:-1], done.logits[-1]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", HIDDEN)
@settings(max_examples=30)
@given(layer_sizes=SIZES, rows=st.integers(1, 40), spare=st.integers(0, 3))
@example([3, 260, 2], 5, 0)
@example([2, 3, 515], 3, 1)
def test_every_layer_follows_the_oracle(activation, dtype, layer_sizes, rows, spare):
    model = random_model(layer_sizes, activation=activation, output_activation="sigmoid", dtype=dtype)
    X = random_inputs(rows, layer_sizes[0], dtype=dtype)
    close(run(model, X, spare=spare), oracle(model, X), rtol=64 * np.finfo(dtype).eps)


@settings(max_examples=50)
@given(layer_sizes=SIZES, rows=st.integers(1, 40), tasks=st.integers(2, 5))
def test_tasks_change_no_bit(layer_sizes, rows, tasks):
    model, X = random_model(layer_sizes), random_inputs(rows, layer_sizes[0])
    np.testing.assert_equal(run(model, X, tasks=tasks), run(model, X, tasks=1))


def test_layers_may_differ_in_their_activations():
    model = random_model([3, 4, 5, 6, 2], activation=["relu", fastbp.LeakyReLU(0.3), "sigmoid"])
    X = random_inputs(9, 3)
    close(run(model, X), oracle(model, X), rtol=1e-13)


@pytest.mark.parametrize("tasks", [1, 2])
def test_a_batch_in_the_middle_of_the_order(tasks):
    model, X = random_model([3, 5, 2]), random_inputs(20, 3)
    order = np.random.default_rng(0).permutation(20)
    close(run(model, X, order=order, first=6, rows=9, tasks=tasks), oracle(model, X[order[6:15]]), rtol=1e-13)


def test_a_row_has_the_same_bits_in_any_batch():
    model, X = random_model([7, 9, 5]), random_inputs(11, 7)
    together, alone = run(model, X), [run(model, X[i : i + 1]) for i in range(11)]
    for layer, units in enumerate(together):
        np.testing.assert_array_equal(units, np.concatenate([one[layer] for one in alone]))
