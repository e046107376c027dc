"""What a call of fit is to do, which schedules follow: also when it was interrupted, and when an epoch was left in the middle."""

import numpy as np
import pytest
from small_task import TARGETS, StopAt, X, make

import fastbp
from fastbp.schedules import Plan
from fastbp.training.plan import Planned

# Of the small task in batches of 8.
PER_EPOCH = 7


def test_a_plan_is_kept_where_a_resumed_call_ends_as_the_one_before_it():
    planned = Planned()
    assert planned.now == Plan(0, 0, 0)
    planned.begin(10, 70, PER_EPOCH, resumed=False)
    assert planned.now == Plan(10, 80, PER_EPOCH)
    planned.begin(30, 50, PER_EPOCH, resumed=True)
    assert planned.now == Plan(10, 80, PER_EPOCH)
    planned.begin(30, 50, PER_EPOCH, resumed=False)
    assert planned.now == Plan(30, 80, PER_EPOCH)


@pytest.mark.parametrize(("steps", "per_epoch"), [(51, PER_EPOCH), (50, 5)])
def test_another_end_or_other_batches_are_another_plan(steps, per_epoch):
    planned = Planned()
    planned.begin(10, 70, PER_EPOCH, resumed=False)
    planned.begin(30, steps, per_epoch, resumed=True)
    assert planned.now == Plan(30, 30 + steps, per_epoch)


def test_it_is_a_state_of_numbers():
    planned, other = Planned(), Planned()
    planned.begin(10, 70, PER_EPOCH, resumed=False)
    other.load_state(planned.state())
    assert other.now == planned.now and planned.state() == {"begin": 10, "end": 80, "per_epoch": PER_EPOCH}


def test_calls_of_fit_make_plans():
    trainer = make(fastbp.SGD(fastbp.Cosine(0.1)), loss="squared_error")
    trainer.fit(X, TARGETS, epochs=3)
    assert trainer.run.plan.now == Plan(0, 3 * PER_EPOCH, PER_EPOCH)
    trainer.fit(X, TARGETS, epochs=2, callbacks=StopAt(3 * PER_EPOCH + 4))
    assert trainer.run.plan.now == Plan(3 * PER_EPOCH, 5 * PER_EPOCH, PER_EPOCH)
    # The epoch under way is finished first: it counts among the epochs of this call.
    trainer.fit(X, TARGETS, epochs=2)
    assert trainer.run.plan.now.begin == 3 * PER_EPOCH + 4 and trainer.run.plan.now.end == trainer.steps


def test_each_call_begins_a_schedule_of_the_call_anew():
    twice, once = (make(fastbp.SGD(each), loss="squared_error") for each in (fastbp.Cosine(0.1), fastbp.CosineRestarts(0.1, "2 epochs")))
    for _ in range(2):
        twice.fit(X, TARGETS, epochs=2)
    once.fit(X, TARGETS, epochs=4)
    assert twice.history.loss == once.history.loss
    assert np.array_equal(twice.model.network.parameters, once.model.network.parameters)
