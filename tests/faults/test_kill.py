"""Processes killed at random instants, while they train and while they write: what is resumed ends at the bits of a run left alone."""

import os
import random
import re
import signal
from dataclasses import asdict

import numba
import pytest
from runs import Case, digest, measured_cases, mixed_cases, reference, scheduled_cases, shaped_cases, solver_cases
from small_task import LABELS, X, make

import fastbp

# Of each run of the mixed cases, and of all that mostly write: when everything is tried, and when not.
_RUNS, _KILLS, _WRITING = {True: 42, False: 7}, {True: 5, False: 3}, {True: 60, False: 16}
_TEMPORARY = re.compile(r"\.run(-\d{9})?\.safetensors\.[0-9a-f]{16}")
_NUMBERED = re.compile(r"run-\d{9}\.safetensors")


def cases(whole):
    others = scheduled_cases(checkpoints=100)[: None if whole else 2] + shaped_cases(checkpoints=100)[:: 1 if whole else 5]
    return mixed_cases(checkpoints=100)[: _RUNS[whole]] + others + measured_cases(100) + solver_cases(100)


def test_killed_while_it_trains(case, server, tmp_path, tally, whole):
    for number, folder in enumerate(kills(server, tmp_path, case, _KILLS[whole], longest=[0.1]), 1):
        check_files(folder, case.keep, number)
        tally["kills of a training process (SIGKILL)"] += 1


@pytest.mark.parametrize("keep", [1, 3])
def test_killed_while_it_writes(server, tmp_path, tally, whole, keep):
    # Every other kill is meant for the file that is on its way to the disk, and hits it unless this process is kept waiting.
    settings = {"epochs": 15, "hidden": 40_000, "seed": keep, "slow_disk": 0.03}
    case = Case("adam", "float32", None, "cross_entropy", False, True, "1 step", keep, **settings)
    torn = 0
    for number, folder in enumerate(kills(server, tmp_path, case, _WRITING[whole] // 2, longest=[0.4, 0.02]), 1):
        torn += check_files(folder, keep, number)
        tally["kills of a process that mostly writes (SIGKILL)"] += 1
    tally["of them while the file was half written"] += torn
    assert torn > 0


@pytest.mark.parametrize("name", ["run.safetensors", "run[1].safetensors"])
def test_what_killed_processes_left_is_removed_an_hour_later(tmp_path, name):
    path, numbered = tmp_path / name, name.replace(".", "-000000007.")
    left = [tmp_path / f".{each}.{'0123456789abcdef'}" for each in (name, numbered)]
    others = [tmp_path / f".{each}" for each in (f"{name}.fedcba9876543210", "other.safetensors.0123456789abcdef", f"{name}.backup")]
    for file in left + others:
        file.touch()
        os.utime(file, (0, 0) if file != others[0] else None)
    make().fit(X, LABELS, epochs=1, callbacks=fastbp.Checkpoint(path, keep=2))
    assert not any(file.exists() for file in left) and all(file.exists() for file in others)


def kills(server, tmp_path, case, wanted, longest):
    """Kill and resume, run after run from the beginning, until a training process has been hit `wanted` times; then let the run end.

    They come up to `longest` seconds after the process's first word, one limit after the other. Gives the folder that each kill left.
    """
    draw, expected, hits, begun = random.Random(case.seed), reference(server, case), 0, 0
    print(f"{case}; instants of random.Random({case.seed})")
    while hits < wanted:
        folder, steps, ended = tmp_path / str(begun), 0, False
        folder.mkdir()
        begun += 1
        while not ended:
            threads = draw.choice([1, min(2, numba.config.NUMBA_NUM_THREADS), None])
            sends, delay = (signal.SIGKILL, draw.uniform(0, longest[hits % len(longest)])) if hits < wanted else (0, 0.0)
            outcome = server.run("runs:train", folder / "run.safetensors", threads, asdict(case), sends=sends, delay=delay)
            ended = "end" in outcome.said
            if not ended:
                print(f"killed after {delay:.6f} s, threads={threads}")
                assert outcome.status == -signal.SIGKILL
                hits += 1
                yield folder
            before, steps = steps, steps_in(folder)
            assert steps >= before
        assert outcome.result in (None, [expected, steps, "epochs"])
        assert digest(fastbp.Trainer.resume(folder / "run.safetensors")) == expected
        assert len([*folder.glob("run-*.safetensors")]) == (case.keep if case.keep > 1 else 0)


def steps_in(folder):
    """How far the run in the folder is."""
    path = folder / "run.safetensors"
    return fastbp.Trainer.resume(path).steps if path.exists() else 0


def check_files(folder, keep, kills):
    """All files but temporary ones are whole, and no more than asked for but for one a kill; how many were being written."""
    names = [path.name for path in folder.iterdir()]
    numbered = sorted(name for name in names if _NUMBERED.fullmatch(name))
    temporary = [name for name in names if _TEMPORARY.fullmatch(name)]
    assert {*names} - {*numbered} - {*temporary} <= {"run.safetensors"}
    # The oldest is removed when the newest is there: a kill may come between.
    assert len(numbered) <= (keep + kills if keep > 1 else 0)
    assert all(fastbp.Trainer.resume(folder / name).steps == int(name[4:13]) for name in numbered)
    assert not numbered or steps_in(folder) in (0, *(int(name[4:13]) for name in numbered))
    for name in temporary:
        (folder / name).unlink()
    return len(temporary)
