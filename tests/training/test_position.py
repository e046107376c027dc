"""How far a run is: kept and given back whole, the epoch under way with it."""

import json

import numpy as np
import pytest

from fastbp.training.epoch import Epoch
from fastbp.training.position import Position


@pytest.fixture
def position():
    """In the third epoch, two of three batches done."""
    found = Position()
    found.epoch, found.steps, found.current = 2, 8, Epoch.begin(10, 4, 2, seed=5)
    found.current.add(np.array([0.5, 0.25]), 1.5)
    return found


def as_numbers(position):
    current = position.current
    return position.epoch, position.steps, current.done, current.seconds, current.losses.tolist(), current.order.tolist()


def test_it_goes_back_to_what_was_kept(position):
    before, kept = as_numbers(position), position.keep()
    for _ in range(2):
        position.current.add(np.array([0.125]), 1.0)
        position.epoch, position.steps = 3, 9
        position.restore(kept)
        assert as_numbers(position) == before
    position.current = None
    position.restore(kept)
    assert as_numbers(position) == before


def test_its_state_brings_another_to_where_it_is(position):
    state = position.state()
    losses = state.pop("losses")
    other = Position()
    other.load_state(json.loads(json.dumps(state)) | {"losses": losses})
    assert as_numbers(other) == as_numbers(position)


def test_between_epochs_there_is_no_loss():
    position = Position()
    assert position.losses.size == 0 and position.state()["current"] is None


def test_losses_are_a_copy_of_those_so_far(position):
    assert position.losses.tolist() == [0.5, 0.25]
    position.losses[0] = 7
    assert position.losses[0] == 0.5
