"""The order of an epoch: each row once, by the seed and the number of the epoch."""

import numpy as np
import pytest

from fastbp.data.order import epoch_order


@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_an_epochs_order_visits_every_row_once(rows):
    order = epoch_order(5, 3, rows)
    assert order.dtype == np.int64 and np.array_equal(np.sort(order), np.arange(rows))
    assert np.array_equal(epoch_order(5, 3, rows), order)


def test_orders_differ_by_seed_and_epoch():
    orders = {tuple(epoch_order(seed, epoch, 50)) for seed in range(4) for epoch in range(5)}
    assert len(orders) == 20


def test_every_row_comes_first_as_often():
    first = np.bincount([epoch_order(0, epoch, 10)[0] for epoch in range(5000)], minlength=10)
    assert np.abs(first - 500).max() < 5 * np.sqrt(500)
