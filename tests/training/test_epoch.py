"""An epoch: its steps, and the order in which it visits the rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from small_task import LABELS, N, X, bits, make

import fastbp
from fastbp.training.epoch import Epoch


@pytest.mark.parametrize("batch_size", [1, 7, 8, 50, 51, 10**9, None])
def test_steps_of_an_epoch(batch_size):
    trainer = make(batch_size=batch_size)
    trainer.fit(X, LABELS, epochs=2)
    assert trainer.steps == 2 * -(-N // (batch_size or N))
    assert trainer.epoch == 2


def test_a_batch_larger_than_the_data_is_the_data():
    runs = [make(batch_size=size) for size in (None, N, 10**9)]
    for trainer in runs:
        trainer.fit(X, LABELS, epochs=3)
    assert bits(runs[0]) == bits(runs[1]) == bits(runs[2])


def test_fit_on_other_data_starts_a_new_epoch():
    trainer = make(batch_size=8)
    trainer.fit(X, LABELS, epochs=1)
    trainer.fit(X[:9], LABELS[:9], epochs=1)
    assert (trainer.steps, trainer.epoch) == (7 + 2, 2)


def test_an_epoch_goes_on_with_the_rows_that_are_chosen_now():
    epoch, chosen = Epoch.begin(5, 2, 0, 7), np.array([1, 3, 4, 8, 9])
    places = epoch.order.copy()
    assert_array_equal(np.sort(places), np.arange(5))
    assert_array_equal(epoch.over(chosen).order, chosen[places])
    assert epoch.over(chosen).order is epoch.over(chosen).order
    assert_array_equal(epoch.over(None).order, places)


def orders(epochs, **settings):
    """The rows of each epoch in the order of their visits.

    A row feeds a weight of its own; the common bias takes a tenth of the error with every step, so a later visit gives a smaller weight.
    """
    n = 12
    model = fastbp.MLP([n, 1], init="zeros", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.05), batch_size=1, **settings)
    found = []
    for _ in range(epochs):
        model.network.parameters[:] = 0
        trainer.fit(np.eye(n), np.ones(n), epochs=1)
        weights = model.weights[0][:, 0]
        assert_allclose(np.sort(weights)[::-1], 0.1 * 0.9 ** np.arange(n), rtol=1e-5)  # one visit each
        found.append(tuple(np.argsort(-weights)))
    return found


def test_each_epoch_visits_each_row_once():
    assert all(sorted(order) == list(range(12)) for order in orders(3, seed=0))


def test_orders_differ_by_epoch_and_follow_the_seed():
    first, again, other = orders(4, seed=0), orders(4, seed=0), orders(4, seed=1)
    assert len(set(first)) == 4
    assert first == again
    assert not set(first) & set(other)


def test_without_shuffling_the_order_is_the_datas():
    assert orders(3, seed=0, shuffle=False) == [tuple(range(12))] * 3
