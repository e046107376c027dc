import pytest

from fastbp.training.pace import Pace


def played(pace, seconds_per_step, runs, first=0.0):
    """The runs that `pace` asks for on a machine with these speeds, where the first run on each thread count takes `first` longer."""
    seen, asked = set(), []
    for _ in range(runs):
        tasks, steps = pace.next()
        pace.record(tasks, steps, steps * seconds_per_step[tasks] + (0 if tasks in seen else first))
        seen.add(tasks)
        asked.append((tasks, steps))
    return asked


@pytest.mark.parametrize(("slow", "fast"), [(1, 2), (2, 1)])
def test_the_faster_thread_count_does_nearly_all_steps(slow, fast):
    asked = played(Pace((2, 1)), {slow: 40e-6, fast: 10e-6}, 300, first=20.0)
    steps = {tasks: sum(count for who, count in asked if who == tasks) for tasks in (1, 2)}
    assert steps[slow] < 0.02 * steps[fast]
    assert asked[-1][0] == fast or asked[-2][0] == fast


def test_a_thread_count_that_becomes_slow_is_left_and_taken_again():
    pace = Pace((2, 1))
    played(pace, {2: 10e-6, 1: 20e-6}, 50)
    assert {tasks for tasks, _ in played(pace, {2: 5e-3, 1: 20e-6}, 50)[-8:-1]} <= {1, 2}
    assert pace.next()[0] == 1 or pace.next()[0] == 1
    played(pace, {2: 10e-6, 1: 20e-6}, 50)
    assert pace.next()[0] == 2 or pace.next()[0] == 2


@pytest.mark.parametrize("seconds", [1e-6, 1e-3, 0.3])
def test_runs_are_short_enough_for_progress_and_interrupts(seconds):
    asked = played(Pace((2, 1)), {2: seconds, 1: seconds * 1.1}, 100)
    assert all(steps == 1 or steps * seconds * 1.1 < 0.25 for _, steps in asked)
    assert max(steps for _, steps in asked[-3:]) == max(1, int(0.05 / seconds))


def test_compilation_counts_for_nothing():
    pace = Pace((1,))
    asked = played(pace, {1: 1e-4}, 8, first=25.0)
    assert asked[0] == (1, 1) and asked[-1] == (1, 500)


def test_runs_that_the_epoch_cuts_short_say_enough_together():
    """An epoch of one step, and one run of which the machine held up: the faster thread count must be found all the same."""
    pace, asked = Pace((2, 1)), []
    for i in range(2000):
        tasks, _ = pace.next()
        pace.record(tasks, 1, {2: 5e-4, 1: 9e-4}[tasks] + (0.02 if i == 30 else 0))
        asked.append(tasks)
    assert asked[100:].count(1) < 0.1 * len(asked)


def test_a_single_step_that_somebody_asked_for_changes_no_choice():
    """A step alone takes longer than one of many, with all that is around it."""
    pace = Pace((2, 1))
    played(pace, {2: 10e-6, 1: 12e-6}, 50)
    chosen = []
    for _ in range(40):
        pace.record(2, 1, 60e-6)
        tasks, _ = pace.next()
        pace.record(tasks, 99, 99 * {2: 10e-6, 1: 12e-6}[tasks])
        chosen.append(tasks)
    assert chosen.count(2) >= 38
