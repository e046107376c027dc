"""Schedules that follow the history, in training: each epoch's value, files, steps made again after divergence, and what is refused."""

import copy
import json

import numpy as np
import pytest
from small_task import LABELS, TARGETS, Recorder, StopAt, TooFast, X, bits, make, saved

import fastbp
from fastbp.schedules import Plan
from fastbp.training import guard
from fastbp.training.history import History
from fastbp.training.plan import Planned
from fastbp.training.plateaus import Plateaus

VALIDATION = {"validation_data": (X[:20], LABELS[:20])}
# Reduced after each epoch but the first.
EACH = fastbp.Plateau(0.1, 0.5, patience=0, min_delta=100.0)
# By what the metrics are.
BY_LOSS = fastbp.Plateau(0.02, 0.5, patience=1, min_delta=0.03, cooldown=1)
BY_ACCURACY = fastbp.Plateau(0.02, 0.5, patience=1, metric="val_accuracy")


def reductions(plateau, metrics):
    """As it is done in PyTorch: after each of the metrics."""
    best, bad, cooling, found, sign = np.inf, 0, 0, [0], -1 if "accuracy" in plateau.metric else 1
    for value in metrics:
        if sign * value < best - plateau.min_delta:
            best, bad = sign * value, 0
        else:
            bad += 1
        if cooling:
            cooling, bad = cooling - 1, 0
        if bad > plateau.patience:
            cooling, bad = plateau.cooldown, 0
            found.append(found[-1] + 1)
        else:
            found.append(found[-1])
    return found


@pytest.mark.parametrize("batch_size", [8, None])
@pytest.mark.parametrize("plateau", [EACH, BY_LOSS, BY_ACCURACY], ids=str)
def test_each_epoch_has_the_rate_that_the_history_before_it_makes(plateau, batch_size):
    trainer, by_hand = (make(fastbp.Adam(each), batch_size=batch_size, dtype="float64") for each in (plateau, plateau.initial))
    validation = VALIDATION if plateau.metric != "loss" else {}
    for epochs in (12, 1, 12):
        trainer.fit(X, LABELS, epochs=epochs, **validation)
    for epoch in range(25):
        before = getattr(by_hand.history, plateau.metric)
        by_hand.optimizer.learning_rate = plateau.initial * plateau.factor ** reductions(plateau, before)[epoch]
        by_hand.fit(X, LABELS, epochs=1, **validation)
    assert reductions(plateau, getattr(by_hand.history, plateau.metric))[-1] >= 2
    assert trainer.history.loss == by_hand.history.loss
    assert np.array_equal(trainer.model.network.parameters, by_hand.model.network.parameters)


def test_weight_decay_and_momentum_may_follow_each_another_metric():
    decay, momentum = fastbp.Plateau(0.1, 0.5, 0, "val_loss", min_delta=9.0), fastbp.Plateau(0.8, 0.5, 1, min_delta=9.0)
    trainer = make(fastbp.SGD(EACH, momentum=momentum, weight_decay=decay), batch_size=None)
    by_hand = make(fastbp.SGD(0.1, momentum=0.8, weight_decay=0.1), batch_size=None)
    trainer.fit(X, LABELS, epochs=7, **VALIDATION)
    for rate, mass in [(0, 0), (0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2)]:
        by_hand.optimizer.learning_rate = by_hand.optimizer.weight_decay = 0.1 * 0.5**rate
        by_hand.optimizer.momentum = 0.8 * 0.5**mass
        by_hand.fit(X, LABELS, epochs=1, **VALIDATION)
    assert np.array_equal(trainer.model.network.parameters, by_hand.model.network.parameters)


@pytest.mark.parametrize("plateau", [EACH, BY_LOSS, fastbp.Plateau(0.02, 0.5, 30, min_delta=9.0)], ids=str)
def test_steps_on_the_whole_set_are_the_same_whether_somebody_watches_or_not(plateau):
    """Nobody watching, many epochs are one call of the kernels."""
    alone, watched = (make(fastbp.Adam(plateau), batch_size=None) for _ in range(2))
    alone.fit(X, LABELS, epochs=100)
    watched.fit(X, LABELS, epochs=100, callbacks=fastbp.Callback())
    assert bits(alone) == bits(watched)
    assert alone.run.plan.now.reductions == watched.run.plan.now.reductions and alone.run.plan.now.reductions[0][1] > 1


