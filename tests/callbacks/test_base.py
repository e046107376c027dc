"""Callbacks: when they are called, and what of an error in one of them."""

import re
import signal

import numpy as np
import pytest
from small_task import LABELS, Recorder, X, bits, make

import fastbp


def test_callbacks_are_called_in_order():
    calls = []
    make().fit(X, LABELS, epochs=2, callbacks=[Recorder("a", calls), Recorder("b", calls)])
    assert calls == [
        ("a", "begin", 0), ("b", "begin", 0), ("a", "epoch", 1), ("b", "epoch", 1), ("a", "epoch", 2), ("b", "epoch", 2),
        ("a", "end", 2), ("b", "end", 2),
    ]  # fmt: skip


def test_a_callback_that_returns_true_stops_and_the_others_still_hear_of_the_epoch():
    calls = []
    trainer = make()
    history = trainer.fit(X, LABELS, epochs=9, callbacks=(Recorder("a", calls, stop=2), Recorder("b", calls)))
    assert history.stopped == "callback" and trainer.epoch == 2
    assert calls[-3:] == [("b", "epoch", 2), ("a", "end", 2), ("b", "end", 2)]


def test_the_base_callback_does_nothing():
    plain, heard = make(), make()
    plain.fit(X, LABELS, epochs=2)
    heard.fit(X, LABELS, epochs=2, callbacks=fastbp.Callback())
    assert bits(plain) == bits(heard)


def test_callbacks_see_the_epoch_in_the_history():
    seen = []

    class Watch(fastbp.Callback):
        def on_epoch_end(self, trainer):
            seen.append((len(trainer.history), trainer.history.val_loss[-1] == trainer.evaluate(X, LABELS)["loss"]))

    make().fit(X, LABELS, epochs=2, callbacks=Watch(), validation_data=(X, LABELS))
    assert seen == [(1, True), (2, True)]


@pytest.mark.parametrize("event", ["begin", "epoch"])
def test_on_fit_end_is_called_after_an_error_and_training_can_go_on(event):
    trainer, plain, recorder = make(), make(), Recorder()
    with pytest.raises(RuntimeError, match="bad failed"):
        trainer.fit(X, LABELS, epochs=3, callbacks=[Recorder("bad", fail=event), recorder])
    assert recorder.calls[-1][1] == "end"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    trainer.fit(X, LABELS, epochs=3 - trainer.epoch)
    plain.fit(X, LABELS, epochs=3)
    assert bits(trainer) == bits(plain)


def test_on_fit_end_of_every_callback_is_called_though_one_of_them_fails():
    recorder = Recorder()
    with pytest.raises(RuntimeError, match="bad failed"):
        make().fit(X, LABELS, epochs=1, callbacks=[Recorder("bad", fail="end"), recorder])
    assert recorder.calls[-1][1] == "end"


def with_hook(name, hook):
    """A callback that has this method, too."""
    return type("Mine", (fastbp.Callback,), {name: hook})()


HOOKS = ["on_fit_begin", "on_epoch_end", "on_pause", "steps_to_pause", "on_fit_end"]
# How a hook may not be written; the first two are those of Keras.
OTHER_HOOKS = {
    "(epoch, logs=None)": lambda self, epoch, logs=None: None,
    "(epoch, logs)": lambda self, epoch, logs: None,
    "()": lambda self: None,
    "(*, run)": lambda self, *, run: None,
    "(run, **logs)": lambda self, run, **logs: None,
}


def refused(callback, words):
    trainer = make()
    before = bits(trainer)
    with pytest.raises(TypeError, match=words):
        trainer.fit(X, LABELS, epochs=1, callbacks=callback)
    assert bits(trainer) == before


@pytest.mark.parametrize("signature", OTHER_HOOKS)
@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_that_takes_other_arguments_than_the_run_is_refused(name, signature):
    refused(with_hook(name, OTHER_HOOKS[signature]), re.escape(f"Mine.{name} takes {signature}; expected (run)"))


@pytest.mark.parametrize(
    "hook", [lambda self, run: None, lambda self, *arguments: None, lambda self, run, factor=2: None, staticmethod(lambda run: None), print]
)
def test_a_hook_that_takes_the_run_is_taken(hook, capsys):
    for name in HOOKS:
        make().fit(X, LABELS, epochs=1, callbacks=with_hook(name, hook))


def test_a_hook_of_the_object_itself_is_called():
    callback, heard = fastbp.Callback(), []
    callback.on_fit_begin = heard.append
    callback.on_loss = print  # not a method of its class
    trainer = make()
    trainer.fit(X, LABELS, epochs=1, callbacks=callback)
    assert heard == [trainer.run]
    callback.on_fit_begin = lambda: None
    refused(callback, r"Callback\.on_fit_begin takes \(\); expected \(run\)")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("on_train_begin", "on_fit_begin"),
        ("on_train_end", "on_fit_end"),
        ("on_epoch_begin", "on_epoch_end"),
        ("on_batch_end", "on_epoch_end"),
        ("on_epochend", "on_epoch_end"),
        ("on_pauses", "on_pause"),
    ],
)
def test_a_hook_that_would_never_be_called_is_refused(name, near):
    refused(with_hook(name, lambda self, *arguments: None), rf"Mine\.{name} is never called; fastbp calls on_fit_begin, .*mean '{near}'\?")


def test_what_is_named_like_a_hook_and_is_no_method_is_left_alone():
    make().fit(X, LABELS, epochs=1, callbacks=with_hook("on_gpu", False))


def test_a_function_of_the_run_is_a_callback():
    epochs = []
    history = make().fit(X, LABELS, epochs=9, callbacks=[lambda run: epochs.append(run.epoch), lambda run: run.epoch == 4])
    assert epochs == [1, 2, 3, 4] and history.stopped == "callback"
    assert make().fit(X, LABELS, epochs=9, callbacks=lambda run: np.float32(run.epoch) == 3).stopped == "callback"


@pytest.mark.parametrize("answer", [None, False, np.False_, 12, "written", [1]])
def test_only_true_stops_after_a_function(answer):
    assert make().fit(X, LABELS, epochs=2, callbacks=lambda run: answer).stopped == "epochs"


@pytest.mark.parametrize(("function", "signature"), [(lambda: True, "()"), (lambda epoch, logs: None, "(epoch, logs)")])
def test_a_function_of_something_else_is_refused(function, signature):
    refused(function, re.escape(f"<lambda> takes {signature}; expected (run), and be called after each epoch"))


def test_a_class_is_no_callback():
    refused(fastbp.Checkpoint, r"callbacks has the class Checkpoint; expected an object of it, as Checkpoint\(\) gives")


@pytest.mark.parametrize("hook", ["on_fit_begin", "on_epoch_end", "on_pause"])
def test_the_word_of_the_first_callback_that_stops_is_told(hook):
    trainer = make()
    others = [with_hook(hook, lambda self, run: False), with_hook(hook, lambda self, run: True)]
    history = trainer.fit(X, LABELS, epochs=3, callbacks=[others[0], with_hook(hook, lambda self, run: "enough"), others[1]])
    assert history.stopped == "enough" and trainer.epoch == (hook == "on_epoch_end")
    assert trainer.fit(X, LABELS, epochs=3, callbacks=others).stopped == "callback"
    assert trainer.steps == 0 if hook == "on_fit_begin" else trainer.steps > 0
