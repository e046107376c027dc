"""Losses as scikit-learn reports them: probabilities cut off, with the digits that they have lost."""

import numpy as np
import pytest
from sklearn.neural_network._base import binary_log_loss, inplace_logistic, inplace_softmax, log_loss, squared_loss

import fastbp
from fastbp.data.rows import Rows, as_they_lie
from fastbp.sklearn.losses import Criterion
from fastbp.training.engine import Engine
from fastbp.training.run import Run

pytestmark = pytest.mark.kernels

RANDOM = np.random.default_rng(0)
LOGITS = np.r_[RANDOM.normal(size=20), np.linspace(-60, 60, 61), -800, 800, 0]


def loss_and_deltas(output, z, targets):
    """Of a network that hands its inputs on: its gradients by these are the deltas."""
    criterion = Criterion(output, z.shape[1])
    model = fastbp.MLP(
        [z.shape[1]] * 2, output_activation=criterion.output, init=([np.eye(z.shape[1])], [np.zeros(z.shape[1])]), dtype="float64"
    )
    run = Run(model, criterion.loss, fastbp.SGD(), batch_size=None, shuffle=False, seed=0, threads=1, precision="float32")
    run.take_output()
    loss, flat = Engine(run).gradients(Rows(z, criterion.targets(targets)), as_they_lie(len(z)))
    return loss, fastbp.layout.matrices(flat, model.network.table)[1][0]


@pytest.mark.parametrize("wanted", [0.0, 1.0])
@pytest.mark.parametrize("z", LOGITS)
def test_yes_or_no(z, wanted):
    p, t = np.array([[z]]), np.array([[wanted]])
    with np.errstate(over="ignore"):
        inplace_logistic(p)
    loss, slope = loss_and_deltas("logistic", np.array([[z]]), t)
    assert loss == pytest.approx(binary_log_loss(t, p), rel=1e-13, abs=3e-16)
    assert slope[0] == pytest.approx(p[0, 0] - wanted, rel=1e-14, abs=1e-16)


@pytest.mark.parametrize("scale", [1, 10, 100])
def test_classes(scale):
    for _ in range(20):
        z, t = scale * RANDOM.normal(size=(1, 4)), np.eye(4, dtype=bool)[[RANDOM.integers(4)]]
        p = z.copy()
        inplace_softmax(p)
        loss, slope = loss_and_deltas("softmax", z, t)
        assert loss == pytest.approx(log_loss(t, p), rel=1e-13, abs=3e-16)
        np.testing.assert_allclose(slope, (p - t)[0], rtol=1e-13, atol=1e-16)


def test_squares():
    z, t = RANDOM.normal(size=(30, 3)), RANDOM.normal(size=(30, 3))
    loss, slope = loss_and_deltas("identity", z, t)
    assert loss == pytest.approx(squared_loss(t, z), rel=1e-14)
    np.testing.assert_allclose(slope, (z - t).mean(axis=0), rtol=1e-13)
