"""What is said of a metric that is not there."""

import re

import pytest
from small_task import LABELS, TARGETS, X, make

import fastbp
from fastbp.callbacks.metric import Watching, check_metric, value_of


def fit_for(metric, *, y=LABELS, validation=True, **settings):
    """Train with a callback that wants this metric; what it is told before the first step."""
    trainer = make(**settings)
    with pytest.raises(ValueError) as told:
        data = (X, y) if validation else None
        trainer.fit(X, y, epochs=3, validation_data=data, callbacks=Watching(metric, "min"))
    assert trainer.steps == 0 and trainer.history.stopped == ""
    return str(told.value)


@pytest.mark.parametrize(
    ("metric", "settings", "words"),
    [
        ("val_f2", {}, r"metric='val_f2' is not known; expected one of loss, val_loss, val_accuracy\."),
        ("val_los", {}, r"Did you mean 'val_loss'\?"),
        ("val_acc", {}, r"metric='val_acc' is called 'val_accuracy' here"),
        ("valid_loss", {}, r"metric='valid_loss' is called 'val_loss' here"),
        ("val_f1", {}, r"metric='val_f1': fit was not asked for it; expected fit\(\.\.\., metrics=\['f1'\]\); the epochs will have loss,"),
        ("roc_auc", {}, r"expected fit\(\.\.\., metrics=\['roc_auc'\], training_metrics=True\)"),
        ("val_f1", {"validation": False}, r"fit was given no validation data, and not asked for metrics=\['f1'\]; the epochs"),
        ("val_r2", {}, r"metric='val_r2' is not known"),
        ("val_loss", {"validation": False}, r"fit was given no validation data; the epochs will have loss$"),
        ("val_accuracy", {"loss": "squared_error", "y": TARGETS}, r"this fit has none of it; the epochs will have loss, val_loss$"),
    ],
)
def test_a_metric_that_the_history_will_lack_is_told_before_the_first_step(metric, settings, words):
    assert re.search(words, fit_for(metric, **settings))


def test_the_metric_of_the_last_epoch():
    trainer = make()
    trainer.fit(X, LABELS, epochs=2, validation_data=(X, LABELS))
    assert value_of("val_loss", trainer.run) == trainer.history.val_loss[1] != trainer.history.val_loss[0]
    check_metric("val_accuracy", trainer.run)
    trainer.history.add(1.0, {}, 1.0, 1)
    with pytest.raises(ValueError, match=r"epoch 2 has no 'val_loss'; it has loss, seconds, samples_per_second"):
        value_of("val_loss", trainer.run)


def test_what_was_seen_of_another_run_is_forgotten():
    class Watch(Watching):
        def on_epoch_end(self, run):
            value, best = self._look(run)
            if best:
                self.best, self.best_epoch = value, run.epoch

    watch, trainer = Watch("loss", "max"), make()
    trainer.fit(X, LABELS, epochs=2, callbacks=watch)
    assert (watch.best, watch.best_epoch) == (trainer.history.loss[0], 1)
    # The same run, though some of its epochs were not seen.
    trainer.fit(X, LABELS, epochs=2)
    trainer.fit(X, LABELS, epochs=0, callbacks=watch)
    assert watch.best_epoch == 1
    other = make(model_seed=7)
    other.fit(X, LABELS, epochs=5)
    other.fit(X, LABELS, epochs=0, callbacks=watch)
    assert watch.best is None and watch.best_epoch is None and watch.state() == {}
    assert isinstance(watch, fastbp.Callback)
