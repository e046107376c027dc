"""`OptunaPruning`: studies whose trials are pruned, in a file of SQLite as in memory."""

import pytest
from small_task import LABELS, X, make

import fastbp

optuna = pytest.importorskip("optuna", reason="Optuna is not installed")
SOME = (X, LABELS)


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture
def storage(tmp_path):
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/study.db")
    yield storage
    storage.engine.dispose()


def train(callbacks, rate, epochs=12):
    trainer = make(fastbp.SGD(rate, momentum=0.9))
    trainer.fit(X, LABELS, epochs=epochs, validation_data=SOME, callbacks=callbacks)
    return trainer.history


@pytest.mark.parametrize(("metric", "direction"), [("val_loss", "minimize"), ("val_accuracy", "maximize")])
def test_trials_of_a_study_are_pruned(storage, metric, direction):
    well, badly = (getattr(train((), rate), metric) for rate in (0.3, 1e-9))
    limit = ((max if direction == "minimize" else min)(well[2:]) + badly[2]) / 2
    pruner = optuna.pruners.ThresholdPruner(**{"upper" if direction == "minimize" else "lower": limit}, n_warmup_steps=3)

    def objective(trial):
        rate = trial.suggest_float("rate", 1e-9, 1.0)
        return getattr(train(fastbp.OptunaPruning(trial, metric), rate), metric)[-1]

    study = optuna.create_study(storage=storage, study_name="pruned", direction=direction, pruner=pruner)
    for rate in (0.3, 1e-9, 1e-9):
        study.enqueue_trial({"rate": rate})
    study.optimize(objective, n_trials=3)
    # Read anew from the file.
    trials = optuna.load_study(study_name="pruned", storage=storage).trials
    assert [trial.state.name for trial in trials] == ["COMPLETE", "PRUNED", "PRUNED"]
    assert trials[0].intermediate_values == {epoch + 1: value for epoch, value in enumerate(well)}
    assert trials[1].intermediate_values == trials[2].intermediate_values == {epoch + 1: badly[epoch] for epoch in range(3)}


def test_a_pruned_trial_is_told_and_the_run_can_go_on():
    study = optuna.create_study(pruner=optuna.pruners.ThresholdPruner(upper=0.0, n_warmup_steps=2))
    trainer = make()
    with pytest.raises(optuna.TrialPruned, match=r"val_loss is 0\.\d+ after epoch 2"):
        trainer.fit(X, LABELS, epochs=6, validation_data=SOME, callbacks=fastbp.OptunaPruning(study.ask()))
    assert trainer.epoch == 2 and trainer.history.stopped == "error"
    trainer.fit(X, LABELS, epochs=4)
    assert trainer.epoch == 6


@pytest.mark.parametrize("new", [False, True])
def test_a_run_that_is_resumed_reports_no_epoch_twice_and_leaves_none_out(tmp_path, storage, new):
    study = optuna.create_study(storage=storage)
    trial, trainer = study.ask(), make()
    trainer.fit(X, LABELS, epochs=2, validation_data=SOME, callbacks=fastbp.OptunaPruning(trial))
    trainer.save(tmp_path / "run")
    # The trial hears of an epoch more, of which the checkpoint knows nothing.
    trainer.fit(X, LABELS, epochs=1, validation_data=SOME, callbacks=fastbp.OptunaPruning(trial))
    trial = study.ask() if new else trial
    again = fastbp.Trainer.resume(tmp_path / "run")
    again.fit(X, LABELS, epochs=3, validation_data=SOME, callbacks=fastbp.OptunaPruning(trial))
    assert study.trials[trial.number].intermediate_values == {epoch + 1: loss for epoch, loss in enumerate(again.history.val_loss)}


def test_a_trial_of_fixed_parameters_is_taken():
    assert train(fastbp.OptunaPruning(optuna.trial.FixedTrial({})), 0.1, epochs=2).stopped == "epochs"


def test_refused_before_the_first_step():
    trial = optuna.create_study().ask()
    with pytest.raises(TypeError, match="trial is of type str; expected a trial of Optuna's"):
        fastbp.OptunaPruning("trial")
    with pytest.raises(TypeError, match="metric is 3 of type int"):
        fastbp.OptunaPruning(trial, 3)
    with pytest.raises(TypeError, match=r"OptunaPruning\(monitor=\.\.\.\) is called 'metric' here"):
        fastbp.OptunaPruning(trial, monitor="val_loss")
    with pytest.raises(ValueError, match="the study has 2 objectives"):
        fastbp.OptunaPruning(optuna.create_study(directions=["minimize", "maximize"]).ask())
    trainer = make()
    with pytest.raises(ValueError, match="no validation data"):
        trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.OptunaPruning(trial))
    assert trainer.steps == 0
