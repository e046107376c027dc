"""The measurement of overlap: its command line, its table, and that its ways train the same nets."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import overlap  # not installed: found by the path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--sizes", "784"], "argument --sizes: '784'; expected two sizes or more"), (["--steps", "0"], "argument --steps: '0'")],
)
def test_malformed_option_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        overlap.read(arguments)
    assert error.value.code == 2 and message in capsys.readouterr().err


def test_the_table_says_what_overlap_saves_and_could_save():
    times = {"compute": [0.3, 0.3, 9.0], "exchange": [0.1], "one after the other": [0.4], "overlapped": [0.32]}
    assert overlap.table({"1gbit": times})[-1] == "| 1gbit | 300.0 | 100.0 | 400.0 | 320.0 | 20 % | 25 % |"


def test_all_ways_make_steps_and_those_that_wait_leave_the_same_bits():
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: fastbp[mpi]")
    from benchmarks.comparison.overlapping import Ways

    ways = [Ways({"sizes": [4, 8, 3], "batch": 16, "shards": 4, "steps": 2}) for _ in range(2)]
    assert {*ways[0].steps} == {*overlap.COLUMNS} and all(step() > 0 for step in ways[0].steps.values())
    ways[1].steps["overlapped"]()
    ways[1].steps["overlapped"]()
    one, other = (each.trained.model.network.parameters.tobytes() for each in ways)
    assert one == other
