"""`Checkpoint`: written when it should be, and never over what must not be lost."""

import contextlib
import errno
import os
import re
import shutil
import signal
from pathlib import Path

import own_functions
import pytest
from small_task import LABELS, Recorder, StopAt, X, bits, make

import fastbp
from fastbp.callbacks import checkpoint as checkpoint_module


def steps_in(path):
    return fastbp.Trainer.resume(path).steps


class Seen(fastbp.Callback):
    """Writes down which step the newest checkpoint holds, after every pause."""

    def __init__(self, path):
        self.path, self.steps = path, []

    def on_pause(self, trainer):
        if self.path.exists():
            self.steps.append(steps_in(self.path))


@pytest.mark.parametrize(("every", "wanted"), [("3 steps", [3, 6, 9, 12, 15, 18, 21]), ("2 epochs", [14, 21]), ("1 epoch", [7, 14, 21])])
def test_steps_and_epochs_are_hit_exactly(tmp_path, every, wanted):
    path, plain, trainer = tmp_path / "run.safetensors", make(), make()
    seen = Seen(path)
    plain.fit(X, LABELS, epochs=3)
    trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(path, every=every), seen])
    assert bits(trainer) == bits(plain) == bits(fastbp.Trainer.resume(path))
    assert sorted({*seen.steps, steps_in(path)}) == wanted
    assert os.listdir(tmp_path) == ["run.safetensors"]


@pytest.mark.parametrize(
    "activation",
    [
        "gelu",
        fastbp.ELU(0.5),
        fastbp.CustomActivation(own_functions.swish, own_functions.swish_derivative),
        fastbp.CustomActivation(own_functions.swish_by_branches, own_functions.swish_derivative_by_branches),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_run_of_any_activation_goes_on_to_the_last_bit(tmp_path, activation, dtype):
    plain, trainer = (make(activation=activation, dtype=dtype) for _ in range(2))
    plain.fit(X, LABELS, epochs=3)
    trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(tmp_path / "run", "4 steps"), StopAt(10)])
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert again.steps == 10 and again.model.activations == plain.model.activations
    again.fit(X, LABELS, epochs=2)
    assert bits(again) == bits(plain) and bits(trainer) != bits(plain)


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import fastbp, own_functions
from small_task import LABELS, X, bits, make

class Kill(fastbp.Callback):
    after_others = True

    def steps_to_pause(self, run):
        return 1

    def on_pause(self, run):
        if run.steps == 10:
            os.kill(os.getpid(), signal.SIGKILL)

own = fastbp.CustomActivation(own_functions.swish, own_functions.swish_derivative)
for activation, path in (("gelu", sys.argv[2]), (own, sys.argv[3])):
    if os.fork() == 0:
        make(activation=activation).fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(path, "3 steps"), Kill()])
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_run_of_any_activation_that_was_killed_goes_on_to_the_last_bit(tmp_path, run_python):
    paths = tmp_path / "gelu", tmp_path / "own"
    run_python(KILLED, Path(own_functions.__file__).parent, *paths)
    for path, activation in zip(paths, ("gelu", fastbp.CustomActivation(own_functions.swish, own_functions.swish_derivative)), strict=True):
        plain, again = make(activation=activation), fastbp.Trainer.resume(path)
        plain.fit(X, LABELS, epochs=3)
        assert again.steps == 9
        again.fit(X, LABELS, epochs=2)
        assert bits(again) == bits(plain)


def test_steps_are_counted_from_the_start_of_the_run(tmp_path):
    path, trainer = tmp_path / "run", make()
    trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(path, "4 steps"), StopAt(6)])
    again, seen = fastbp.Trainer.resume(path), Seen(path)
    again.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(path, "4 steps"), seen])
    assert sorted(set(seen.steps)) == [6, 8, 12, 16, 20] and steps_in(path) == 21


def test_seconds(tmp_path, monkeypatch):
    clock = iter(range(0, 10_000, 4))
    monkeypatch.setattr(checkpoint_module.time, "monotonic", lambda: next(clock))
    seen = Seen(tmp_path / "run")
    callbacks = [fastbp.Checkpoint(tmp_path / "run", "10 s"), StopAt(1), StopAt(2), StopAt(3), StopAt(4), seen]
    trainer = make()
    for _ in range(4):
        trainer.fit(X, LABELS, epochs=1, callbacks=callbacks)
    assert steps_in(tmp_path / "run") == trainer.steps


