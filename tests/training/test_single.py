"""Single calls: what they give, and that they leave the model free."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, X, bits, make

import fastbp
from fastbp.verification import reference


def test_a_step_is_a_fit_of_one_batch():
    stepped, fitted = make(batch_size=None, shuffle=False), make(batch_size=None, shuffle=False)
    losses = [stepped.step(X, LABELS) for _ in range(5)]
    fitted.fit(X, LABELS, epochs=5)
    np.testing.assert_allclose(losses, fitted.history.loss, rtol=1e-6)
    assert stepped.model.network.parameters.tobytes() == fitted.model.network.parameters.tobytes()


def test_a_gradient_changes_nothing():
    trainer = make(dtype="float64")
    before = bits(trainer)
    loss, weights, biases = trainer.loss_and_gradients(X, LABELS)
    wanted = reference.loss_and_gradients(reference.net_of(trainer.model), "cross_entropy", X, np.eye(2)[LABELS])
    assert loss == pytest.approx(wanted[0])
    for found, expected in zip([*weights, *biases], [*wanted[1], *wanted[2]], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    assert bits(trainer) == before


def test_a_step_that_diverges_gives_the_weights_and_the_model_back():
    trainer = make(fastbp.SGD(1e20), loss="squared_error")
    with pytest.raises(fastbp.DivergenceError):
        for _ in range(100):
            trainer.step(X, TARGETS)
    assert np.isfinite(trainer.model.network.parameters).all()
    assert trainer.model.turns.users == [] and not trainer.model.turns.changes
    trainer.model.predict(X)
