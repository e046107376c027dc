"""What an estimator minimises, by its output activation."""

import numpy as np
import pytest
from sklearn.neural_network._base import poisson_loss

from fastbp.sklearn.losses import Criterion


@pytest.mark.parametrize(("output", "factor"), [("softmax", 1), ("logistic", 3), ("identity", 1), ("exp", 3)])
def test_losses_that_are_means_over_outputs_count_as_many_times(output, factor):
    assert Criterion(output, 3).factor == factor


def test_settings_are_the_rounding_error_or_the_number_of_outputs():
    for output in ("softmax", "logistic"):
        for dtype in ("f4", "f8"):
            assert Criterion(output, 3).loss.objective(np.dtype(dtype)).settings[0] == np.finfo(dtype).eps
    assert Criterion("identity", 3).loss.objective(np.dtype("f8")).settings[0] == 3


def test_targets_are_numbers_of_classes_or_what_they_were():
    y = np.eye(3, dtype=bool)[[2, 0, 1]]
    assert Criterion("softmax", 3).targets(y).tolist() == [[2], [0], [1]]
    assert Criterion("logistic", 3).targets(y) is y


def test_counts_have_a_constant_beside_the_loss():
    y, p = np.array([[0, 2.0], [3, 1]]), np.array([[0.5, 2.5], [3, 3]])
    own = (p - y * np.log(p)).sum(axis=1) + Criterion("exp", 2).constants(y)
    assert own.mean() == pytest.approx(poisson_loss(y, p), rel=1e-14)
    assert Criterion("identity", 2).constants(y) is None