@pytest.mark.parametrize("steps", [*range(13, 23), 40])
def test_a_run_saved_anywhere_goes_on_to_the_same_bits(steps, tmp_path):
    schedule = fastbp.Warmup(fastbp.Plateau(0.02, 0.5, 0, "val_loss", min_delta=0.02), 20)
    whole, stopped = (make(fastbp.AdamW(schedule, weight_decay=BY_ACCURACY)) for _ in range(2))
    whole.fit(X, LABELS, epochs=9, **VALIDATION)
    stopped.fit(X, LABELS, epochs=9, callbacks=StopAt(steps), **VALIDATION)
    stopped.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert again.run.plan.now.reductions == stopped.run.plan.now.reductions
    again.fit(X, LABELS, epochs=9 - again.epoch, **VALIDATION)
    assert bits(again) == bits(whole) and whole.run.plan.now.reductions[0][1] > 2


def test_single_steps_of_a_resumed_run_and_of_copies_have_the_reduced_rate(tmp_path):
    trainer = make(fastbp.SGD(EACH))
    trainer.fit(X, LABELS, epochs=5)
    trainer.save(tmp_path / "run")
    others = [fastbp.Trainer.resume(tmp_path / "run"), copy.deepcopy(trainer)]
    before = trainer.model.network.parameters.copy()
    _, weights, _ = trainer.loss_and_gradients(X, LABELS)
    for each in (trainer, *others):
        each.step(X, LABELS)
        assert np.array_equal(each.model.network.parameters, trainer.model.network.parameters)
    rate = (before[:4] - trainer.model.network.parameters[:4]) / weights[0].ravel()[:4]
    np.testing.assert_allclose(rate, 0.1 / 16, rtol=1e-3)


def test_it_goes_on_in_a_copy_without_the_trainer_that_was_copied():
    trainer = make(fastbp.SGD(EACH))
    trainer.fit(X, LABELS, epochs=3)
    other = copy.deepcopy(trainer)
    for each in (trainer, other):
        each.fit(X, LABELS, epochs=2)
        assert each.run.plan.now.reductions == ((EACH, 4),)
    assert bits(trainer) == bits(other)


@pytest.mark.parametrize("seldom", [False, True])
@pytest.mark.parametrize("batch_size", [8, None])
@pytest.mark.parametrize("steps", [6, 13, 14, 15, 20, 21])
def test_steps_made_again_after_divergence_have_the_rates_that_they_had(monkeypatch, steps, batch_size, seldom):
    """From the last state kept or, where none was since the beginning, over epochs and their reductions."""
    monkeypatch.setattr(guard, "_RARELY", 1e9 if seldom else 0)
    monkeypatch.setattr(guard, "_KEEP", 0)
    trainer, plain = (make(fastbp.SGD(EACH, momentum=0.9), batch_size=batch_size) for _ in range(2))
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError, match=f"diverged at step {steps + 1} "):
        trainer.fit(X, LABELS, epochs=30, callbacks=TooFast(steps))
    trainer.optimizer = fastbp.SGD(EACH, momentum=0.9)
    plain.fit(X, LABELS, epochs=30, callbacks=StopAt(steps))
    assert trainer.run.plan.now.reductions == plain.run.plan.now.reductions
    assert bits(trainer) == bits(plain)
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=33 - each.epoch)
    assert bits(trainer) == bits(plain)


