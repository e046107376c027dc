"""Metrics of a run: in the history, with averages, weights and labels, resumed, and refused before anything changes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import metrics as sk
from small_task import LABELS, TARGETS, N, Recorder, StopAt, X, bits, make

import fastbp
from fastbp.data.split import split

WEIGHTS = np.random.default_rng(1).uniform(0.5, 2, N)
TRAINING, VALIDATION = split(0.4, N, LABELS, 0)
ALL = ["f1", "roc_auc", "balanced_accuracy", "log_loss"]


def share(y_true, y_pred):
    return (y_true == y_pred).mean()


def theirs(model, rows, weights=None):
    """scikit-learn's figures of some rows."""
    p, y = model.predict(X[rows]).astype(float), LABELS[rows]
    own = None if weights is None else weights[rows]
    return {
        "f1": sk.f1_score(y, p.argmax(axis=1), sample_weight=own),
        "roc_auc": sk.roc_auc_score(y, p[:, 1], sample_weight=own),
        "balanced_accuracy": sk.balanced_accuracy_score(y, p.argmax(axis=1), sample_weight=own),
        "log_loss": sk.log_loss(y, p / p.sum(axis=1, keepdims=True), sample_weight=own),
    }


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("settings", [{}, {"class_weight": {0: 1, 1: 30}}, {"average": "ema"}])
def test_each_epoch_has_the_figures_of_scikit_learn(weights, settings):
    trainer = make(dtype="float64", **settings)
    for epoch in range(3):
        history = trainer.fit(X, LABELS, epochs=1, validation_split=0.4, sample_weight=weights, metrics=ALL, training_metrics=True)
        for name, value in theirs(trainer.model, VALIDATION, weights).items():
            assert_allclose(getattr(history, f"val_{name}")[epoch], value, rtol=1e-9, err_msg=f"val_{name}")
        for name, value in theirs(trainer.model, TRAINING, weights).items():
            assert_allclose(getattr(history, name)[epoch], value, rtol=1e-9, err_msg=name)
    assert [*history.metrics] == [f"val_{name}" for name in ALL] + ALL


def test_metrics_change_nothing_of_the_run():
    plain, measured = make(), make()
    plain.fit(X, LABELS, epochs=3, validation_split=0.4)
    measured.fit(X, LABELS, epochs=3, validation_split=0.4, metrics=[*ALL, share], training_metrics=True)
    found, expected = bits(measured), bits(plain)
    names = found.pop(("history", "metrics"))
    assert expected.pop(("history", "metrics")) == [] and len(names) == 10
    assert expected.items() <= found.items()


def test_accuracy_is_the_kernels():
    history = make().fit(X, LABELS, epochs=2, validation_data=(X[:9], LABELS[:9]), metrics=["accuracy"], training_metrics=True)
    again = make()
    expected = [again.fit(X, LABELS, epochs=1) and again.evaluate(X, LABELS)["accuracy"] for _ in range(2)]
    assert history.accuracy == expected and [*history.metrics] == ["accuracy"] and None not in history.val_accuracy


def test_training_metrics_need_no_validation_data():
    trainer = make(batch_size=None)
    history = trainer.fit(X, LABELS, epochs=2, metrics=["f1", share], training_metrics=True)
    assert history.f1[-1] == theirs(trainer.model, np.arange(N))["f1"] and history.val_loss == [None, None]
    assert [*history.metrics] == ["f1", "share"]


def test_calls_of_fit_with_other_metrics():
    trainer = make()
    data = {"validation_data": (X, LABELS)}
    trainer.fit(X, LABELS, epochs=1)
    trainer.fit(X, LABELS, epochs=2, metrics=["f1"], **data)
    history = trainer.fit(X, LABELS, epochs=1, metrics=["recall"], **data)
    assert [entry is None for entry in history.val_f1] == [True, False, False, True]
    assert [entry is None for entry in history.val_recall] == [True, True, True, False]
    assert {len(entries) for entries in history.metrics.values()} == {4}


@pytest.mark.parametrize("steps", [3, 12])
def test_a_run_is_resumed_with_its_metrics(tmp_path, steps):
    path, settings = tmp_path / "run.safetensors", {"validation_split": 0.4, "metrics": ["f1", "roc_auc", share], "training_metrics": True}
    trainer, expected = make(), make()
    expected.fit(X, LABELS, epochs=4, **settings)
    trainer.fit(X, LABELS, epochs=4, callbacks=StopAt(steps), **settings)
    trainer.save(path)
    resumed = fastbp.Trainer.resume(path)
    assert resumed.history == trainer.history
    resumed.fit(X, LABELS, epochs=4 - resumed.epoch, **settings)
    assert bits(resumed) == bits(expected) and len(resumed.history.val_share) == 4


def test_an_epoch_that_diverged_has_no_metrics():
    trainer = make(fastbp.SGD(1e20), activation="relu")
    with pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, LABELS, epochs=3, validation_data=(X, LABELS), metrics=["f1"])
    assert {len(entries) for entries in trainer.history.metrics.values()} <= {len(trainer.history)}


