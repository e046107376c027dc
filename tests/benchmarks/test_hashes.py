"""The table of hashes: its command line, its lines, and that processes with rows of their own leave the hash of one that has all."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import hashes  # not installed: found by the path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--ranks", "2,0"], "argument --ranks: '0'"), (["--only", "adam,adams"], "argument --only: 'adams'; expected some of sgd,rmsprop")],
)
def test_malformed_option_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        hashes.read(arguments)
    assert error.value.code == 2 and message in capsys.readouterr().err


def test_the_parts_of_processes_are_unequal_and_make_the_whole():
    parts = [hashes.own(np.arange(203), rank, 4) for rank in range(4)]
    assert np.concatenate(parts).tolist() == list(range(203)) and [len(part) for part in parts] == [12, 38, 64, 89]


def test_a_hash_that_is_another_one_is_seen():
    found = {1: {"adam": ["aa", "aa"], "sgd": ["bb", "bb"]}, 3: {"adam": ["aa", "cc"], "sgd": ["bb", "bb"]}}
    lines = hashes.table({"adam": "aa", "sgd": "bb"}, found)
    assert lines[0] == "| optimizer | one process | 1 x 1 | 1 x 2 | 3 x 1 | 3 x 2 |"
    assert lines[2:] == [
        "| adam | `aa` | same | same | same | **cc** |", "| sgd | `bb` | same | same | same | same |", "", "7 of 8 are as of one process.",
    ]  # fmt: skip


@pytest.mark.all_cores
@pytest.mark.skipif(DISABLED, reason="it would take minutes in plain Python")
def test_every_hash_is_the_same(pytestconfig):
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: fastbp[mpi]")
    ranks, only = ([1, 2, 3, 4], list(hashes.EVERY)) if pytestconfig.getoption("whole") else ([2], ["adam clipped"])
    # First, so that the kernels are compiled once, and not by each process.
    wanted = {name: [hashes.hash_of(name, 1)] * 2 for name in only}
    for number in ranks:
        assert hashes.on_ranks(number, only) == wanted
