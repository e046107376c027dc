"""`Trainer.fit`: where it begins and ends, and that nobody who watches it changes a bit."""

import pytest
from small_task import LABELS, OPTIMIZERS, Recorder, X, bits, make


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fit_again_goes_on_where_it_stands(optimizer):
    whole, parts = make(optimizer), make(optimizer)
    whole.fit(X, LABELS, epochs=5, validation_data=(X, LABELS))
    parts.fit(X, LABELS, epochs=3, validation_data=(X, LABELS))
    history = parts.fit(X, LABELS, epochs=2, validation_data=(X, LABELS))
    assert bits(parts) == bits(whole)
    assert history is parts.history and len(history) == parts.epoch == 5


def test_no_epochs_are_no_change():
    trainer = make()
    before = bits(trainer)
    history = trainer.fit(X, LABELS, epochs=0)
    assert bits(trainer) == before and len(history) == 0 and history.stopped == "epochs"


def test_validation_leaves_no_trace_in_the_training():
    plain, validated = make(), make()
    plain.fit(X, LABELS, epochs=3)
    validated.fit(X, LABELS, epochs=3, validation_data=(X, LABELS))
    left = [{name: value for name, value in bits(each).items() if "val_" not in name[1]} for each in (plain, validated)]
    assert left[0] == left[1] and plain.history.loss == validated.history.loss


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, None])
def test_watching_full_batch_training_changes_no_bit(threads, dtype):
    """Epochs of one step that nobody watches run together."""
    alone, watched = make(batch_size=None, threads=threads, dtype=dtype), make(batch_size=None, threads=threads, dtype=dtype)
    alone.fit(X, LABELS, epochs=300)
    watched.fit(X, LABELS, epochs=300, callbacks=Recorder())
    assert bits(alone) == bits(watched)
    assert len(alone.history) == alone.epoch == alone.steps == 300


def test_a_time_limit_reached_at_once_loses_nothing():
    stopped, plain = make(), make()
    assert stopped.fit(X, LABELS, epochs=2, time_limit=1e-9).stopped == "time_limit"
    assert stopped.steps == 0
    for trainer in (stopped, plain):
        trainer.fit(X, LABELS, epochs=2)
    assert bits(stopped) == bits(plain)


def test_a_time_limit_not_reached_is_no_limit():
    assert make().fit(X, LABELS, epochs=1, time_limit=600).stopped == "epochs"
