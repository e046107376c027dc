"""A user's own functions in the kernels: whole vectors at a time where these can be compiled so, else one number after the other."""

import numpy as np
import own_functions
import pytest
from curve import Curve

import fastbp
from fastbp.compiling.jit import DISABLED

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("value", "derivative"),
    [
        (own_functions.swish, own_functions.swish_derivative),
        (own_functions.swish_by_branches, own_functions.swish_derivative_by_branches),
        (own_functions.elu_by_where, own_functions.elu_by_where_derivative),
        (own_functions.squared_relu, own_functions.squared_relu_derivative),
    ],
    ids=["vectors", "one by one", "where", "max"],
)
def test_values_and_derivatives_are_those_of_the_functions(value, derivative, dtype):
    z = np.linspace(-6, 6, 53).astype(dtype)
    found = Curve(fastbp.CustomActivation(value, derivative), dtype)(z, 2.0)
    wanted = np.array([[float(value(each)), 2 * float(derivative(each))] for each in z.tolist()]).T
    np.testing.assert_allclose(found, wanted, rtol=0, atol=16 * np.finfo(dtype).eps * np.abs(wanted).max())


@pytest.mark.parametrize("value", [own_functions.squared_relu, own_functions.swish_by_branches], ids=["vectors", "one by one"])
def test_nan_stays(value):
    curve = Curve(fastbp.CustomActivation(value, _derivative_of(value)), np.float64)
    assert np.isnan(curve(np.array([np.nan, 1.0]))[0]).tolist() == [True, False]


def _derivative_of(value):
    return {own_functions.squared_relu: own_functions.squared_relu_derivative}.get(value, own_functions.swish_derivative_by_branches)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_derivative_may_be_the_same_number_for_all(dtype):
    line = fastbp.CustomActivation(lambda z: 3 * z, lambda z: 3)
    steps = fastbp.CustomActivation(lambda z: max(0.1 * z, z), lambda z: np.where(z > 0, 1, 0.1))
    z = np.linspace(-2, 2, 40).astype(dtype)
    np.testing.assert_allclose(Curve(line, dtype)(z), [3 * z, np.full(40, 3)], rtol=1e-6)
    np.testing.assert_allclose(Curve(steps, dtype)(z)[1], np.where(z > 0, 1, 0.1), rtol=1e-6)


@pytest.mark.skipif(DISABLED, reason="Python takes any function")
def test_what_cannot_be_compiled_is_told_and_the_model_stays_in_order():
    def branches(z):
        return z if z > 0 else np.where(z > -1, 0.5 * z, -0.5)

    model = fastbp.MLP(
        [2, 3, 1], activation=fastbp.CustomActivation(branches, lambda z: np.where(z > 0, 1.0, np.where(z > -1, 0.5, 0.0))), seed=0
    )
    for _ in range(2):
        with pytest.raises(TypeError, match="value of the activation can be compiled neither for vectors nor for numbers"):
            model.predict([[1.0, 2.0]])