@pytest.mark.parametrize("links", [True, False])
def test_the_last_few_are_kept(tmp_path, monkeypatch, links):
    def refuse(*arguments):
        raise OSError(95, "Operation not supported")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "run.safetensors"
    make().fit(X, LABELS, epochs=3, callbacks=fastbp.Checkpoint(path, "5 steps", keep=3))
    names = [f"run-{steps:09d}.safetensors" for steps in (15, 20, 21)]
    assert sorted(os.listdir(tmp_path)) == [*names, "run.safetensors"]
    assert [steps_in(tmp_path / name) for name in names] == [15, 20, 21] and steps_in(path) == 21


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_and_writes(tmp_path, number):
    class Signal(fastbp.Callback):
        def on_pause(self, trainer):
            if trainer.steps == 9:
                os.kill(os.getpid(), number)

        def steps_to_pause(self, trainer):
            return 1

    plain, trainer = make(), make()
    plain.fit(X, LABELS, epochs=3)
    history = trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(tmp_path / "run", "1 h"), Signal()])
    assert history.stopped == {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert (again.steps, again.epoch) == (9, 1)
    again.fit(X, LABELS, epochs=2)
    assert bits(again) == bits(plain)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_written_when_another_callback_fails(tmp_path):
    trainer = make()
    with pytest.raises(RuntimeError, match="bad failed"):
        trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(tmp_path / "run", "1 h"), Recorder("bad", fail="epoch")])
    assert trainer.history.stopped == "error" and bits(fastbp.Trainer.resume(tmp_path / "run")) == bits(trainer)


def test_a_new_run_does_not_lose_the_one_that_is_there(tmp_path):
    path = tmp_path / "run.safetensors"
    make().fit(X, LABELS, epochs=3, callbacks=fastbp.Checkpoint(path))
    with pytest.warns(UserWarning, match=r"begins at step 0.*kept as .*run-before\.safetensors"):
        make().fit(X, LABELS, epochs=1, callbacks=fastbp.Checkpoint(path))
    assert (steps_in(path), steps_in(tmp_path / "run-before.safetensors")) == (7, 21)


def test_the_runs_of_all_before_are_kept(tmp_path):
    path, kept = tmp_path / "run.safetensors", ["run-before.safetensors", "run-before-2.safetensors", "run-before-3.safetensors"]
    for epochs in (4, 3, 2, 1):
        with pytest.warns(UserWarning, match=rf"{kept[3 - epochs]}'") if epochs < 4 else contextlib.nullcontext():
            make().fit(X, LABELS, epochs=epochs, callbacks=fastbp.Checkpoint(path, "1 step", keep=2))
    assert [steps_in(tmp_path / name) for name in kept] == [28, 21, 14]
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, "run.safetensors", "run-000000006.safetensors", "run-000000007.safetensors"])


@pytest.mark.parametrize("last_write_failed", [False, True])
def test_a_fit_that_fails_before_it_begins_overwrites_nothing(tmp_path, monkeypatch, last_write_failed):
    def full(path, *pieces):
        raise OSError(errno.ENOSPC, "no space")

    path = tmp_path / "run"
    make().fit(X, LABELS, epochs=3, callbacks=fastbp.Checkpoint(path))
    content, checkpoint = path.read_bytes(), fastbp.Checkpoint(path, "1 h")
    if last_write_failed:
        with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
            patch.setattr(checkpoint_module, "write_atomically", full)
            fastbp.Trainer.resume(path).fit(X, LABELS, epochs=1, callbacks=checkpoint)
    with pytest.raises(RuntimeError, match="bad failed"):
        make().fit(X, LABELS, epochs=1, callbacks=[Recorder("bad", fail="begin"), checkpoint])
    assert path.read_bytes() == content


class Remove(fastbp.Callback):
    """Takes the folder away after an epoch."""

    def __init__(self, folder):
        self.folder = folder

    def on_epoch_end(self, run):
        if run.epoch == 2:
            shutil.rmtree(self.folder)


def test_a_folder_that_is_gone_is_told_as_such(tmp_path):
    folder, trainer = tmp_path / "runs", make()
    folder.mkdir()
    gone = re.escape(f"the folder {str(folder)!r} does not exist (any more)")
    with pytest.warns(RuntimeWarning, match=gone) as warned, pytest.raises(FileNotFoundError, match=gone) as raised:
        trainer.fit(X, LABELS, epochs=3, callbacks=[Remove(folder), fastbp.Checkpoint(folder / "run")])
    assert "untouched" not in str(raised.value) + "".join(str(warning.message) for warning in warned)
    with pytest.raises(FileNotFoundError, match=gone):
        trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.Checkpoint(folder / "run"))
