"""The classes of normalisations: settings, and the reference against NumPy's own moments."""

import numpy as np
import pytest

import fastbp
from fastbp.between import NORMALIZATIONS

Z = np.random.default_rng(0).normal(2.0, 3.0, size=(8, 5))


@pytest.mark.parametrize(("cls", "axis"), [(fastbp.BatchNorm, 0), (fastbp.LayerNorm, 1)])
def test_what_is_normalised_has_mean_0_and_variance_1(cls, axis):
    found = cls(epsilon=1e-12).reference(Z, np.ones(5), np.zeros(5))
    np.testing.assert_allclose(found.mean(axis), 0, atol=1e-12)
    np.testing.assert_allclose(found.var(axis), 1, rtol=1e-9)


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_the_reference_backward_is_the_slope_of_the_reference(name):
    normalization, random = NORMALIZATIONS[name](), np.random.default_rng(1)
    scale, shift, errors = random.uniform(0.5, 1.5, 5), random.normal(size=5), random.normal(size=Z.shape)
    back, of_scale, of_shift = normalization.reference_backward(Z, scale, errors)

    def value(z, scale, shift):
        return (normalization.reference(z, scale, shift) * errors).sum()

    def slope(change, step=1e-6):
        return (value(*change(step)) - value(*change(-step))) / (2 * step)

    for place in ((0, 0), (3, 2), (7, 4)):
        unit = np.zeros(Z.shape)
        unit[place] = 1
        assert slope(lambda h, unit=unit: (Z + h * unit, scale, shift)) == pytest.approx(back[place], rel=1e-5, abs=1e-7)
    unit = np.eye(5)[2]
    assert slope(lambda h: (Z, scale + h * unit, shift)) == pytest.approx(of_scale[2], rel=1e-6)
    assert slope(lambda h: (Z, scale, shift + h * unit)) == pytest.approx(of_shift[2], rel=1e-6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: fastbp.BatchNorm(momentum=1.5), r"momentum is 1.5; expected a number in \[0, 1\)"),
        (lambda: fastbp.BatchNorm(epsilon=0), r"epsilon is 0.0; expected a number in \(0"),
        (lambda: fastbp.LayerNorm(epsilon=-1), "epsilon is -1.0"),
    ],
)
def test_settings_outside_their_range_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
