"""How found and wanted are compared."""

import numpy as np
import pytest

from fastbp.verification.deviation import compare, same_bits


def test_bits_are_compared():
    assert same_bits("", [0.0, np.nan], [0.0, np.nan]).passed
    for found, wanted in ([0.0, -0.0], [1.0, np.nextafter(1.0, 2)], [np.nan, 1.0], [np.ones(2), np.ones(3)]):
        assert not same_bits("", found, wanted).passed


@pytest.mark.parametrize(("found", "wanted"), [(np.nan, 1.0), (1.0, np.nan), (np.inf, 1.0), (np.ones(2), np.ones(3))])
def test_what_is_no_number_is_an_infinite_error(found, wanted):
    assert compare("", found, wanted, limit=1e300).error == np.inf
