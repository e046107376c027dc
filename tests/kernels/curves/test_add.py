"""An activation's loops over the vectors of a layer: which numbers they read and write."""

import numpy as np
import pytest
from curve import Curve, both_ways

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.compiling.units import UNITS
from fastbp.kernels import codes, curves
from fastbp.kernels.curves import add

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
BY_OUTPUT, BY_LOGIT = fastbp.Softsign(), fastbp.SiLU()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", [BY_OUTPUT, BY_LOGIT], ids=str)
def test_only_so_many_vectors_are_changed(activation, dtype):
    curve = Curve(activation, dtype)
    lanes, units, deltas = curve.batch.lanes, curve.batch.workspace.activations, curve.batch.workspace.deltas
    units[:], deltas[:] = 1.5, 3.0
    first, count = curve.at + 2 * lanes, 3
    both_ways(*curve.arguments, first, count)
    inside = np.zeros(units.size, bool)
    inside[first : first + count * lanes] = True
    assert (units[~inside] == 1.5).all() and (deltas[~inside] == 3.0).all()
    z = np.float64(1.5)
    np.testing.assert_allclose(units[inside], activation.reference(z), rtol=1e-6)
    np.testing.assert_allclose(deltas[inside], 3 * activation.reference_derivative(z), rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_derivative_is_kept_where_there_are_deltas_to_come(dtype):
    curve = Curve(BY_LOGIT, dtype)
    curve(np.array([0.0, 2.0], dtype), 7.0)
    kept = curve.batch.workspace.derivatives[curve.at : curve.at + 2]
    np.testing.assert_allclose(kept, BY_LOGIT.reference_derivative(np.array([0.0, 2.0])), rtol=1e-6)
    assert Curve(BY_OUTPUT, dtype).batch.workspace.derivatives.size == 0


def test_each_activation_is_two_variants():
    every = curves.BY_OUTPUT.keys() | curves.BY_LOGIT.keys()
    # Ascending sorts, and losses that it goes with are of logits.
    assert every == {*codes.OTHER_ACTIVATIONS} - {codes.ASCENDING}
    assert (codes.ACTIVATE, codes.ASCENDING) in UNITS and (codes.DERIVE, codes.ASCENDING) not in UNITS
    assert all((number, code) in UNITS for code in every for number in (codes.ACTIVATE, codes.DERIVE))


@pytest.mark.skipif(DISABLED, reason="looks at what is kept on disk")
def test_machine_code_is_kept_unless_told_otherwise():
    assert all(hasattr(UNITS[codes.ACTIVATE, code].function._cache, "_index_key") for code in codes.OTHER_ACTIVATIONS)
    add.add_one_by_one(7777, lambda z: z, lambda z: 1.0)
    try:
        assert not hasattr(UNITS[codes.ACTIVATE, 7777].function._cache, "_index_key")
    finally:
        del UNITS[codes.ACTIVATE, 7777], UNITS[codes.DERIVE, 7777]