def test_labels_reach_functions():
    seen = []

    def note(y_true, y_pred):
        seen.append((set(y_true.tolist()), y_true.shape, y_pred.shape))
        return 0.5

    model = fastbp.MLP([3, 4, 2], classes=["no", "yes"], seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", seed=0)
    species = np.array(["no", "yes"])[LABELS]
    history = trainer.fit(X, species, epochs=2, validation_split=0.4, metrics=note)
    assert seen == [({"no", "yes"}, (20,), (20,))] * 2 and history.val_note == [0.5, 0.5]
    assert trainer.evaluate(X, species, metrics=[note, "f1"])["f1"] == sk.f1_score(species, model.predict_class(X), pos_label="yes")


def test_callbacks_see_the_metrics_of_the_epoch():
    class Look(fastbp.Callback):
        def on_epoch_end(self, run):
            assert run.history.val_f1[-1] == run.history.metrics["val_f1"][run.epoch - 1]

    make().fit(X, LABELS, epochs=2, validation_split=0.4, metrics=["f1"], callbacks=[Look(), Recorder()])


def test_evaluate():
    trainer = make(dtype="float64")
    trainer.fit(X, LABELS, epochs=2)
    found = trainer.evaluate(X, LABELS, WEIGHTS, metrics=[*ALL, "accuracy", share])
    plain = trainer.evaluate(X, LABELS, WEIGHTS)
    assert [*found] == ["loss", "accuracy", *ALL, "share"] and plain.items() <= found.items()
    expected = theirs(trainer.model, np.arange(N), WEIGHTS)
    assert_allclose([found[name] for name in ALL], [expected[name] for name in ALL], rtol=1e-12)


def test_targets_that_are_missing():
    y = TARGETS.copy()
    y[::3, 0] = np.nan
    trainer = make(loss="squared_error", missing_targets="ignore")
    history = trainer.fit(X, y, epochs=1, validation_data=(X, y), metrics=["mae", "r2"])
    known, found = ~np.isnan(y[:, 0]), trainer.model.predict(X).astype(float)
    wanted = (sk.r2_score(y[known, 0], found[known, 0]) + sk.r2_score(y[:, 1], found[:, 1])) / 2
    assert_allclose(history.val_r2, [wanted], rtol=1e-12)
    sides = make(loss="binary_cross_entropy", missing_targets="ignore")
    wanted = np.where(np.isnan(y), np.nan, y > 0)
    found = sides.evaluate(X, wanted, metrics=["accuracy", "f1"])
    assert found["accuracy"] > 0.2 and [*found] == ["loss", "accuracy", "f1"]


def test_quantiles():
    trainer = fastbp.Trainer(fastbp.MLP([3, 8, 6], dtype="float64", seed=0), loss=fastbp.Quantile([0.1, 0.5, 0.9]), seed=0)
    history = trainer.fit(X, TARGETS, epochs=3, validation_data=(X, TARGETS), metrics=["pinball", "coverage", "mae"])
    found = trainer.model.predict(X).reshape(N, 2, 3)
    pinball = [sk.mean_pinball_loss(TARGETS, found[..., i], alpha=level) for i, level in enumerate([0.1, 0.5, 0.9])]
    assert_allclose(history.val_pinball[-1], np.mean(pinball), rtol=1e-12)
    # Crossed quantiles cost more.
    assert history.val_pinball[-1] < history.val_loss[-1]
    assert_allclose(history.val_coverage[-1], ((found[..., 0] <= TARGETS) & (found[..., 2] >= TARGETS)).mean())
    assert_allclose(history.val_mae[-1], np.abs(found[..., 1] - TARGETS).mean())


def refused(said, error=ValueError, trainer=None, y=LABELS, **settings):
    trainer = make() if trainer is None else trainer
    before = bits(trainer)
    with pytest.raises(error, match=said):
        trainer.fit(X, y, epochs=1, **settings)
    assert bits(trainer) == before


def test_what_is_refused_before_training():
    data = {"validation_data": (X, LABELS)}
    refused("metrics need data: expected validation_data, validation_split or training_metrics=True", metrics=["f1"])
    refused("training_metrics is True and there are no metrics", training_metrics=True, **data)
    refused("training_metrics is 1 of type int; expected True or False", TypeError, metrics=["f1"], training_metrics=1, **data)
    refused("metrics='f3' is not known", metrics=["f3"], **data)
    refused("metric 'mae' is of real targets", metrics=["mae"], **data)
    refused("metric 'roc_auc' is of several classes or of yes and no; loss='squared_error' is of real targets",
            trainer=make(loss="squared_error"), y=TARGETS, metrics=["roc_auc"], training_metrics=True)  # fmt: skip
    with pytest.raises(ValueError, match="metric 'f1' is of several classes"):
        make(loss="huber").evaluate(X, TARGETS, metrics=["f1"])


@pytest.mark.parametrize("name", ["loss", "accuracy", "val_f1", "seconds", "stopped", "truncate", "metrics", "_x"])
def test_names_that_mean_something_else(name):
    metric = fastbp.CustomMetric(share, name=name)
    refused(f"a metric cannot be called '{name}', which is something else in a history", metrics=[metric], training_metrics=True)


def test_an_error_in_a_metric_leaves_a_run_that_can_go_on():
    calls, trainer, expected = [], make(), make()

    def fails(y_true, y_pred):
        calls.append(None)
        if len(calls) == 2:
            raise ZeroDivisionError("mine")
        return 1.0

    with pytest.raises(ZeroDivisionError, match="mine"):
        trainer.fit(X, LABELS, epochs=3, validation_split=0.4, metrics=fails)
    assert (trainer.epoch, len(trainer.history), trainer.history.stopped) == (1, 1, "error")
    trainer.fit(X, LABELS, epochs=2, validation_split=0.4, metrics=fails)
    expected.fit(X, LABELS, epochs=3, validation_split=0.4)
    assert (trainer.model.weights[0] == expected.model.weights[0]).all() and trainer.history.loss == expected.history.loss
