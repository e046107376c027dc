"""The progress bar."""

import sys

from small_task import LABELS, X, bits, make


def test_progress_is_silent_when_not_a_terminal(capfd):
    make().fit(X, LABELS, epochs=2)
    make().fit(X, LABELS, epochs=2, progress=False)
    assert capfd.readouterr() == ("", "")


def test_progress_shows_speed_loss_and_validation_on_stderr_alone(capfd):
    history = make().fit(X, LABELS, epochs=2, validation_data=(X, LABELS), progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert f"loss={history.loss[-1]:.4g}" in err.replace(" ", "")
    assert f"val_loss={history.val_loss[-1]:.4g}" in err and "val_accuracy=" in err
    assert "epoch 2" in err and "100/100" in err and "samples/s" in err


def test_progress_shows_the_first_metrics(capfd):
    metrics = ["f1", "recall", "precision", "log_loss"]
    history = make().fit(X, LABELS, epochs=1, validation_data=(X, LABELS), metrics=metrics, progress=True)
    err = capfd.readouterr().err
    assert f"val_f1={history.val_f1[-1]:.4g}" in err and "val_recall=" in err and "val_precision" not in err


def test_progress_is_shown_on_a_terminal(capfd, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    make().fit(X, LABELS, epochs=2)
    out, err = capfd.readouterr()
    assert out == "" and "samples/s" in err


def test_progress_without_standard_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert len(make().fit(X, LABELS, epochs=1)) == 1


def test_progress_leaves_no_trace():
    silent, shown = make(), make()
    silent.fit(X, LABELS, epochs=2)
    shown.fit(X, LABELS, epochs=2, progress=True)
    assert bits(silent) == bits(shown)
