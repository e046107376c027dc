"""Steps and gradients of a run by the place of their rows in an order."""

import numpy as np
import pytest
from small_task import LABELS, N, X, bits, make

from fastbp.training.engine import Engine


def test_a_run_of_steps_is_the_steps_one_by_one():
    together, apart = make(), make()
    order = np.random.default_rng(1).permutation(N)
    rows = together.run.check(X, LABELS)
    losses = Engine(together.run).train(rows, order, 0, 8, 6, 1)
    engine = Engine(apart.run)
    single = [engine.train(rows, order, 8 * step, 8, 1, 1)[0] for step in range(6)]
    assert losses.tolist() == single and bits(together) == bits(apart)
    assert together.steps == together.run.memory.steps == 6


def test_gradients_change_nothing():
    trainer = make()
    before, rows = bits(trainer), trainer.run.check(X, LABELS)
    loss, gradient = Engine(trainer.run).gradients(rows, np.arange(N))
    assert loss == pytest.approx(trainer.evaluate(X, LABELS)["loss"], rel=1e-6)
    assert gradient.size == trainer.model.network.size and np.isfinite(gradient).all() and gradient.any()
    assert bits(trainer) == before


def test_losses_of_the_last_call_stay_when_the_next_is_made():
    trainer = make()
    engine, rows, order = Engine(trainer.run), trainer.run.check(X, LABELS), np.arange(N)
    first = engine.train(rows, order, 0, 8, 3, 1)
    kept = first.tolist()
    engine.train(rows, order, 24, 8, 3, 1)
    assert first.tolist() == kept


def test_batches_of_any_sizes_follow_each_other():
    trainer, twin = make(), make()
    engine = Engine(trainer.run)
    for batch in (3, 50, 1, 17, 50, 2):
        rows = trainer.run.check(X[:batch], LABELS[:batch])
        losses = engine.train(rows, np.arange(batch), 0, batch, 1, 1)
        assert losses[0] == twin.step(X[:batch], LABELS[:batch])
    assert bits(trainer) == bits(twin)


def test_no_order_is_kept_once_it_is_let_go():
    trainer = make()
    engine, order = Engine(trainer.run), np.arange(N)
    engine.let_go()
    engine.train(trainer.run.check(X, LABELS), order, 0, 8, 1, 1)
    assert engine._call._held["data.order"] is order
    engine.let_go()
    assert engine._call._held["data.order"] is not order
