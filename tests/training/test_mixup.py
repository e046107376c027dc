"""Mixup in a run: who is mixed with whom, what cannot be, and that it goes on to the bit."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, X

import fastbp
from fastbp.training.epoch import Epoch
from fastbp.training.mixup import Mixer, as_shares


def trainer_of(loss="cross_entropy", **settings):
    model = fastbp.MLP([3, 6, 2], activation="tanh", seed=0, **settings.pop("model", {}))
    return fastbp.Trainer(model, loss=loss, batch_size=8, seed=0, **({"mixup": 0.4} | settings))


def test_partners_are_rows_of_the_epoch_and_shares_are_of_batches():
    mixer = Mixer(0.3, 5, np.dtype(np.float32))
    chosen = np.arange(0, 100, 2)
    epoch = Epoch.begin(50, 8, 3, 5).over(chosen)
    mixture = mixer.of(epoch)
    assert sorted(mixture.partners) == chosen.tolist() and (mixture.partners != epoch.order).any()
    assert mixture.shares.shape == (50,) and len({*mixture.shares.tolist()}) == 7 and mixture.shares.dtype == np.float32
    assert all(len({*mixture.shares[i : i + 8].tolist()}) == 1 for i in range(0, 50, 8))
    assert mixer.of(epoch) is mixture
    again = Mixer(0.3, 5, np.dtype(np.float32)).of(Epoch.begin(50, 8, 3, 5).over(chosen))
    assert np.array_equal(again.partners, mixture.partners) and np.array_equal(again.shares, mixture.shares)
    other = mixer.of(Epoch.begin(50, 8, 4, 5).over(chosen))
    assert not np.array_equal(other.partners, mixture.partners)


def test_shares_are_of_the_beta_distribution():
    shares = Mixer(0.4, 0, np.dtype(np.float64)).of(Epoch.begin(4000, 1, 0, 0)).shares
    # Var = 1 / (4 (2 alpha + 1)).
    assert abs(shares.mean() - 0.5) < 0.02 and shares.var() == pytest.approx(1 / (4 * 1.8), rel=0.05)


@pytest.mark.parametrize(("loss", "targets"), [("cross_entropy", LABELS), ("squared_error", TARGETS), ("huber", TARGETS)])
@pytest.mark.parametrize("batch_size", [5, 20, None])
def test_a_run_goes_on_to_the_bit_on_any_number_of_threads(loss, targets, batch_size, tmp_path):
    found = []
    for threads in (1, 2):
        whole = trainer_of(loss, threads=threads)
        whole.batch_size = batch_size
        whole.fit(X, targets, epochs=4)
        found.append(whole.model.network.parameters.tobytes())
    half = trainer_of(loss)
    half.batch_size = batch_size
    half.fit(X, targets, epochs=2)
    half.save(tmp_path / "run")
    resumed = fastbp.Trainer.resume(tmp_path / "run")
    assert resumed.mixup == 0.4
    resumed.fit(X, targets, epochs=2)
    assert {*found} == {resumed.model.network.parameters.tobytes()}
    assert resumed.history.loss == whole.history.loss
    plain = trainer_of(loss, mixup=0)
    plain.batch_size = batch_size
    plain.fit(X, targets, epochs=4)
    assert plain.history.loss != whole.history.loss


def test_it_goes_with_what_lies_between_layers_class_weights_and_a_split():
    trainer = trainer_of(model={"normalization": "batch", "dropout": 0.1}, class_weight="balanced", average="ema")
    history = trainer.fit(X, LABELS, epochs=3, validation_split=0.2, metrics=["f1"], training_metrics=True)
    assert np.isfinite(history.loss).all() and len(history.val_f1) == 3


def test_labels_become_rows_that_can_be_mixed():
    loss = fastbp.CrossEntropy()
    found = as_shares(np.array([[1], [0], [2]]), loss, 3, np.dtype(np.float32))
    assert found.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]] and found.dtype == np.float32
    column = np.ones((3, 1))
    assert as_shares(column, fastbp.Quantile([0.1, 0.9]), 2, np.dtype(np.float32)) is column


@pytest.mark.parametrize(
    ("given", "loss", "error", "words"),
    [
        (-0.1, "cross_entropy", ValueError, "mixup is -0.1"),
        ("yes", "cross_entropy", TypeError, "mixup is 'yes'"),
        (0.2, "hinge", ValueError, "mixup=0.2 mixes targets, and loss='hinge' takes whole classes alone"),
        (0.2, "focal", ValueError, "loss='focal'"),
    ],
)
def test_what_cannot_be_is_refused(given, loss, error, words):
    with pytest.raises(error, match=words):
        fastbp.Trainer(fastbp.MLP([3, 2]), loss=loss, mixup=given)
