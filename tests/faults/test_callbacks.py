"""A run that stops by itself, keeps its best model and is logged, killed at random instants: it stops where it would, and is logged so."""

import csv
import random
import signal

import numba
import pytest
from watched import BEST, LOG, RUN

import fastbp

_KILLS = {True: 30, False: 6}


def rows_of(folder):
    with open(folder / LOG, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("every", ["1 epoch", "4 steps", "30 epochs"])
def test_killed_and_resumed_it_stops_at_the_same_epoch(server, tmp_path, tally, whole, every):
    left_alone, killed, draw, hits = tmp_path / "left", tmp_path / "killed", random.Random(every), 0
    for folder in (left_alone, killed):
        folder.mkdir()
    expected = server.run("watched:train", left_alone, "", 1).result
    assert expected[0] == "early_stopping" and expected[1] == expected[2] + 20
    while True:
        threads = draw.choice([1, min(2, numba.config.NUMBA_NUM_THREADS)])
        sends, delay = (signal.SIGKILL, draw.uniform(0, 0.3)) if hits < _KILLS[whole] else (0, 0.0)
        outcome = server.run("watched:train", killed, every, threads, sends=sends, delay=delay)
        hits += outcome.status == -signal.SIGKILL
        if "end" in outcome.said:
            break
        check_log(killed)
    tally["kills of a run with callbacks (SIGKILL)"] += hits
    assert hits > 0 and outcome.result in (None, expected)
    trainer = fastbp.Trainer.resume(killed / RUN)
    assert trainer.epoch == expected[1]
    same_files(left_alone, killed)
    assert [float(row["seconds"]) for row in rows_of(killed)] == trainer.history.seconds


def check_log(folder):
    """No epoch stands twice and none is missing, but for a part of a row at the end."""
    if (folder / LOG).exists():
        whole_lines = (folder / LOG).read_text().rpartition("\n")[0].splitlines()[1:]
        assert [line.split(",")[0] for line in whole_lines] == [str(epoch + 1) for epoch in range(len(whole_lines))]


def same_files(one, other):
    """The best models are the same to the bit, and the logs, but for times."""
    best = [[array.tobytes() for array in fastbp.MLP.load(folder / BEST).get_weights()] for folder in (one, other)]
    assert best[0] == best[1]
    names = "epoch", "loss", "val_loss", "val_accuracy"
    ours, theirs = ([[row[name] for name in names] for row in rows_of(folder)] for folder in (one, other))
    assert ours == theirs and [int(row[0]) for row in ours] == list(range(1, len(ours) + 1))
