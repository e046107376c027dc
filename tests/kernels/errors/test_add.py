"""A loss as a unit: which rows and outputs it reads and writes, with targets shared and missing."""

import numpy as np
import pytest
from one_batch import OneBatch

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.compiling.units import UNITS
from fastbp.kernels import codes, errors, programs

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("rows", [1, 5, 9, 40, 100])
@pytest.mark.parametrize("loss", ["huber", "poisson", "hinge"])
def test_each_row_has_its_own_loss_whatever_the_others(loss, rows):
    """The losses of a batch are those of its rows, one at a time."""
    batch = OneBatch([3, 4, 2], rows, loss=loss)
    trainer = fastbp.Trainer(
        fastbp.MLP([3, 4, 2], init=(batch.net.weights, batch.net.biases), activation="tanh", dtype="float64"), loss=loss
    )
    one_by_one = [trainer.evaluate(batch.X[i : i + 1], batch.targets[i : i + 1])["loss"] for i in range(rows)]
    assert trainer.evaluate(batch.X, batch.targets)["loss"] == pytest.approx(np.mean(one_by_one), rel=1e-14)


def test_a_loss_of_the_package_is_kept_on_disk_and_one_of_a_user_is_not():
    own = 1_000_000
    errors.add_elementwise(own, errors.ELEMENTWISE[codes.HUBER], of_predictions=True, kept=False)
    try:
        assert {code for number, code in UNITS if number == codes.ERROR and (code or 0) >= own} == {own, own + codes.MASKED}
        if not DISABLED:
            assert not hasattr(UNITS[codes.ERROR, own].function._cache, "_index_key")
            assert hasattr(UNITS[codes.ERROR, codes.HUBER].function._cache, "_index_key")
    finally:
        del UNITS[codes.ERROR, own], UNITS[codes.ERROR, own + codes.MASKED]


def test_units_are_loaded_for_the_loss_that_is_asked_for():
    batch = OneBatch([3, 2], 5, loss="huber")
    batch.call()
    network = batch.network
    plain, other, masked = (
        programs.units_for(network, codes.TRAIN, code) for code in (codes.SQUARED_ERROR, codes.HUBER, codes.HUBER + codes.MASKED)
    )
    assert len({int(units[codes.ERROR]) for units in (plain, other, masked)}) == 3
    assert (np.delete(plain, codes.ERROR) == np.delete(other, codes.ERROR)).all()


def test_levels_share_the_target_of_their_group():
    model = fastbp.MLP([1, 6], init=([np.zeros((1, 6))], [np.arange(6.0)]), dtype="float64")
    trainer = fastbp.Trainer(model, loss=fastbp.Quantile([0.25, 0.5]))
    _, _, (slopes,) = trainer.loss_and_gradients([[0.0]], [[0.5, 1.0, 9.0]])
    assert (6 * slopes).tolist() == [-0.25, 0.5, 0.75, 0.5, -0.25, -0.5]
