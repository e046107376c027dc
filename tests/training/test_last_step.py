"""A step that is like the last one is made again: to the same bits, and not where anything else has changed since."""

import weakref

import numpy as np
import pytest

import fastbp
from fastbp.verification.problems import random_inputs

X, LABELS = random_inputs(8, 5, dtype="float32"), np.arange(8) % 3


def make(optimizer="adam", **settings):
    model = fastbp.MLP([5, 6, 3], activation="relu", seed=0)
    return fastbp.Trainer(model, loss="cross_entropy", optimizer=optimizer, seed=0, threads=1, **settings)


def bits(trainer):
    return trainer.model.network.parameters.tobytes(), trainer.run.memory.flat.tobytes(), trainer.steps


def row(i):
    return X[i % 8 : i % 8 + 1], LABELS[i % 8 : i % 8 + 1]


def again(trainer):
    """Whether the next step on one row would be the last one once more."""
    single = trainer._single
    return trainer._engine.can_step_again(single._few.take(*row(0)))


OPTIMIZERS = [
    "sgd", fastbp.SGD(momentum=0.9), "adam", "nadam", fastbp.Adam(clip_norm=0.1), fastbp.Adam(fastbp.ExponentialDecay(0.1, 0.9, every=10)),
]  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_many_steps_have_the_bits_of_steps_made_anew(optimizer):
    # Past the steps whose rates are worked out ahead; float64 rows are not of the model's type, and take the general way.
    trainer, expected = make(optimizer), make(optimizer)
    losses = [trainer.step(*row(i)) for i in range(150)]
    assert losses == [expected.step(row(i)[0].astype(float), row(i)[1]) for i in range(150)]
    assert bits(trainer) == bits(expected)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_it_is_made_again_where_nothing_has_changed(optimizer):
    trainer = make(optimizer)
    assert not again(trainer)
    trainer.step(*row(0))
    assert again(trainer)


@pytest.mark.parametrize(
    "trainer", [make(fastbp.Adam(clip_norm=1.0)), make("nadam"), make(average=fastbp.EMA(0.9))], ids=["clip", "nadam", "ema"]
)
def test_what_a_step_works_out_anew_is_not(trainer):
    for i in range(3):
        trainer.step(*row(i))
        assert not again(trainer)


def test_units_between_layers_know_the_step():
    trainer = fastbp.Trainer(fastbp.MLP([5, 6, 3], dropout=0.5, seed=0), loss="cross_entropy", seed=0, threads=1)
    trainer.step(*row(0))
    assert not again(trainer)


def changed_settings(trainer):
    trainer.run.optimizer.learning_rate = 0.5


def another_optimizer(trainer):
    trainer.run.optimizer = fastbp.SGD(0.5)


def wrong_settings(trainer):
    with pytest.raises(ValueError, match="learning_rate"):
        trainer.run.optimizer.learning_rate = -1.0
        trainer.step(*row(0))
    trainer.run.optimizer.learning_rate = 0.25


def a_fit(trainer):
    trainer.fit(X, LABELS, epochs=1)


def gradients(trainer):
    trainer.loss_and_gradients(X, LABELS)


def more_rows(trainer):
    trainer.step(X[:3], LABELS[:3])


def spoilt_rows(trainer):
    with pytest.raises(ValueError, match=r"X\[0, 0\] is nan"):
        trainer.step(np.full((1, 5), np.nan, np.float32), LABELS[:1])
    with pytest.raises(ValueError, match=r"y\[0\] is 7"):
        trainer.step(X[:1], np.array([7]))


@pytest.mark.parametrize(
    "change",
    [changed_settings, another_optimizer, wrong_settings, a_fit, gradients, more_rows, spoilt_rows],
    ids=lambda each: each.__name__,
)
def test_what_happens_between_two_steps_is_seen(change):
    trainer, expected = make("sgd"), make("sgd")
    for each, kind in ((trainer, np.float32), (expected, np.float64)):
        for i in range(4):
            each.step(row(i)[0].astype(kind), row(i)[1])
        change(each)
        for i in range(4):
            each.step(row(i)[0].astype(kind), row(i)[1])
    assert bits(trainer) == bits(expected)


def test_divergence_is_told_and_taken_back():
    trainer = make(fastbp.SGD(1e30))
    with pytest.raises(fastbp.DivergenceError, match="step"):
        for i in range(60):
            trainer.step(*row(i))
    assert np.isfinite(trainer.model.network.parameters).all()


def test_predictions_between_steps_are_those_of_the_moment():
    trainer, seen = make("sgd"), []
    for i in range(5):
        trainer.step(*row(i))
        seen.append(trainer.model.predict(X).tobytes())
    assert len(set(seen)) == 5


def test_rows_that_take_the_general_way_are_not_kept():
    trainer, rows = make(), np.array(X[:1], float)
    freed = weakref.ref(rows)
    trainer.step(rows, LABELS[:1])
    del rows
    assert freed() is None
