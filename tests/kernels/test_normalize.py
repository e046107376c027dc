"""Normalisation by the kernels against the reference, over sizes and types; running averages; what does not depend on the batch."""

import numpy as np
import pytest
from cases import close
from hypothesis import given, settings
from hypothesis import strategies as st

import fastbp
from fastbp.between import NORMALIZATIONS
from fastbp.compiling.jit import DISABLED
from fastbp.verification import reference
from fastbp.verification.problems import random_inputs, random_model, random_targets

pytestmark = pytest.mark.kernels

LIMITS = {"float32": 2e-4, "float64": 1e-10}
MOST = 12 if DISABLED else 70


def trainer_of(sizes, dtype, normalization, **settings):
    model = random_model(sizes, dtype=dtype, activation="tanh", normalization=normalization)
    return fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.05), batch_size=None, shuffle=False, seed=0, **settings)


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@settings(max_examples=5 if DISABLED else 25)
@given(rows=st.integers(1, 90), hidden=st.integers(1, MOST), second=st.integers(2, MOST))
def test_losses_gradients_and_predictions_are_those_of_the_reference(normalization, dtype, rows, hidden, second):
    sizes = [3, hidden, second, 2]
    # The variance of two close rows, or units, has few digits.
    trainer = trainer_of(sizes, dtype, NORMALIZATIONS[normalization](epsilon=0.1))
    X, t = random_inputs(rows, 3, dtype=dtype), random_targets("squared_error", rows, 2, dtype=dtype)
    net = reference.net_of(trainer.model)
    loss, *found = trainer.loss_and_gradients(X, t)
    wanted_loss, *wanted = reference.loss_and_gradients(net, "squared_error", X, t)
    assert loss == pytest.approx(wanted_loss, rel=LIMITS[dtype])
    for ours, theirs in zip(found, wanted, strict=True):
        for array, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(array, other, rtol=LIMITS[dtype], atol=LIMITS[dtype])
    np.testing.assert_allclose(trainer.model.predict(X), reference.forward(net, X).outputs[-1], rtol=LIMITS[dtype], atol=LIMITS[dtype])


@pytest.mark.parametrize("rows", [1, 2, 8, 9, 40])
def test_averages_follow_the_batches_and_gradients_leave_them_alone(rows):
    trainer = trainer_of([3, 6, 2], "float64", "batch")
    X, t, model = random_inputs(rows, 3), random_targets("squared_error", rows, 2), trainer.model
    z = X @ model.weights[0] + model.biases[0]
    trainer.loss_and_gradients(X, t)
    assert model.running_means[0].tolist() == [0] * 6 and model.running_variances[0].tolist() == [1] * 6
    trainer.step(X, t)
    close([model.running_means[0]], [0.1 * z.mean(0)], rtol=1e-12)
    variance = z.var(0, ddof=1) if rows > 1 else np.zeros(6)
    close([model.running_variances[0]], [0.9 + 0.1 * variance], rtol=1e-12)


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_a_prediction_does_not_depend_on_the_rows_beside_it(normalization, dtype):
    trainer, X = trainer_of([3, 37, 5, 2], dtype, normalization), random_inputs(60, 3, dtype=dtype)
    trainer.step(X, random_targets("squared_error", 60, 2, dtype=dtype))
    every = trainer.model.predict(X)
    for rows in (slice(0, 1), slice(3, 10), slice(20, 59)):
        assert np.array_equal(trainer.model.predict(X[rows]), every[rows])


def test_large_logits_lose_no_variance():
    """A mean a million times as large as the deviation: two passes over the batch find both."""
    trainer = trainer_of([3, 6, 2], "float64", "batch")
    trainer.model.biases[0][:] = 1e6
    X = random_inputs(40, 3)
    trainer.step(X, random_targets("squared_error", 40, 2))
    assert np.allclose(trainer.model.running_variances[0], 0.9 + 0.1 * (X @ random_model([3, 6, 2]).weights[0]).var(0, ddof=1), rtol=1e-6)


@pytest.mark.parametrize("rows", [6, 40])
def test_biases_before_a_normalised_batch_have_no_gradient(rows):
    trainer = trainer_of([3, 6, 5, 2], "float32", "batch")
    _, _, biases, *_ = trainer.loss_and_gradients(random_inputs(rows, 3), random_targets("squared_error", rows, 2))
    assert not biases[0].any() and not biases[1].any() and biases[2].all()


def test_what_is_not_finite_is_told():
    trainer = trainer_of([3, 6, 2], "float32", "batch")
    trainer.model.scales[0][2] = np.nan
    with pytest.raises((ValueError, fastbp.DivergenceError)):
        trainer.fit(random_inputs(40, 3), random_targets("squared_error", 40, 2), epochs=1)
