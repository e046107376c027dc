"""The integers by which kernels know what is asked for."""

import numpy as np
import pytest

from fastbp.activations import ACTIVATIONS
from fastbp.kernels import codes
from fastbp.losses import LOSSES
from fastbp.optimizers import OPTIMIZERS


TABLES = {"activations": ACTIVATIONS, "losses": LOSSES, "optimizers": OPTIMIZERS}
CODES = {
    "activations": [codes.IDENTITY, codes.SIGMOID, codes.TANH, codes.RELU, codes.LEAKY_RELU, codes.SOFTMAX],
    "losses": [codes.SQUARED_ERROR, codes.CROSS_ENTROPY, codes.BINARY_CROSS_ENTROPY],
    "optimizers": [codes.SGD, codes.MOMENTUM, codes.RMSPROP, codes.RMSPROP_MOMENTUM, codes.ADAM],
}


@pytest.mark.parametrize("kind", TABLES)
def test_everything_registered_has_a_code_and_every_code_is_of_something(kind):
    found = {case.code for cls in TABLES[kind].values() for case in cls.cases()}
    assert sorted(found) == sorted(CODES[kind]) and len(set(CODES[kind])) == len(CODES[kind])


def test_no_optimizer_is_no_update():
    assert codes.NO_UPDATE not in CODES["optimizers"]


def test_element_types_are_numbered_in_the_order_of_their_list():
    numbers = [codes.F4, codes.F8, codes.U1, codes.I2, codes.I4, codes.I8]
    assert [codes.DTYPES[number] for number in numbers] == [np.dtype(name) for name in ("f4", "f8", "u1", "i2", "i4", "i8")]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rules_coefficients_have_room(name):
    optimizer = OPTIMIZERS[name]()
    factors = np.ones(optimizer.n_factors)
    assert len(optimizer.coefficients(np.array([1, 2]), factors)) <= codes.COEFFICIENTS
    assert optimizer.rates(0, 2, np.dtype("f8"), factors).shape == (2, codes.COEFFICIENTS)
