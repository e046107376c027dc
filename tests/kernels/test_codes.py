"""The integers by which kernels know what is asked for."""

import numpy as np
import pytest

from fastbp.activations import ACTIVATIONS
from fastbp.kernels import codes
from fastbp.losses import LOSSES
from fastbp.optimizers import OPTIMIZERS


@pytest.mark.parametrize(
    ("table", "known"),
    [
        (ACTIVATIONS, [codes.IDENTITY, codes.SIGMOID, codes.TANH, codes.RELU, codes.LEAKY_RELU, codes.SOFTMAX]),
        (LOSSES, [codes.SQUARED_ERROR, codes.CROSS_ENTROPY, codes.BINARY_CROSS_ENTROPY]),
        (OPTIMIZERS, [codes.SGD, codes.RMSPROP, codes.ADAM]),
    ],
    ids=["activations", "losses", "optimizers"],
)
def test_everything_registered_has_a_code_and_every_code_is_of_something(table, known):
    assert sorted({cls.code for cls in table.values()}) == sorted(known)
    assert len(set(known)) == len(known)


def test_no_optimizer_is_no_update():
    assert codes.NO_UPDATE not in {cls.code for cls in OPTIMIZERS.values()}


def test_adam_and_adamw_share_a_rule_and_no_others_do():
    assert codes.ADAM == OPTIMIZERS["adam"].code == OPTIMIZERS["adamw"].code
    assert len({cls.code for cls in OPTIMIZERS.values()}) == len(OPTIMIZERS) - 1


def test_element_types_are_numbered_in_the_order_of_their_list():
    numbers = [codes.F4, codes.F8, codes.U1, codes.I2, codes.I4, codes.I8]
    assert [codes.DTYPES[number] for number in numbers] == [np.dtype(name) for name in ("f4", "f8", "u1", "i2", "i4", "i8")]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rules_coefficients_have_room(name):
    optimizer = OPTIMIZERS[name]()
    assert len(optimizer.coefficients(np.array([1, 2]))) <= codes.COEFFICIENTS
    assert optimizer.rates(0, 2, np.dtype("f8")).shape == (2, codes.COEFFICIENTS)
