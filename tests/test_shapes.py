"""Nets, data sets and batches of every shape, trained by `Trainer.fit` and by the oracle's loop."""

import numpy as np
import pytest
from cases import close
from hypothesis import example, given, settings
from hypothesis import strategies as st

import fastbp
from fastbp.losses import LOSSES
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets


def check_training(layer_sizes, rows, batch_size, *, loss="squared_error", activation="tanh", optimizer="sgd", epochs=2, seed=0):
    model = random_model(layer_sizes, seed=seed, activation=activation)
    trainer = fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=batch_size, shuffle=False)
    X, t = random_inputs(rows, layer_sizes[0], seed=seed), random_targets(loss, rows, layer_sizes[-1], seed=seed)
    net, losses = net_after_training(trainer, X, t, epochs=epochs, batch_size=batch_size)
    history = trainer.fit(X, t, epochs=epochs)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)
    close([*model.weights, *model.biases], net.parameters, rtol=1e-12)
    assert trainer.steps == epochs * -(-rows // min(batch_size or rows, rows))


# Hypothesis visits some members of a list often and others never: what must not be left out is a parameter of pytest's.
@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
@pytest.mark.parametrize("optimizer", [fastbp.SGD(0.1), fastbp.SGD(0.1, momentum=0.9), fastbp.RMSprop(0.01, epsilon=1e-2)])
@settings(max_examples=100)
@given(
    layer_sizes=st.lists(st.integers(1, 33), min_size=2, max_size=6),
    rows=st.integers(1, 50),
    batch_size=st.none() | st.integers(1, 64),
    seed=st.integers(0, 2**20),
)
@example([1, 1], 1, 1, 0)
@example([33, 33, 33, 33, 33, 33], 50, 64, 0)
def test_training_follows_the_oracle_for_every_shape(loss, optimizer, layer_sizes, rows, batch_size, seed):
    check_training(layer_sizes, rows, batch_size, loss=loss, optimizer=optimizer, seed=seed)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "identity"])
@settings(max_examples=70)
@given(
    layer_sizes=st.lists(st.integers(2, 33), min_size=2, max_size=6),
    rows=st.integers(1, 50),
    batch_size=st.none() | st.integers(1, 64),
)
def test_training_a_classifier_follows_the_oracle_for_every_shape(activation, layer_sizes, rows, batch_size):
    check_training(layer_sizes, rows, batch_size, loss="cross_entropy", activation=activation, optimizer=fastbp.SGD(0.1))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("layer_sizes", "rows", "batch_size"),
    [
        pytest.param([4, 5, 3], 1, 8, id="one row"),
        pytest.param([1, 5, 3], 20, 8, id="one feature"),
        pytest.param([4, 3], 20, 8, id="one layer"),
        pytest.param([4, *[6] * 19, 3], 20, 8, id="20 layers"),
        pytest.param([4, 5, 3], 20, 64, id="a batch larger than the data"),
        pytest.param([4, 5, 3], 20, None, id="the whole set at once"),
        pytest.param([4, 5, 3], 21, 4, id="a last batch of one row"),
        pytest.param([4, 5, 3], 20, 1, id="one sample at a time"),
        pytest.param([4, 1, 3], 20, 8, id="one hidden unit"),
        pytest.param([300, 7, 520], 9, 9, id="wider than a block of the product"),
    ],
)
def test_unusual_shapes(loss, layer_sizes, rows, batch_size):
    check_training(layer_sizes, rows, batch_size, loss=loss, optimizer=fastbp.SGD(0.1))


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
def test_one_output_takes_targets_with_and_without_a_second_dimension(loss):
    X, t = random_inputs(20, 4), random_targets(loss, 20, 1)
    models = []
    for targets in (t, t[:, 0]):
        models.append(random_model([4, 5, 1]))
        fastbp.Trainer(models[-1], loss=loss, batch_size=8, shuffle=False).fit(X, targets, epochs=2)
    np.testing.assert_equal(models[0].weights, models[1].weights)
    check_training([4, 5, 1], 20, 8, loss=loss)


def test_batches_are_those_of_the_rows_in_the_order_of_the_data():
    X, t = random_inputs(10, 4), random_targets("squared_error", 10, 3)
    fitted, stepped = (fastbp.Trainer(random_model([4, 5, 3]), loss="squared_error", batch_size=4, shuffle=False) for _ in range(2))
    fitted.fit(X, t, epochs=1)
    for batch in (slice(0, 4), slice(4, 8), slice(8, 10)):
        stepped.step(X[batch], t[batch])
    np.testing.assert_equal(fitted.model.weights, stepped.model.weights)
    np.testing.assert_equal(fitted.model.biases, stepped.model.biases)
