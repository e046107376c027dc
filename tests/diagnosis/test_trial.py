"""What is tried out is tried on a copy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_task import LABELS, X, make

import fastbp
from fastbp.diagnosis.trial import Trial

MANY, THEIRS = np.tile(X, (60, 1)), np.tile(LABELS, 60)


def trial_of(optimizer="sgd", rows=X, labels=LABELS, **settings):
    return Trial(make(optimizer, **settings).run, rows, labels, None)


def test_the_sample_is_drawn_by_the_seed():
    sample = trial_of(rows=MANY, labels=THEIRS).sample
    assert sample.size == 2000 == np.unique(sample).size and sample.max() < 3000
    assert np.array_equal(sample, trial_of(rows=MANY, labels=THEIRS).sample)
    assert not np.array_equal(sample, trial_of(rows=MANY, labels=THEIRS, seed=1).sample)
    assert sorted(trial_of().sample) == list(range(50))


@pytest.mark.parametrize(("batch_size", "accumulate", "rows"), [(8, 1, 8), (8, 3, 24), (None, 1, 50), (500, 1, 50)])
def test_the_batch_is_that_of_a_step(batch_size, accumulate, rows):
    assert trial_of(batch_size=batch_size, accumulate=accumulate).batch.size == rows


def test_losses_and_gradients_have_no_dropout():
    plain, dropped = trial_of(), trial_of(between="")
    model = fastbp.MLP([3, 6, 2], activation="tanh", dropout=0.5, input_noise=1.0, seed=0)
    dropped = Trial(fastbp.Trainer(model, loss="cross_entropy", optimizer="sgd", batch_size=8, seed=0).run, X, LABELS, None)
    assert plain.gradient()[0] == dropped.gradient()[0] and np.array_equal(plain.gradient()[1], dropped.gradient()[1])


def test_updates_grow_with_the_rate_and_leave_everything_as_it_was():
    trial = trial_of()
    before = trial.parameters.copy()
    once, ten = trial.update(), trial.update(10.0)
    assert np.abs(once).max() > 0 and np.array_equal(trial.parameters, before)
    assert_allclose(ten, 10 * once, rtol=1e-3, atol=1e-6)
    assert trial.run.optimizer.learning_rate == 0.1


def test_losses_along_a_step():
    trainer = make(fastbp.SGD(0.5), batch_size=None)
    trial = Trial(trainer.run, X, LABELS, None)
    update = trial.update()
    before = trainer.step(X, LABELS)
    after = trainer.evaluate(X, LABELS)["loss"]
    assert_allclose([trial.loss_after(update, 0.0), trial.loss_after(update, 1.0)], [before, after], rtol=1e-5)


def test_weights_of_rows_and_classes_count_as_in_training():
    run = make(class_weight={0: 5.0, 1: 1.0}).run
    weighted = Trial(make().run, X, LABELS, 5 - 4.0 * LABELS)
    assert Trial(run, X, LABELS, None).gradient()[0] == weighted.gradient()[0]


@pytest.mark.parametrize("length", [None, "5 epochs", 0.1])
def test_schedules_are_followed_before_the_first_fit_and_after_the_last(length):
    trainer = make(fastbp.SGD(fastbp.Warmup(fastbp.Cosine(0.1), "1 epoch") if length is None else fastbp.Cosine(0.1, length=length)))
    for _ in range(2):
        trial = Trial(trainer.run, X, LABELS, None)
        assert np.abs(trial.update()).max() > 0
        trainer.fit(X, LABELS, epochs=2)
