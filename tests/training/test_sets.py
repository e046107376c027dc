"""The data sets of a call of ``fit``. That data are looked at again is seen by ``test_fitting_on_changed_data.py``."""

import numpy as np
import pytest
from small_task import LABELS, X, make

from fastbp.training.sets import check_again, check_sets


def test_validation_follows_the_model_and_errors_say_whose_they_are():
    run = make().run
    rows, validation = check_sets(run, X, LABELS, None, (X[:5], LABELS[:5]), None)
    assert rows.n_rows == len(X) and validation.n_rows == 5
    assert check_sets(run, X, LABELS, None, None, None)[1] is None
    with pytest.raises(ValueError, match="validation_data: X"):
        check_sets(run, X, LABELS, None, (X[:5, :2], LABELS[:5]), None)
    with pytest.raises(TypeError, match="validation_data has 1 entry"):
        check_sets(run, X, LABELS, None, (X,), None)
    with pytest.raises(ValueError, match="validation_split and validation_data are given"):
        check_sets(run, X, LABELS, None, (X, LABELS), 0.5)


def test_data_that_are_spoilt_later_are_told():
    run, inputs = make().run, np.array(X)
    rows, _ = check_sets(run, inputs, LABELS, None, None, None)
    check_again(run, rows, None)
    inputs[3, 1] = np.nan
    with pytest.raises(ValueError, match="the data were changed during fit"):
        check_again(run, rows, None)
