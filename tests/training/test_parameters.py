"""The model's weights and biases as a piece of a run."""

import numpy as np
import pytest

import fastbp
from fastbp.training.parameters import Parameters


@pytest.fixture
def model():
    return fastbp.MLP([3, 4, 2], seed=0)


def test_they_are_named_as_in_a_model_file(model):
    state = Parameters(model).state()
    assert list(state) == ["weights.0", "weights.1", "biases.0", "biases.1"]
    assert all(np.shares_memory(array, model.network.parameters) for array in state.values())


def test_a_state_is_copied_into_the_model(model):
    other = fastbp.MLP([3, 4, 2], seed=1)
    before = [array.copy() for array in other.weights]
    Parameters(model).load_state(Parameters(other).state())
    other.weights[0][:] = 7
    assert all(np.array_equal(*pair) for pair in zip(model.weights, before, strict=True))


def test_a_state_of_another_net_is_refused(model):
    with pytest.raises(ValueError, match=r"weights.0 has shape \(3, 5\)"):
        Parameters(model).load_state(Parameters(fastbp.MLP([3, 5, 2], seed=0)).state())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_seen(model, value):
    parameters = Parameters(model)
    assert parameters.is_finite()
    model.biases[1][1] = value
    assert not parameters.is_finite()
