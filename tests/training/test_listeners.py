"""What callbacks remember goes with the run."""

import numpy as np
import pytest
from small_task import LABELS, X, make

import fastbp


class Best(fastbp.Callback):
    """Remembers the lowest loss, and what it was given back."""

    def __init__(self):
        self.best, self.seen, self.loaded = np.inf, np.zeros(2), []

    def on_epoch_end(self, run):
        self.best = min(self.best, run.history.loss[-1])
        self.seen += 1

    def state(self):
        return {"best": self.best, "seen": self.seen}

    def load_state(self, state):
        self.loaded.append(state)
        self.best, self.seen = state["best"], state["seen"].copy()


class Other(Best):
    """Of another class."""


def resumed(tmp_path, *callbacks):
    trainer = make()
    trainer.fit(X, LABELS, epochs=2, callbacks=callbacks)
    trainer.save(tmp_path / "run")
    return fastbp.Trainer.resume(tmp_path / "run")


def test_a_callback_of_the_same_class_gets_the_state_back(tmp_path):
    before, after = Best(), Best()
    trainer = resumed(tmp_path, before)
    trainer.fit(X, LABELS, epochs=1, callbacks=after)
    (state,) = after.loaded
    assert state["best"] == before.best and state["seen"].tolist() == [2, 2] and after.seen.tolist() == [3, 3]


def test_two_of_a_class_are_told_apart_by_their_order(tmp_path):
    first, second, again = Best(), Best(), [Best(), Best()]
    first.seen += 10
    trainer = resumed(tmp_path, first, second)
    trainer.fit(X, LABELS, epochs=1, callbacks=again)
    assert [callback.seen.tolist() for callback in again] == [[13, 13], [3, 3]]


def test_a_state_waits_until_its_class_comes(tmp_path):
    trainer, other, late = resumed(tmp_path, Best()), Other(), Best()
    trainer.fit(X, LABELS, epochs=1, callbacks=other)
    trainer.save(tmp_path / "again")
    fastbp.Trainer.resume(tmp_path / "again").fit(X, LABELS, epochs=1, callbacks=late)
    assert not other.loaded and [state["seen"].tolist() for state in late.loaded] == [[2, 2]]


@pytest.mark.parametrize("state", [3, {"a": object()}, {"a": np.array(["text"])}, {1: 2}], ids=["number", "object", "text", "key"])
def test_what_no_file_can_hold_is_refused_before_training(state):
    class Bad(fastbp.Callback):
        def state(self):
            return state

    trainer = make()
    with pytest.raises(TypeError, match=r"Bad\.state\(\)"):
        trainer.fit(X, LABELS, epochs=1, callbacks=Bad())
    assert trainer.steps == 0
