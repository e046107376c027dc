"""Right answers, counted row by row: of nets that hand their inputs on as logits."""

import numpy as np
import pytest

import fastbp

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
ROWS = [1, 2, 8, 9, 17, 40, 300]


def accuracy(loss, logits, targets, sample_weight=None):
    n = logits.shape[1]
    model = fastbp.MLP([n, n], output_activation="identity", init=([np.eye(n)], [np.zeros(n)]), dtype=logits.dtype)
    return fastbp.Trainer(model, loss=loss, threads=1).evaluate(logits, targets, sample_weight)["accuracy"]


def random_logits(rows, columns, dtype):
    return np.random.default_rng([rows, columns]).normal(size=(rows, columns)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [2, 3, 17])
@pytest.mark.parametrize("rows", ROWS)
def test_the_largest_logit_is_the_answer(rows, columns, dtype):
    logits, random = random_logits(rows, columns, dtype), np.random.default_rng(0)
    labels, weights = random.integers(0, columns, rows), random.uniform(0.1, 2, rows)
    right = logits.argmax(axis=1) == labels
    eps = rows * float(np.finfo(dtype).eps)
    assert accuracy("cross_entropy", logits, labels) == pytest.approx(right.mean(), abs=eps)
    assert accuracy("cross_entropy", logits, labels, weights) == pytest.approx(np.average(right, weights=weights), abs=eps)
    probabilities = random.dirichlet(np.ones(columns), rows)
    wanted = (logits.argmax(axis=1) == probabilities.argmax(axis=1)).mean()
    assert accuracy("cross_entropy", logits, probabilities) == pytest.approx(wanted, abs=eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [1, 2, 5])
@pytest.mark.parametrize("rows", ROWS)
def test_outputs_on_the_right_side_of_one_half_are_counted(rows, columns, dtype):
    logits, random = random_logits(rows, columns, dtype), np.random.default_rng(1)
    targets, weights = random.uniform(0, 1, (rows, columns)), random.uniform(0.1, 2, rows)
    right = ((logits > 0) == (targets > 0.5)).mean(axis=1)
    eps = rows * float(np.finfo(dtype).eps)
    assert accuracy("binary_cross_entropy", logits, targets) == pytest.approx(right.mean(), abs=eps)
    assert accuracy("binary_cross_entropy", logits, targets, weights) == pytest.approx(np.average(right, weights=weights), abs=eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_of_equal_logits_the_first_is_the_answer(dtype):
    logits = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]], dtype)
    assert accuracy("cross_entropy", logits, [0, 1, 0]) == pytest.approx(1)
    assert accuracy("cross_entropy", logits, [1, 2, 2]) == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_zero_is_below_one_half_and_so_is_one_half(dtype):
    logits = np.zeros((4, 1), dtype)
    assert accuracy("binary_cross_entropy", logits, [0, 0, 0.5, 0.5]) == 1
    assert accuracy("binary_cross_entropy", logits, [1, 1, 1, 0.75]) == 0
