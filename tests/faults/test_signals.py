"""SIGTERM and Ctrl-C at random instants: the process saves its run between two steps, and ends as if it had been asked to."""

import random
import signal
from dataclasses import asdict, replace

import numba
from runs import digest, mixed_cases, reference

import fastbp

_RUNS = {True: 42, False: 7}
# Signals of a run, and how long after the beginning they come at most.
_SIGNALS, _LONGEST = 4, 0.1
_STOPPED = {signal.SIGTERM: "terminated", signal.SIGINT: "interrupted"}


def cases(whole):
    return mixed_cases(checkpoints=100)[: _RUNS[whole]]


def test_stopped_while_it_trains(case, server, tmp_path, tally):
    path, draw, endless = tmp_path / "run.safetensors", random.Random(case.seed), replace(case, epochs=10**9)
    print(f"{case}; instants of random.Random({case.seed})")
    for number in range(_SIGNALS):
        sends, threads = draw.choice(list(_STOPPED)), draw.choice([1, min(2, numba.config.NUMBA_NUM_THREADS), None])
        # The first before the first step, or soon after it.
        delay = draw.uniform(0, _LONGEST) if number else 0.0
        print(f"{sends.name} after {delay:.6f} s, threads={threads}")
        outcome = server.run("runs:train", path, threads, asdict(endless), sends=sends, delay=delay)
        assert outcome.status == 0
        trainer = fastbp.Trainer.resume(path)
        assert outcome.result == [digest(trainer), trainer.steps, _STOPPED[sends]]
        # Empty where the last step had been saved before the signal was seen.
        assert trainer.history.stopped in ("", _STOPPED[sends])
        tally[f"training processes stopped by {sends.name}"] += 1
    done = replace(case, epochs=trainer.epoch + 2)
    assert server.run("runs:train", path, None, asdict(done)).result[0] == reference(server, done)