def test_epochs_that_are_taken_back_are_not_counted(monkeypatch):
    """They were found bad when all was done, on the whole set, after many epochs of one call."""
    monkeypatch.setattr(guard, "_LOOK", 1e9)
    monkeypatch.setattr(guard, "_RARELY", 1e9)
    inputs = X.astype(float)
    # A square of the gradient of a column that is 0 otherwise is too large for the optimizer's memory, and the loss shows nothing.
    inputs[:, 0] = 0
    large = inputs.copy()
    large[20, 0] = 1e30
    model = fastbp.MLP([3, 6, 2], activation="tanh", seed=0)
    model.weights[0][0] = 0
    plateau = fastbp.Plateau(1e-3, 0.5, patience=2, min_delta=100.0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.Adam(plateau), batch_size=None)
    trainer.fit(inputs, TARGETS, epochs=4)
    other = copy.deepcopy(trainer)
    with pytest.raises(fastbp.DivergenceError, match=r"step 5 "):
        trainer.fit(large, TARGETS, epochs=9)
    assert trainer.epoch == 4 and trainer.run.plan.now.reductions == ((plateau, 1),)
    for each in (trainer, other):
        each.fit(inputs, TARGETS, epochs=9)
    assert trainer.history.loss == other.history.loss
    assert np.array_equal(trainer.model.network.parameters, other.model.network.parameters)


@pytest.mark.parametrize("batch_size", [8, None])
def test_after_divergence_it_stands_where_the_last_good_step_was(monkeypatch, batch_size):
    """Many epochs after the beginning, with nothing written down in between."""
    monkeypatch.setattr(guard, "_RARELY", 1e9)
    rate = fastbp.Plateau(2.5, 0.999, patience=0, min_delta=1e30)
    models = [fastbp.MLP([3, 2], seed=0) for _ in range(2)]
    trainer, twin = (
        fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(rate), batch_size=batch_size, seed=0) for model in models
    )
    with pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, TARGETS, epochs=3000)
    twin.fit(X, TARGETS, epochs=3000, callbacks=StopAt(trainer.steps))
    assert trainer.run.plan.now.reductions == twin.run.plan.now.reductions and trainer.run.plan.now.reductions[0][1] > 3
    assert bits(trainer) == bits(twin)


class Change(fastbp.Callback):
    """Gives the optimizer another schedule at some epoch."""

    def __init__(self, epoch, rate):
        self.epoch, self.rate = epoch, rate

    def on_epoch_end(self, trainer):
        if trainer.epoch == self.epoch:
            trainer.optimizer.learning_rate = self.rate


def test_one_that_a_callback_gives_begins_there_and_steps_before_are_made_again_without_it(monkeypatch):
    monkeypatch.setattr(guard, "_RARELY", 1e9)
    other = fastbp.Plateau(0.05, 0.5, patience=0, min_delta=50.0)
    trainer, plain = (make(fastbp.SGD(EACH)) for _ in range(2))
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError, match="diverged at step 41 "):
        trainer.fit(X, LABELS, epochs=30, callbacks=[Change(3, other), TooFast(40)])
    trainer.optimizer = fastbp.SGD(other)
    plain.fit(X, LABELS, epochs=30, callbacks=[Change(3, other), StopAt(40)])
    assert bits(trainer) == bits(plain)
    assert trainer.run.plan.now.reductions == plain.run.plan.now.reductions == ((EACH, 4), (other, 1))


def test_a_metric_that_will_not_be_there_is_told_before_anything_is_changed(tmp_path):
    trainer = make(fastbp.SGD(BY_ACCURACY))
    before, recorder = saved(trainer, tmp_path / "run"), Recorder()
    with pytest.raises(ValueError, match=r"learning_rate follows metric='val_accuracy', and the history will have loss; val_\.\.\. needs"):
        trainer.fit(X, LABELS, epochs=1, callbacks=recorder)
    assert saved(trainer, tmp_path / "run") == before and recorder.calls == []
    trainer.fit(X, LABELS, epochs=1, **VALIDATION)
    without = make(fastbp.SGD(0.1, weight_decay=BY_ACCURACY), loss="squared_error")
    with pytest.raises(ValueError, match=r"weight_decay follows metric='val_accuracy', and the history will have loss, val_loss; others"):
        without.fit(X, TARGETS, epochs=1, validation_data=(X, TARGETS))
    with pytest.raises(ValueError, match=r"will have loss, val_loss; others are asked for as fit\(\.\.\., metrics=\['r2'\]\)"):
        make(fastbp.SGD(fastbp.Plateau(0.1, metric="val_r2")), loss="squared_error").fit(X, TARGETS, epochs=1, validation_data=(X, TARGETS))
    with pytest.raises(ValueError, match="follows metric='val_loss'"):
        make(fastbp.SGD(0.1)).fit(X, LABELS, epochs=3, callbacks=Change(1, fastbp.Plateau(0.1, metric="val_loss")))


