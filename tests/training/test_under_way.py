"""What callbacks may ask of the call of ``fit`` under way."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from small_task import LABELS, X, bits, make

import fastbp


class Look(fastbp.Callback):
    """Calls a function of the run after its steps."""

    def __init__(self, look, steps=None):
        self.look, self.steps = look, steps

    def steps_to_pause(self, run):
        return self.steps

    def on_steps(self, run):
        self.look(run)


def test_the_rows_of_the_last_step():
    trainer, rows = make(), []
    trainer.fit(X, LABELS, epochs=1, callbacks=Look(lambda run: rows.append(run.under_way.batch.copy()), 1))
    assert [each.size for each in rows] == [8] * 6 + [2]
    assert sorted(np.concatenate(rows).tolist()) == list(range(50)) and trainer.run.under_way is None


def test_with_a_validation_split_rows_are_places_in_X():
    seen = []
    make().fit(X, LABELS, epochs=1, validation_split=0.2, callbacks=Look(lambda run: seen.extend(run.under_way.batch.tolist()), 1))
    assert len(set(seen)) == 40 and max(seen) > 40


def test_gradients_are_those_of_the_trainer():
    trainer, found = make(batch_size=None), []

    def look(run):
        loss, flat = run.under_way.gradients(np.arange(20))
        found.append((loss, flat.copy(), trainer.loss_and_gradients(X[:20], LABELS[:20])))

    trainer.fit(X, LABELS, epochs=1, callbacks=Look(look))
    ((loss, flat, (wanted, weights, *_)),) = found
    assert loss == wanted and np.array_equal(flat[: weights[0].size], weights[0].ravel())


def test_weights_may_be_moved_before_anybody_sees_them():
    trainer, seen = make(batch_size=None), []

    class See(fastbp.Callback):
        def on_epoch_end(self, run):
            seen.append(run.model.weights[0].copy())

    def halve(run):
        run.under_way.move(run.model.network.parameters / 2)

    history = trainer.fit(X, LABELS, epochs=1, validation_data=(X, LABELS), callbacks=[Look(halve), See()])
    assert history.val_loss[-1] == trainer.evaluate(X, LABELS)["loss"] and np.array_equal(seen[0], trainer.model.weights[0])
    plain = make(batch_size=None)
    plain.fit(X, LABELS, epochs=1)
    assert np.array_equal(plain.model.weights[0] / 2, trainer.model.weights[0])


def test_weights_that_are_not_finite_are_refused():
    def spoil(run):
        run.under_way.move(np.full_like(run.model.network.parameters, np.nan))

    with pytest.raises(ValueError, match="not finite"):
        make().fit(X, LABELS, epochs=1, callbacks=Look(spoil))


def test_copies_of_the_run_have_none():
    copies, trainer = [], make()
    trainer.fit(X, LABELS, epochs=1, callbacks=Look(lambda run: copies.append((copy.deepcopy(run), pickle.loads(pickle.dumps(run))))))
    assert all(one.under_way is None and other.under_way is None for one, other in copies)
    plain = make()
    plain.fit(X, LABELS, epochs=1)
    assert bits(trainer) == bits(plain)


def test_a_run_that_has_ended_is_freed_at_once():
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    run = weakref.ref(trainer.run)
    gc.disable()
    try:
        del trainer
        assert run() is None
    finally:
        gc.enable()
