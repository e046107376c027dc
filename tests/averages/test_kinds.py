import numpy as np
import pytest

import fastbp
from fastbp.averages import AVERAGES, as_average, described_average
from fastbp.schedules import Plan


def averaged(average, weights, plan):
    """The average after each of the weights, by the shares."""
    found, results = 0.0, []
    for share, w in zip(average.shares(np.arange(len(weights), dtype=float), plan), weights, strict=True):
        found += share * (w - found)
        results.append(found)
    return results


def test_ema_by_hand():
    np.testing.assert_allclose(averaged(fastbp.EMA(0.5), [4.0, 8.0, 0.0], Plan(0, 3, 3)), [4.0, 6.0, 3.0])


def test_swa_is_the_mean_of_the_ends_of_epochs_from_its_start_on():
    weights = np.arange(1.0, 13.0)
    found = averaged(fastbp.SWA(start=0.5, every="1 epoch"), weights, Plan(0, 12, 2))
    # Epochs end after steps 8, 10, 12; up to the first of these it follows the weights.
    np.testing.assert_allclose(found, [1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9, 10])
    np.testing.assert_allclose(averaged(fastbp.SWA(start=3, every=1), weights, Plan())[-1], weights[3:].mean())


@pytest.mark.parametrize("name", AVERAGES)
def test_names_and_descriptions_stand_for_the_same(name):
    average = as_average(name)
    assert average == AVERAGES[name]() and described_average(average.described()) == average


@pytest.mark.parametrize("given", ["emma", fastbp.Adam(), 3])
def test_what_is_no_average_is_refused(given):
    with pytest.raises((ValueError, TypeError), match="average"):
        as_average(given)


@pytest.mark.parametrize(("given", "like"), [(0.99, "EMA\\(0.99\\)"), (3, "EMA\\(0.999\\)"), (np.float32(0.5), "EMA\\(0.5\\)")])
def test_a_number_is_told_what_it_may_be_the_decay_of(given, like):
    with pytest.raises(
        TypeError, match=rf"average is .* of type {type(given).__name__}; expected a name or an object, such as fastbp\.{like}"
    ):
        as_average(given)


@pytest.mark.parametrize("make", [lambda: fastbp.EMA(1.0), lambda: fastbp.SWA(start=1.5), lambda: fastbp.SWA(every="2 weeks")])
def test_settings_out_of_range_are_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()
