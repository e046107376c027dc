import threading

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import prange

from fastbp.compiling.jit import DISABLED, kernel, program, scalar
from fastbp.kernels import team
from fastbp.kernels.lanes.sizes import TEAM
from fastbp.kernels.portions import Task

pytestmark = pytest.mark.kernels

together = pytest.mark.skipif(
    DISABLED or numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads; with the JIT off a parallel loop runs its tasks in turn"
)
LINE = 8
ROUNDS = 3000


@program
def share(n, task, grain):
    return team.share(n, task, grain)


@program
def assemble(shared, tasks):
    return team.assemble(shared, tasks)


@scalar
def exchange_with_others(shared, task, rounds, values, wrong):
    """Write a number, meet, read the numbers of the others, meet; count those that are not of this round."""
    for i in range(rounds):
        values[LINE * task.number] = i + task.number
        team.meet(shared, task)
        for other in range(task.tasks):
            if values[LINE * other] != i + other:
                wrong[LINE * task.number] += 1
        team.meet(shared, task)


@program
def exchange(shared, task, rounds, values, wrong):
    exchange_with_others(shared, task, rounds, values, wrong)


@kernel
def assemble_in_parallel(shared, running, expected, answers):
    for task in prange(running):
        answers[LINE * task] = team.assemble(shared, expected)


@kernel
def exchange_in_parallel(shared, tasks, rounds, values, wrong):
    done = 0
    for task in prange(tasks):
        if team.assemble(shared, tasks):
            exchange_with_others(shared, Task(np.int64(task), tasks, 0), rounds, values, wrong)
            done += 1
    return done


def shared_by(tasks):
    return np.zeros(TEAM + 8 * tasks, np.int64)


def patiently(attempt):
    """What `attempt` gives, or gives at last: on a busy machine a second thread may not come in time."""
    for _ in range(20):
        answer = attempt()
        if answer is not None:
            return answer
    pytest.skip("the machine is too busy to run two threads at once")


@settings(max_examples=60)
@given(n=st.integers(0, 300), tasks=st.integers(1, 20), grain=st.sampled_from([1, 4, 16]))
@example(0, 3, 16)
@example(5, 8, 16)
@example(288, 2, 16)
def test_shares_cut_a_range_into_whole_blocks(n, tasks, grain):
    parts = [share(n, Task(task, tasks, 0), grain) for task in range(tasks)]
    assert [i for begin, end in parts for i in range(begin, end)] == list(range(n))
    assert all(begin % grain == 0 for begin, end in parts if begin < end)
    blocks = [-(-(end - begin) // grain) for begin, end in parts]
    assert max(blocks) - min(blocks) <= 1


def test_one_task_is_complete_and_waits_for_nobody():
    shared, values, wrong = shared_by(1), np.zeros(LINE), np.zeros(LINE)
    assert assemble(shared, 1) is True
    exchange(shared, Task(0, 1, 0), 10, values, wrong)
    assert values[0] == 9
    assert not wrong.any()


@pytest.mark.parametrize("tasks", [2, 3, 5])
def test_nobody_begins_when_one_never_comes(tasks):
    shared = shared_by(tasks)
    assert assemble(shared, tasks) is False
    # Those who come too late get the same answer, be they as many as were missing or more.
    assert [assemble(shared, tasks) for _ in range(tasks)] == [False] * tasks


@together
def test_all_begin_when_all_come():
    def attempt():
        answers = np.full(2 * LINE, -1)
        assemble_in_parallel(shared_by(2), 2, 2, answers)
        assert answers[0] == answers[LINE]
        return answers[::LINE].tolist() if answers[0] else None

    assert patiently(attempt) == [1, 1]


@together
def test_all_give_up_when_one_of_three_never_comes():
    for _ in range(3):
        answers = np.full(2 * LINE, -1)
        assemble_in_parallel(shared_by(3), 2, 3, answers)
        assert answers[::LINE].tolist() == [0, 0]


@together
def test_after_a_meeting_each_task_sees_what_the_others_wrote():
    def attempt():
        values, wrong = np.zeros(2 * LINE), np.zeros(2 * LINE)
        done = exchange_in_parallel(shared_by(2), 2, ROUNDS, values, wrong)
        assert done in (0, 2)
        assert not wrong.any()
        return values[::LINE].tolist() if done else None

    assert patiently(attempt) == [ROUNDS - 1, ROUNDS]


@pytest.mark.skipif(DISABLED, reason="with the JIT off the twins' additions are not atomic")
@pytest.mark.parametrize("tasks", [2, 3, 5])
def test_more_tasks_than_processors_meet_as_well(tasks):
    shared, values, wrong = shared_by(tasks), np.zeros(tasks * LINE), np.zeros(tasks * LINE)
    exchange(shared_by(1), Task(0, 1, 0), 0, values, wrong)
    threads = [
        threading.Thread(target=exchange, args=(shared, Task(task, tasks, 0), 200, values, wrong), daemon=True) for task in range(tasks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert not wrong.any()
    assert values[::LINE].tolist() == [199 + task for task in range(tasks)]
