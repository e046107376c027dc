"""What an optimizer remembers: it belongs to one kind of optimizer."""

import copy
import pickle

import numpy as np
import pytest
from small_task import LABELS, X, bits, make

import fastbp
from fastbp.training.copies import Copies
from fastbp.training.memory import Memory


@pytest.fixture
def memory():
    """Of Adam, after three steps."""
    found = Memory(fastbp.Adam(), fastbp.MLP([3, 4, 2], dtype=np.dtype("f4"), seed=0))
    found.slots[:] = np.arange(found.slots.size).reshape(found.slots.shape)
    found.steps = 3
    return found


def test_it_begins_with_nothing():
    found = Memory(fastbp.RMSprop(momentum=0.5), fastbp.MLP([3, 4, 2], dtype=np.dtype("f8"), seed=0))
    assert found.slots.shape[0] == 3 and found.slots.dtype == np.float64 and not found.slots.any() and found.steps == 0


def test_another_rate_changes_nothing(memory):
    slots = memory.slots
    memory.adapt(fastbp.Adam(0.5))
    assert memory.slots is slots and memory.steps == 3


def test_another_kind_of_optimizer_begins_anew(memory):
    memory.adapt(fastbp.AdamW())
    assert memory.name == "adamw" and memory.steps == 0 and not memory.slots.any()


def test_the_same_kind_keeps_what_it_still_has_use_for():
    memory = Memory(fastbp.RMSprop(), fastbp.MLP([3, 4, 2], dtype=np.dtype("f4"), seed=0))
    memory.slots[:], memory.steps = 5, 3
    memory.adapt(fastbp.RMSprop(momentum=0.5))
    assert [set(slot.tolist()) for slot in memory.slots] == [{5}, {0}, {0}] and memory.steps == 3
    memory.slots[1:] = 7
    memory.adapt(fastbp.RMSprop())
    assert memory.slots.shape[0] == 1 and (memory.slots == 5).all()


def test_it_goes_back_to_what_was_kept(memory):
    copies, before, kept = Copies(), memory.slots.copy(), memory.keep()
    assert copies.take([memory.numbers()])
    memory.adapt(fastbp.SGD())
    memory.steps = 9
    memory.restore(kept)
    copies.give_back([memory.numbers()])
    assert (memory.name, memory.steps) == ("adam", 3) and np.array_equal(memory.slots, before)


def test_its_state_brings_another_to_where_it_is(memory):
    other = Memory(fastbp.SGD(), fastbp.MLP([3, 4, 2], dtype=np.dtype("f4"), seed=0))
    other.load_state(memory.state())
    assert (other.name, other.steps, other.slots.shape) == ("adam", 3, memory.slots.shape)
    found, wanted = other.state(), memory.state()
    assert found.keys() == wanted.keys() and all(np.array_equal(found[name], wanted[name]) for name in wanted)


def test_what_is_not_finite_is_seen(memory):
    assert memory.is_finite()
    memory.slots[1, 3] = np.inf
    assert not memory.is_finite()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda trainer: pickle.loads(pickle.dumps(trainer))], ids=["deepcopy", "pickle"])
def test_a_copy_of_a_trainer_has_what_its_own_steps_leave(copied):
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    other = copied(trainer)
    for each in (trainer, other):
        each.fit(X, LABELS, epochs=1)
    # What files hold, too.
    assert bits(other) == bits(trainer)
    assert np.shares_memory(other.run.memory.slots, other.run.memory.flat)
