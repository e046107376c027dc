import numpy as np
import pytest
import reference
from cases import close, random_inputs, random_model, random_targets, random_weights
from hypothesis import given, settings
from hypothesis import strategies as st

import fastbp
from fastbp import layout
from fastbp._jit import program
from fastbp.activations import ACTIVATIONS
from fastbp.data import Rows
from fastbp.kernels import delta as kernels
from fastbp.kernels.arguments import N_IN, N_OUT, UNITS_OUT, WEIGHT
from fastbp.kernels.forward import forward
from fastbp.kernels.gather import gather_targets
from fastbp.losses import LOSSES

pytestmark = pytest.mark.kernels

HIDDEN = [name for name, cls in ACTIVATIONS.items() if not cls.output_only]
PAIRS = [(loss, output) for loss, cls in LOSSES.items() for output in cls.allowed]


@program
def forward_and_delta(loss, network, workspace, data, rows, tasks):
    gather_targets(data, 0, workspace, rows, 0.0)
    forward(network, workspace, data, 0, rows, tasks)
    kernels.delta(loss, network, workspace, data, rows, tasks)


def run(model, loss, X, targets, weights=None, *, spare=0, tasks=1):
    """Loss of each row, and the deltas of each layer."""
    data = Rows(X, targets, None if weights is None else weights[:, np.newaxis])
    rows, table = len(X), model.network.table
    workspace = layout.workspace(model.network, rows + spare, data.target_width, training=True)
    workspace.deltas[:] = np.nan
    for row, weight in zip(table, model.weights, strict=True):
        workspace.transposed[row[WEIGHT] : row[WEIGHT] + row[N_IN] * row[N_OUT]] = weight.T.ravel()
    forward_and_delta(LOSSES[loss].code, model.network, workspace, data.data(np.arange(rows)), rows, tasks)
    begins = workspace.capacity * table[:, UNITS_OUT]
    deltas = [workspace.deltas[b : b + rows * n].reshape(rows, n) for b, n in zip(begins, table[:, N_OUT], strict=True)]
    assert all(
        np.isnan(workspace.deltas[b + rows * n : b + workspace.capacity * n]).all() for b, n in zip(begins, table[:, N_OUT], strict=True)
    )
    return workspace.row_losses[:rows], deltas


def check_deltas(model, loss, rows, *, weighted=False, **how):
    X, t = (
        random_inputs(rows, model.layer_sizes[0], dtype=model.dtype),
        random_targets(loss, rows, model.layer_sizes[-1], dtype=model.dtype),
    )
    w = random_weights(rows) if weighted else None
    net, (losses, deltas) = reference.net_of(model), run(model, loss, X, t, w, **how)
    close([losses], [reference.losses(net, loss, X, t, w)], rtol=1e-13)
    close(deltas, reference.deltas(net, loss, X, t, w), rtol=1e-13)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_every_layer_follows_the_oracle(loss, output, hidden):
    model = random_model([5, 7, 6, 3], activation=hidden, output_activation=output)
    check_deltas(model, loss, 9)
    check_deltas(model, loss, 9, weighted=True, spare=2)


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
@settings(max_examples=60)
@given(
    layer_sizes=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    rows=st.integers(1, 40),
    spare=st.integers(0, 3),
    weighted=st.booleans(),
)
def test_every_shape_follows_the_oracle(loss, layer_sizes, rows, spare, weighted):
    check_deltas(random_model(layer_sizes, activation="tanh"), loss, rows, spare=spare, weighted=weighted)


@settings(max_examples=50)
@given(layer_sizes=st.lists(st.integers(2, 40), min_size=2, max_size=4), rows=st.integers(1, 40), tasks=st.integers(2, 5))
def test_tasks_change_no_bit(layer_sizes, rows, tasks):
    model, X = random_model(layer_sizes), random_inputs(rows, layer_sizes[0])
    for loss in LOSSES:
        t = random_targets(loss, rows, layer_sizes[-1])
        np.testing.assert_equal(run(model, loss, X, t, tasks=tasks), run(model, loss, X, t, tasks=1))


def test_labels_give_the_deltas_of_one_hot_rows():
    model, X, labels = random_model([4, 6, 3], output_activation="softmax"), random_inputs(11, 4), np.arange(11) % 3
    found, wanted = run(model, "cross_entropy", X, labels[:, np.newaxis]), run(model, "cross_entropy", X, np.eye(3)[labels])
    close([found[0], *found[1]], [wanted[0], *wanted[1]], rtol=1e-14)


def test_layers_may_differ_in_their_activations():
    model = random_model([3, 4, 5, 6, 2], activation=["tanh", fastbp.LeakyReLU(0.3), "sigmoid"], output_activation=fastbp.LeakyReLU(0.7))
    check_deltas(model, "squared_error", 9)
