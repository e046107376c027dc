"""The step of an optimizer as a sum, with numbers to check by hand; `tests/trace/test_recording.py` has it of all of them as they train."""

import numpy as np
import pytest

import fastbp
from fastbp.kernels import codes
from fastbp.optimizers import OPTIMIZERS
from fastbp.optimizers.linear import Weights, linear


def rates(optimizer, step=1):
    return optimizer.rates(step - 1, 1, np.dtype(np.float64), np.ones(optimizer.n_factors))[0]


def weights(value, gradient, before, after):
    column = [np.array([float(each)]) for each in (value, gradient)]
    return Weights(*column, np.array(before, float).reshape(-1, 1), np.array(after, float).reshape(-1, 1), np.ones(1))


def test_momentum():
    # v = 0.5 * 2 + 3 = 4, p falls by 0.1 * 4.
    found = linear(codes.MOMENTUM, rates(fastbp.SGD(0.1, momentum=0.5)), weights(1, 3, [2], [4]))
    assert (found.direct[0], found.carried, found.kept, found.taken) == pytest.approx((0.1, 0.05, 0.5, 1.0))
    assert found.carried * found.memory + found.direct * 3 == pytest.approx(0.4)


def test_nesterov():
    # p falls by 0.1 * (3 + 0.5 * 4).
    found = linear(codes.MOMENTUM, rates(fastbp.SGD(0.1, momentum=0.5, nesterov=True)), weights(1, 3, [2], [4]))
    assert found.carried * found.memory + found.direct * 3 == pytest.approx(0.5)


def test_adam_at_its_first_step_moves_by_the_rate():
    optimizer = fastbp.AdamW(0.01, weight_decay=0.1)
    found = linear(codes.ADAM, rates(optimizer), weights(2, 3, [0, 0], [0.3, 0.009]))
    assert found.direct * 3 == pytest.approx(0.01, rel=1e-6)
    assert found.beside["weight_decay"] == pytest.approx(-0.01 * 0.1 * 2)


def test_rprop_takes_its_last_step_back():
    # The sign of the gradient has changed: no step by it, and the change before, -0.5, undone.
    found = linear(codes.RPROP, rates(fastbp.Rprop(), 2), weights(1, -3, [2, 1, -0.5], [0, 0.5, 0.5]))
    assert found.direct == 0 and found.beside["taken_back"] == 0.5


@pytest.mark.parametrize("cls", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_optimizer_has_a_sum(cls):
    for optimizer in cls.cases():
        slots = np.ones(optimizer.n_slots)
        found = linear(optimizer.code, rates(optimizer), weights(1, 1, slots, slots))
        assert np.isfinite(found.direct).all() and np.all(found.direct >= 0)
