"""Data that several trainers read, and which rows each is given: what is refused, and that nothing is copied twice."""

import numpy as np
import pytest
from small_task import LABELS, N, X, bits, make

import fastbp
from fastbp.together.shared import Shared, check_places, check_rows


def test_what_must_be_converted_is_once():
    data = Shared(np.asfortranarray(X), LABELS.tolist(), (X.tolist(), LABELS))
    first, second = (data.of(make(seed=i).model) for i in range(2))
    assert first[0] is second[0] and first[1][0] is second[1][0]
    assert isinstance(data.y, np.ndarray)


def test_what_can_be_read_where_it_lies_is():
    inputs, _ = Shared(X, LABELS).of(make().model)
    assert np.shares_memory(inputs, X)


def test_numbers_of_rows_and_masks():
    np.testing.assert_array_equal(check_places([3, 3, 0], "rows[0]", 4), [3, 3, 0])
    np.testing.assert_array_equal(check_places([True, False, True], "rows[0]", 3), [0, 2])
    assert check_places(None, "rows[0]", 3) is None and check_rows(None, "rows", 2, 3) == [None, None]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"rows": [[0], []]}, ValueError, r"rows\[1\] has no rows; expected at least one"),
        ({"rows": [np.zeros(N, bool), [0]]}, ValueError, r"rows\[0\] has no rows; expected at least one"),
        ({"rows": [[0], [1, -1]]}, ValueError, r"rows\[1\]\[1\] is -1; X has rows 0 to 49"),
        ({"rows": [[0], [N]]}, ValueError, r"rows\[1\]\[0\] is 50; X has rows 0 to 49"),
        ({"rows": [[0.5], [1]]}, ValueError, r"rows\[0\] has shape \(1,\), float64; expected numbers of rows, or a mask of shape \(50,\)"),
        ({"rows": [[True], [1]]}, ValueError, r"rows\[0\] has shape \(1,\), bool; expected numbers of rows, or a mask"),
        ({"rows": [["a"], [1]]}, TypeError, r"rows\[0\] has dtype <U1"),
        ({"rows": np.arange(2)}, ValueError, r"rows has shape \(2,\); expected numbers of rows for each of the 2 trainers"),
        ({"rows": [[0]]}, ValueError, r"rows has 1 entries; expected one for each of the 2 trainers"),
        ({"rows": 5}, TypeError, r"rows is of type int; expected a list with an entry for each of the 2 trainers"),
        ({"validation_rows": [[0], [99]]}, ValueError, r"validation_rows\[1\]\[0\] is 99"),
        ({"validation_rows": [[0], [1]], "validation_split": 0.5}, ValueError, r"trainers\[0\]: validation_split and validation_rows are"),
        ({"validation_data": (X[:, :2], LABELS)}, ValueError, r"trainers\[0\]: validation_data: X has 2 columns"),
        ({"validation_data": 3}, TypeError, r"trainers\[0\]: validation_data is of type int"),
        ({"epochs": [1]}, ValueError, r"epochs has 1 entries; expected one for each of the 2 trainers"),
        ({"epochs": -1}, ValueError, r"epochs is -1"),
        ({"threads": 0}, ValueError, r"threads is 0; expected an integer of at least 1"),
        ({"progress": "yes"}, ValueError, r"progress is 'yes'"),
        ({"time_limit": 0}, ValueError, r"time_limit is 0\.0"),
        ({"on_interrupt": "stop"}, ValueError, r"on_interrupt='stop' is not known"),
        ({"metrics": ["f2"]}, ValueError, r"trainers\[0\]: .*f2"),
        ({"callbacks": fastbp.EarlyStopping()}, TypeError, r"callbacks is a EarlyStopping, which listens to one trainer; expected a list"),
        ({"callbacks": [fastbp.EarlyStopping()]}, ValueError, r"callbacks has 1 entries; expected one for each of the 2 trainers"),
        ({"callbacks": [[each := fastbp.EarlyStopping()], each]}, ValueError, r"callbacks: trainers 0 and 1 have the same EarlyStopping"),
        ({"callbacks": lambda i: fastbp.EarlyStopping}, TypeError, r"callbacks has the class EarlyStopping"),
        ({"sample_weight": -np.ones(N)}, ValueError, r"trainers\[0\]: sample_weight\[0\] is -1"),
        ({"X": X[:, :2]}, ValueError, r"trainers\[0\]: X has 2 columns"),
        ({"y": LABELS[:9]}, ValueError, r"trainers\[0\]: X has 50 rows and y has 9"),
        ({"y": [[0], [0, 1]]}, ValueError, r"trainers\[0\]: y is no rectangular array"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_before_anything_changes(settings, error, message):
    trainers = [make(), make(seed=1, hidden=9)]
    before = [bits(trainer) for trainer in trainers]
    with pytest.raises(error, match=message):
        fastbp.train_together(trainers, **({"X": X, "y": LABELS, "epochs": 1} | settings))
    assert [bits(trainer) for trainer in trainers] == before


def test_the_trainer_that_does_not_fit_is_named():
    wide = fastbp.Trainer(fastbp.MLP([4, 2]), loss="cross_entropy")
    with pytest.raises(ValueError, match=r"trainers\[1\]: X has 3 columns; the model has 4 inputs"):
        fastbp.train_together([make(), wide], X, LABELS, epochs=1)


@pytest.mark.parametrize(
    ("trainers", "error", "message"),
    [
        ([], ValueError, "trainers is empty; expected at least one"),
        (make(), TypeError, "trainers is of type Trainer; expected a list of trainers"),
        ([make().model], TypeError, r"trainers\[0\] is of type MLP; expected a Trainer"),
        ([make(), *([each := make()] * 2)], ValueError, r"trainers\[1\] and trainers\[2\] train the same model"),
    ],
)
def test_what_are_no_trainers_of_as_many_models(trainers, error, message):
    with pytest.raises(error, match=message):
        fastbp.train_together(trainers, X, LABELS, epochs=1)
