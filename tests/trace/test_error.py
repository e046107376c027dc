"""Where back-propagation begins."""

import numpy as np
import pytest

import fastbp
from fastbp._textbook import Forward
from fastbp.trace.error import error_of

Z, SHARES = np.array([[0.5, -1.0], [2.0, 0.0]]), np.array([0.25, 0.75])
TARGETS = np.array([[1.0, 0.0], [np.nan, 1.0]])


def begun(loss, output, targets=TARGETS):
    return error_of(loss, output, Forward([Z], [Z, output.reference(Z)], [Z]), targets, SHARES)


def test_of_predictions_the_error_of_the_outputs_is_told():
    values, delta, error = begun(fastbp.SquaredError(), fastbp.Sigmoid())
    a = fastbp.Sigmoid().reference(Z)
    np.testing.assert_allclose(error, [[0.25 * (a[0, 0] - 1), 0.25 * a[0, 1]], [0, 0.75 * (a[1, 1] - 1)]])
    np.testing.assert_allclose(delta, error * a * (1 - a))
    np.testing.assert_allclose(values, [0.125 * ((a[0, 0] - 1) ** 2 + a[0, 1] ** 2), 0.375 * (a[1, 1] - 1) ** 2])


def test_of_logits_it_is_not():
    values, delta, error = begun(fastbp.BinaryCrossEntropy(), fastbp.Sigmoid())
    assert error is None and delta[1, 0] == 0 and values[1] == pytest.approx(0.375 * np.log(2))


def test_softmax_carries_the_errors_that_there_are_to_all_outputs():
    _, delta, error = begun(fastbp.SquaredError(), fastbp.Softmax())
    assert error[1, 0] == 0 and delta[1, 0] == pytest.approx(-delta[1, 1]) and delta[1, 0] != 0
