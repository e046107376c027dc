"""A user's loss in the kernels: by vectors and number by number, with targets that may be missing."""

import numpy as np
import own_functions as own
import pytest

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.verification.problems import random_inputs, random_model, random_targets

pytestmark = pytest.mark.kernels

DTYPES = [("float64", 1e-13), ("float32", 2e-5)]
FUNCTIONS = {
    "vectors": (own.cubed_error, own.cubed_error_derivative),
    "one by one": (own.uneven_error, own.uneven_error_derivative),
    "a number": (lambda p, t: 3.0 * p, lambda p, t: 3),
    "where": (lambda p, t: np.where(p > t, p - t, 0.5 * (t - p)), lambda p, t: np.where(p > t, 1.0, -0.5)),
}


# What is odd about the last two are Python's numbers in them, which are of float64.
@pytest.mark.parametrize(
    ("name", "dtype", "limit"), [(name, *each) for name in FUNCTIONS for each in DTYPES[name in ("a number", "where") :]]
)
@pytest.mark.parametrize("rows", [1, 5, 40, 300])
@pytest.mark.parametrize("missing", [False, True])
def test_losses_and_gradients_are_those_of_the_functions(name, missing, rows, dtype, limit):
    loss = fastbp.CustomLoss(*FUNCTIONS[name])
    model = random_model([4, 2], dtype=dtype)
    trainer = fastbp.Trainer(model, loss=loss, threads=1, missing_targets="ignore" if missing else "error")
    X, t = random_inputs(rows, 4, dtype=dtype), random_targets("squared_error", rows, 2, dtype=dtype)
    gone = np.zeros(t.shape, bool)
    if missing:
        gone = np.random.default_rng(0).random(t.shape) < 0.5
        t[gone] = np.nan
    value, (dW,), (db,) = trainer.loss_and_gradients(X, t)
    p = model.predict(X).astype(np.float64)
    values, slopes = (
        np.array([0.0 if dropped else float(f(a, b)) for a, b, dropped in zip(p.flat, t.flat, gone.flat, strict=True)]).reshape(p.shape)
        for f in FUNCTIONS[name]
    )
    scale = max(1.0, float(np.abs(values).max()), float(np.abs(slopes).max()))
    assert value == pytest.approx(values.mean(), abs=limit * scale)
    np.testing.assert_allclose(db, slopes.sum(axis=0) / t.size, rtol=0, atol=limit * scale)
    np.testing.assert_allclose(dW, X.T.astype(np.float64) @ slopes / t.size, rtol=0, atol=4 * limit * scale)


@pytest.mark.skipif(DISABLED, reason="Python takes any function")
def test_what_cannot_be_compiled_is_told_and_the_model_stays_in_order():
    def branches(p, t):
        return p - t if p > t else np.where(p > 0, t - p, 0.5 * (t - p)) + 0.0

    loss = fastbp.CustomLoss(branches, lambda p, t: 1.0 if p > t else np.where(p > 0, -1.0, -0.5) + 0.0)
    model = random_model([4, 2])
    trainer = fastbp.Trainer(model, loss=loss)
    for _ in range(2):
        with pytest.raises(TypeError, match="value of the loss can be compiled neither for vectors nor for numbers"):
            trainer.fit(random_inputs(5, 4), random_targets("squared_error", 5, 2), epochs=1)
    fastbp.Trainer(model, loss="huber").fit(random_inputs(5, 4), random_targets("squared_error", 5, 2), epochs=1)
