"""What a run remembers of its data."""

import json

from fastbp.training.fingerprint import Fingerprint

FIRST = {"arrays": "X float32 (50, 3)", "sample": "a1"}


def test_the_first_data_differ_from_none():
    assert Fingerprint().learn(FIRST) is None


def test_the_same_data_again_do_not_differ():
    found = Fingerprint()
    found.learn(FIRST)
    assert found.learn(dict(FIRST)) is None


def test_other_arrays_and_other_values_are_told_apart():
    found = Fingerprint()
    found.learn(FIRST)
    assert found.learn(FIRST | {"sample": "b2"}) == "other values in the rows"
    assert found.learn({"arrays": "X float32 (60, 3)", "sample": "b2"}) == "X float32 (60, 3) instead of X float32 (50, 3)"


def test_a_state_goes_through_json():
    found, again = Fingerprint(), Fingerprint()
    found.learn(FIRST)
    again.load_state(json.loads(json.dumps(found.state())))
    assert again.known == FIRST and again.learn(FIRST) is None


def test_it_goes_back_to_what_was_kept():
    found = Fingerprint()
    found.learn(FIRST)
    kept = found.keep()
    found.learn(FIRST | {"sample": "b2"})
    found.restore(kept)
    assert found.known == FIRST
