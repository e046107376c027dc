"""What happened between runs of steps is found again by the place in the run."""

from typing import ClassVar

import fastbp
from fastbp.training.notes import Notes
from fastbp.training.part import Part


class Count(Part):
    """Changes between runs of steps."""

    by_steps: ClassVar[bool] = False

    def __init__(self):
        self.value = 0

    def state(self):
        return {"value": self.value}

    def load_state(self, state):
        self.value = state["value"]


def taken():
    """A note at each epoch of ten steps, whose rate is the number of the epoch."""
    count = Count()
    notes = Notes({"count": count})
    for epoch in range(5):
        count.value = epoch
        notes.take(epoch, 10 * epoch, fastbp.SGD(1.0 + epoch), since=0)
    return notes, count


def test_parts_are_what_they_were_at_a_place():
    notes, count = taken()
    for epoch, steps, wanted in [(4, 40, 4), (3, 39, 3), (2, 25, 2), (0, 3, 0)]:
        notes.restore(epoch, steps)
        assert count.value == wanted


def test_an_epoch_that_has_not_ended_is_not_that_after_it():
    notes, count = taken()
    notes.restore(2, 30)
    assert count.value == 2


def test_the_optimizer_of_a_step_and_when_it_changes():
    notes, _ = taken()
    assert notes.optimizer(25) == (fastbp.SGD(3.0), 30)
    assert notes.optimizer(40) == (fastbp.SGD(5.0), None)


def test_what_was_before_the_state_kept_is_forgotten_but_for_what_held_then():
    notes, count = taken()
    notes.take(5, 50, fastbp.SGD(9.0), since=33)
    notes.restore(3, 35)
    assert count.value == 3
    assert notes.optimizer(0)[0] == fastbp.SGD(4.0), "the oldest that is left"