def test_epochs_without_the_metric_are_passed_over():
    plateau = fastbp.Plateau(0.1, 0.5, 0, "val_loss", min_delta=100.0)
    trainer = make(fastbp.SGD(plateau))
    trainer.fit(X, LABELS, epochs=2, **VALIDATION)
    trainer.optimizer = fastbp.SGD(0.1)
    trainer.fit(X, LABELS, epochs=2)
    trainer.optimizer = fastbp.SGD(plateau)
    trainer.fit(X, LABELS, epochs=1, **VALIDATION)
    assert trainer.run.plan.now.reductions == ((plateau, 2),)


def test_a_state_of_settings_and_epochs():
    plan, history = Planned(), History()
    part = Plateaus(plan, history)
    assert part.state() == {"schedules": [], "begins": []} and part.soonest(0) > 1 << 60
    history.loss[:] = [3.0, 3.0, 3.0, 3.0, 3.0]
    part.begin(vars(fastbp.SGD(EACH, weight_decay=fastbp.Warmup(BY_LOSS))), 2)
    assert plan.now == Plan(reductions=((EACH, 0), (BY_LOSS, 0)))
    part.follow(4)
    assert plan.now.reductions == ((EACH, 1), (BY_LOSS, 0)) and part.soonest(4) == 1
    part.begin(vars(fastbp.SGD(BY_LOSS)), 4)
    part.follow(3)
    assert plan.now.reductions == ((EACH, 0), (BY_LOSS, 0))
    state = json.loads(json.dumps(part.state()))
    assert state["begins"] == [2, 2]
    again = Plateaus(Planned(), history)
    again.load_state(state)
    again.follow(5)
    part.follow(5)
    assert again.state() == part.state() and again._plan.now == plan.now and plan.now.reductions[0] == (EACH, 2)


def test_one_that_went_with_the_epochs_taken_back_begins_anew_when_it_comes_again():
    plan, history = Planned(), History()
    part = Plateaus(plan, history)
    kept = part.keep()
    history.loss[:] = [3.0] * 9
    part.begin(vars(fastbp.SGD(EACH)), 2)
    part.follow(6)
    part.restore(kept)
    part.begin(vars(fastbp.SGD(EACH)), 8)
    part.follow(9)
    assert plan.now.reductions == ((EACH, 0),)


def test_the_plan_is_another_only_when_a_reduction_is_new():
    """Coefficients are worked out anew for another."""
    trainer = make(fastbp.SGD(fastbp.Plateau(0.1, patience=100)))
    trainer.fit(X, LABELS, epochs=1)
    plan = trainer.run.plan.now
    trainer.run.plateaus.follow(1)
    trainer.run.plateaus.follow(0)
    assert trainer.run.plan.now is plan


def test_dropout_may_follow_one():
    schedule = fastbp.Plateau(0.5, 0.5, patience=0)
    model = fastbp.MLP([3, 6, 2], dropout=schedule, seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(1e-12), batch_size=None, seed=0)
    X, y = np.ones((20, 3), np.float32), np.ones((20, 2), np.float32)
    trainer.fit(X, y, epochs=5)
    steps = np.arange(1, 2)
    assert model.between.rates_of_steps(steps, trainer.run.plan.now)[0] < 0.5
    with pytest.raises(ValueError, match="dropout follows metric='val_loss'"):
        other = fastbp.MLP([3, 6, 2], dropout=fastbp.Plateau(0.5, metric="val_loss"))
        fastbp.Trainer(other, loss="squared_error").fit(X, y, epochs=1)
