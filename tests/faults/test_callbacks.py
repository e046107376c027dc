"""A run that stops by itself, keeps its best model and is logged, killed at random instants: it stops where it would, and is logged so."""

import csv
import random
import signal
import time

import numba
import pytest
from watched import BEST, LOG, RUN

import fastbp

# Kills after which a checkpoint is left from beyond the best epoch: what is known of that one must be in it.
_LATE = {True: 15, False: 2}


@pytest.mark.parametrize("every", ["1 epoch", "4 steps", "20 epochs"])
def test_killed_and_resumed_it_stops_at_the_same_epoch(server, tmp_path, tally, whole, every):
    left_alone, draw, late, begun = tmp_path / "left alone", random.Random(every), 0, 0
    left_alone.mkdir()
    begin = time.perf_counter()
    expected = server.run("watched:train", left_alone, "", 1).result
    longest = time.perf_counter() - begin
    assert expected[:3] == ["early_stopping", 282, 82]
    while late < _LATE[whole]:
        folder, ended = tmp_path / str(begun), False
        folder.mkdir()
        begun += 1
        while not ended:
            threads = draw.choice([1, min(2, numba.config.NUMBA_NUM_THREADS)])
            sends, delay = (signal.SIGKILL, draw.uniform(0, longest)) if late < _LATE[whole] else (0, 0.0)
            outcome = server.run("watched:train", folder, every, threads, sends=sends, delay=delay)
            ended = "end" in outcome.said
            if not ended:
                tally["kills of a run with callbacks (SIGKILL)"] += 1
                check_log(folder)
                late += (folder / RUN).exists() and fastbp.Trainer.resume(folder / RUN).epoch > 82
        assert outcome.result in (None, expected)
        trainer = fastbp.Trainer.resume(folder / RUN)
        assert trainer.epoch == 282 and [float(row["seconds"]) for row in rows_of(folder)] == trainer.history.seconds
        same_files(left_alone, folder)


def rows_of(folder):
    with open(folder / LOG, newline="") as file:
        return list(csv.DictReader(file))


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
