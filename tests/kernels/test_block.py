"""A call as one block of integers: what is set is what the compiled program is given."""

import numpy as np
import pytest
from small_task import LABELS, X, make

from fastbp.compiling.jit import DISABLED, program
from fastbp.kernels.block import records

pytestmark = pytest.mark.kernels


@pytest.fixture
def call():
    trainer = make()
    trainer.step(X, LABELS)
    return trainer, trainer._engine._call


@program
def read(call, one, out):
    given = records(call, one)
    out[0], out[1], out[2] = given.kind, given.steps, given.data.rows
    out[3], out[4] = given.data.order[2], given.network.table[1, 1]
    out[5], out[6] = given.rule.code, given.objective.code


def numbers(call):
    out = np.zeros(7, np.int64)
    read(*call.arguments, out)
    return out.tolist()


def test_fields_reach_the_program(call):
    trainer, made = call
    kind, steps, rows, third, width, rule, loss = numbers(made)
    assert (kind, steps, rows, third, width) == (0, 1, len(X), 2, 2)
    assert (rule, loss) == (trainer.optimizer.code, trainer.loss.code)


def test_what_is_set_changes_and_nothing_else(call):
    before = numbers(call[1])
    call[1].set({"steps": 5, "data.order": np.array([9, 8, 7])})
    assert numbers(call[1]) == [*before[:1], 5, before[2], 7, *before[4:]]


def test_an_array_lives_as_long_as_the_call_has_it(call):
    call[1].set({"data.order": np.arange(100, 200)})
    rubbish = [np.zeros(100, np.int64) for _ in range(100)]
    assert numbers(call[1])[3] == 102 and len(rubbish) == 100


def test_a_field_that_is_none_is_refused(call):
    with pytest.raises(KeyError):
        call[1].set({"data.rows_": 3})


@pytest.mark.skipif(DISABLED, reason="plain Python is handed the records")
def test_the_program_is_handed_numbers_alone(call):
    trainer, made = call
    assert len(made.arguments) == 2 and type(made.arguments[1]) is trainer.model.dtype.type
