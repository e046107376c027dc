"""Lion and resilient back-propagation, step by step in numbers to check by hand: the gradient is twice the parameter."""

import numpy as np
import pytest
from one_parameter import biases

import fastbp
from fastbp.verification.problems import random_inputs, random_model, random_targets


def test_lion_moves_by_the_rate_in_the_direction_of_a_mean():
    # m is 0.5, 0.375 + 0.225 = 0.6, 0.45 - 0.05 = 0.4, 0.3 - 0.325 = -0.025. The gradient changes its sign at the third step, but
    # 0.9 m + 0.1 g, which is 0.52 there and 0.23 at the fourth step, only at the fifth: -0.2625.
    assert biases(fastbp.Lion(0.55, 0.9, 0.75), 5) == pytest.approx([0.45, -0.1, -0.65, -1.2, -0.65], rel=1e-13)


def test_lions_decay_is_apart_from_the_gradient():
    assert biases(fastbp.Lion(0.1, weight_decay=2.0), 1) == [pytest.approx(1 * (1 - 0.2) - 0.1, rel=1e-14)]


def test_sizes_grow_while_the_sign_stays_and_shrink_when_it_changes():
    # Steps of 1/4 and 3/4 to 0; there the gradient is 0, and so is the step.
    assert biases(fastbp.IRpropMinus(0.25, grow=3.0), 4) == [0.75, 0.0, 0.0, 0.0]
    # 1, 0.5, -0.25: the sign has changed. No step, the size 0.75 becomes 0.375, and the next step counts as the first.
    assert biases(fastbp.IRpropMinus(0.5, grow=1.5), 5) == pytest.approx([0.5, -0.25, -0.25, 0.125, 0.125], rel=1e-14)


def test_rprop_takes_the_last_step_back():
    # 1, 0.5, -0.25: back by 0.75 to 0.5; from there 0.375.
    assert biases(fastbp.Rprop(0.5, grow=1.5), 4) == pytest.approx([0.5, -0.25, 0.5, 0.125], rel=1e-14)


@pytest.mark.parametrize("optimizer", [fastbp.Rprop, fastbp.IRpropMinus])
def test_sizes_stay_between_the_least_and_the_most(optimizer):
    steps = -np.diff([1.0, *biases(optimizer(0.01, grow=3.0, most=0.05), 6)])
    assert steps == pytest.approx([0.01, 0.03, 0.05, 0.05, 0.05, 0.05], rel=1e-12)
    assert biases(optimizer(0.01, least=0.3), 1) == [pytest.approx(0.7, rel=1e-14)]


@pytest.mark.parametrize("optimizer", [fastbp.Rprop, fastbp.IRpropMinus])
def test_tiny_gradients_have_signs_too(optimizer):
    """Those whose product is 0 in the type."""
    model = random_model([4, 6, 2], activation="tanh", dtype="float32")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=optimizer(0.01), batch_size=None)
    X, t = random_inputs(20, 4), random_targets("squared_error", 20, 2)
    for _ in range(3):
        # Weights of the last layer are moved by gradients of 1e-25.
        trainer.step(1e-25 * X, model.predict(1e-25 * X) + 1e-25 * t)
    slots = trainer.run.memory.slots
    assert np.isfinite(model.network.parameters).all() and (slots[1][slots[1] > 0] >= 1e-6).all()


@pytest.mark.parametrize(("optimizer", "slots"), [(fastbp.Lion, 1), (fastbp.IRpropMinus, 2), (fastbp.Rprop, 3)])
def test_what_is_remembered(optimizer, slots):
    assert optimizer().n_slots == slots


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fastbp.Lion(beta_1=1), ValueError, r"beta_1 is 1\.0; expected a number in \[0, 1\)"),
        (lambda: fastbp.Lion(0), ValueError, r"learning_rate is 0\.0"),
        (lambda: fastbp.Rprop(shrink=1), ValueError, r"shrink is 1\.0; expected a number in \(0, 1\)"),
        (lambda: fastbp.Rprop(grow=1), ValueError, r"grow is 1\.0; expected a number in \(1, inf\)"),
        (lambda: fastbp.IRpropMinus(least=0), ValueError, r"least is 0\.0"),
        (lambda: fastbp.IRpropMinus(least=2, most=1), ValueError, r"most is 1\.0; expected a number in \[2, inf\)"),
        (lambda: fastbp.IRpropMinus(fastbp.Cosine(0.1)), TypeError, r"learning_rate is Cosine.* of type Cosine; expected a number"),
    ],
)
def test_what_is_no_setting_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
