"""What a run leaves in its history."""

import numpy as np
from numpy.testing import assert_allclose
from small_task import LABELS, TARGETS, N, X, make


def test_history_has_an_entry_an_epoch():
    trainer = make()
    trainer.fit(X, LABELS, epochs=2)
    history = trainer.fit(X, LABELS, epochs=3, validation_data=(X[:9], LABELS[:9]))
    lengths = {len(getattr(history, name)) for name in ("loss", "val_loss", "val_accuracy", "seconds", "samples_per_second")}
    assert lengths == {5} and len(history) == 5
    assert history.val_loss[:2] == history.val_accuracy[:2] == [None, None]
    assert {"loss": history.val_loss[-1], "accuracy": history.val_accuracy[-1]} == trainer.evaluate(X[:9], LABELS[:9])
    assert all(seconds > 0 for seconds in history.seconds)
    assert_allclose(history.samples_per_second, N / np.array(history.seconds))


def test_history_of_a_loss_without_accuracy():
    history = make(loss="squared_error").fit(X, TARGETS, epochs=1, validation_data=[X, TARGETS])
    assert history.val_accuracy == [None] and history.val_loss[0] > 0


def test_history_loss_is_the_mean_over_rows_before_each_update():
    trainer, stepped = make("sgd", shuffle=False), make("sgd", shuffle=False)
    history = trainer.fit(X, LABELS, epochs=1)
    parts = [slice(first, first + 8) for first in range(0, N, 8)]
    losses = [stepped.step(X[part], LABELS[part]) for part in parts]
    assert_allclose(history.loss, np.average(losses, weights=[len(X[part]) for part in parts]), rtol=1e-12)
