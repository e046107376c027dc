"""Single calls: what they give, and that they leave the model free."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, X, bits, make

import fastbp
from fastbp.training import guard
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


@pytest.mark.parametrize("seconds", [0, 1e9])
@pytest.mark.parametrize(("steps", "kept"), [(200, 0), (256, 256), (300, 256)])
def test_what_a_step_goes_back_to_depends_on_no_clock(monkeypatch, steps, kept, seconds):
    for name in ("_KEEP", "_LOOK", "_RARELY", "_OFTEN"):
        monkeypatch.setattr(guard, name, seconds)
    trainer, twin = (make("adam", loss="squared_error") for _ in range(2))
    for _ in range(steps):
        trainer.step(X, TARGETS)
    trainer.optimizer.learning_rate = 3e38
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError, match=f"weights of step {kept} are kept"):
        for _ in range(100):
            trainer.step(X, TARGETS)
    for _ in range(kept):
        twin.step(X, TARGETS)
    twin.optimizer.learning_rate = 3e38
    assert bits(trainer) == bits(twin)


def test_a_step_finds_weights_that_the_loss_does_not_show():
    model = fastbp.MLP([3, 6, 2], activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error")
    trainer.step(X, TARGETS)
    model.weights[0][0, 0], hidden = np.inf, X.copy()
    hidden[:, 0] = -1
    with pytest.raises(fastbp.DivergenceError, match="or a weight, became infinite"):
        for _ in range(16):
            trainer.step(hidden, TARGETS)
    assert np.isfinite(model.network.parameters).all() and trainer.steps == 0
