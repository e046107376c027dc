"""What ``output_activation="auto"`` stood for when a model was first trained it stays."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, N, X

import fastbp


def model_of(outputs=2):
    return fastbp.MLP([X.shape[1], 5, outputs], activation="tanh", seed=0)


@pytest.mark.parametrize("train", [lambda trainer: trainer.fit(X, LABELS, epochs=1), lambda trainer: trainer.step(X, LABELS)])
def test_another_loss_does_not_change_what_a_trained_model_predicts(train):
    model = model_of()
    train(fastbp.Trainer(model, loss="cross_entropy"))
    predicted = model.predict(X)
    np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=1e-5)
    fastbp.Trainer(model, loss="squared_error")
    np.testing.assert_array_equal(model.predict(X), predicted)
    with pytest.raises(ValueError, match="goes with output_activation sigmoid or identity; the model has softmax"):
        fastbp.Trainer(model, loss="binary_cross_entropy")


def test_before_the_first_step_the_last_trainer_decides():
    model = model_of()
    first = fastbp.Trainer(model, loss="cross_entropy")
    fastbp.Trainer(model, loss="squared_error")
    assert str(model.output_activation) == "identity"
    first.fit(X, LABELS, epochs=1)
    assert str(model.output_activation) == "softmax" and not model.output_is_auto


def test_a_trainer_that_comes_too_late_says_so():
    model = model_of()
    first, second = fastbp.Trainer(model, loss="cross_entropy"), fastbp.Trainer(model, loss="binary_cross_entropy")
    first.step(X, LABELS)
    before = model.network.parameters.copy()
    for call in (
        second.step, second.evaluate, second.loss_and_gradients, second.learning_rate_range_test, second.diagnose,
        lambda X, y: second.fit(X, y, epochs=1),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"loss='binary_cross_entropy' goes with .*; the model has softmax"):
            call(X, np.zeros((N, 2)))
    np.testing.assert_array_equal(model.network.parameters, before)


def test_bad_data_settle_nothing():
    model = model_of()
    trainer = fastbp.Trainer(model, loss="cross_entropy")
    for call in (trainer.step, lambda X, y: trainer.fit(X, y, epochs=1)):
        with pytest.raises(ValueError, match="X has"):
            call(X[:, :1], LABELS)
    assert model.output_is_auto


def test_a_loaded_model_is_what_it_was(tmp_path):
    model = model_of()
    fastbp.Trainer(model, loss="cross_entropy").fit(X, LABELS, epochs=1)
    model.save(tmp_path / "model")
    again = fastbp.MLP.load(tmp_path / "model")
    assert not again.output_is_auto
    fastbp.Trainer(again, loss="squared_error").evaluate(X, TARGETS)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    untouched = model_of()
    untouched.save(tmp_path / "new")
    fastbp.Trainer(fastbp.MLP.load(tmp_path / "new"), loss="cross_entropy").fit(X, LABELS, epochs=1)
