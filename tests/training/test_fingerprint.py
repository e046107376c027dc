"""What a run remembers of its data."""

import json

import pytest

from fastbp.training.fingerprint import Fingerprint

FIRST = {"X": ["<f4", [50, 3], "a1", "all"], "y": ["<i8", [50, 1], "b1", "all"]}


def learned(*found):
    fingerprint = Fingerprint()
    return [fingerprint.learn(each) for each in found][-1]


def test_the_first_data_differ_from_none():
    assert learned(FIRST) is None


def test_the_same_data_again_do_not_differ():
    assert learned(FIRST, dict(FIRST)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"X": ["<f4", [50, 3], "a2", "all"]}, "X holds other numbers"),
        ({"y": ["<i8", [50, 1], "b2", "all"]}, "y holds other numbers"),
        ({"X": ["<f4", [60, 3], "a2", "all"]}, "X is float32 (60, 3) instead of float32 (50, 3)"),
        ({"X": ["<f8", [50, 3], "a2", "all"]}, "X is float64 (50, 3) instead of float32 (50, 3)"),
        ({"sample_weight": ["<f4", [50, 1], "c1", "all"]}, "sample_weight is float32 (50, 1) instead of not given"),
        ({"X": ["<f4", [50, 3], "a2", "all"], "y": ["<i8", [50, 1], "b2", "all"]}, "X holds other numbers; y holds other numbers"),
    ],
)
def test_what_is_other_is_named(change, words):
    assert learned(FIRST, FIRST | change) == words


def test_of_a_sample_it_is_said_that_it_was_one():
    large = {"X": ["<f4", [50, 3], "a1", "64 blocks of rows"]}
    assert learned(large, {"X": ["<f4", [50, 3], "a2", "64 blocks of rows"]}) == "X holds other numbers (in 64 blocks of rows)"


def test_a_state_goes_through_json():
    found, again = Fingerprint(), Fingerprint()
    found.learn(FIRST)
    again.load_state(json.loads(json.dumps(found.state())))
    assert again.known == FIRST and again.learn(FIRST) is None


def test_what_an_earlier_version_remembered_cannot_be_compared():
    assert learned({"arrays": "X float32 (50, 3)", "sample": "a1"}, FIRST) is None


def test_it_goes_back_to_what_was_kept():
    found = Fingerprint()
    found.learn(FIRST)
    kept = found.keep()
    found.learn({"X": ["<f4", [50, 3], "a2", "all"]})
    found.restore(kept)
    assert found.known == FIRST
