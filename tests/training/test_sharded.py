"""Batches cut into shards: the sum of the shards' gradients is that of the batch, in an order that threads do not change."""

import numpy as np
import pytest
from small_task import LABELS, OPTIMIZERS, SCHEDULED, TARGETS, StopAt, X, bits, make

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.training.sharded import share, sums_of
from fastbp.verification.reference import forward, loss_and_gradients, net_of, no_masks, step

EPOCHS = 1 if DISABLED else 3
# Rows of 50 in batches of 20, so that the last has 10, in shards that are never alike.
SHARDS = {"shards": 7, "batch_size": 20, "loss": "squared_error"}


def trained(optimizer="adam", epochs=EPOCHS, **settings):
    trainer = make(optimizer, **(SHARDS | settings))
    trainer.fit(X, LABELS if settings.get("loss") == "cross_entropy" else TARGETS, epochs=epochs, validation_data=(X[:9], TARGETS[:9]))
    return trainer


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, *SCHEDULED])
def test_the_same_bits_on_two_threads_and_nearly_those_without_shards(optimizer):
    one, two, whole = (trained(optimizer, dtype="float64", **given) for given in ({"threads": 1}, {"threads": 2}, {"shards": 1}))
    assert bits(one) == bits(two)
    # Rprop goes by signs, which rounding may turn.
    if "prop" not in optimizer or "rms" in optimizer:
        np.testing.assert_allclose(one.model.network.parameters, whole.model.network.parameters, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("between", ["batch", "layer", "mixed"])
def test_the_same_bits_on_two_threads_with_something_between_the_layers(between):
    assert bits(trained(between=between, threads=1)) == bits(trained(between=between, threads=2))


def test_a_step_adds_the_gradients_of_the_shards():
    trainer, fresh = (make(fastbp.SGD(0.5), dtype="float64", shards=shards) for shards in (3, 1))
    weights, total = np.arange(1.0, 8.0) / 4, [np.zeros_like(array) for array in fresh.model.weights]
    for part in (slice(0, 2), slice(2, 4), slice(4, 7)):
        _, gradients, _ = fresh.loss_and_gradients(X[part], LABELS[part], weights[part] / weights.mean())
        share_of_rows = weights[part].sum() / weights.sum()
        total = [array + share_of_rows * gradient for array, gradient in zip(total, gradients, strict=True)]
    wanted = [array - 0.5 * gradient for array, gradient in zip(fresh.model.weights, total, strict=True)]
    loss = trainer.step(X[:7], LABELS[:7], weights)
    for found, array in zip(trainer.model.weights, wanted, strict=True):
        np.testing.assert_allclose(found, array, rtol=1e-12)
    assert loss == pytest.approx(fresh.loss_and_gradients(X[:7], LABELS[:7], weights)[0], rel=1e-12)


def test_each_shard_has_dropout_of_its_own():
    model = fastbp.MLP([40, 1], input_dropout=0.5, init=([np.zeros((40, 1))], [np.zeros(1)]), dtype="float64")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(1.0), batch_size=None, shards=2, shuffle=False, seed=0)
    # With targets of opposite signs like masks cancel.
    trainer.step(np.ones((2, 40)), [1.0, -1.0])
    assert {*np.abs(model.weights[0][:, 0])} == {0.0, 2.0}


def test_few_rows_are_fewer_shards_and_none_is_empty():
    few, many = (make("adam", shards=shards) for shards in (3, 100))
    assert few.step(X[:3], LABELS[:3]) == many.step(X[:3], LABELS[:3])
    assert bits(few) == bits(many)


def test_each_shard_is_normalised_by_its_own_rows_and_the_averages_follow_them_all():
    net = {"activation": "tanh", "normalization": fastbp.BatchNorm(momentum=0.3), "dtype": "float64"}
    model, optimizer = fastbp.MLP([3, 6, 4, 2], seed=0, **net), fastbp.SGD(0.5, clip_norm=0.1)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=optimizer, shards=3, batch_size=None)
    wanted = net_of(model)
    parts = [slice(0, 2), slice(2, 4), slice(4, 7)]
    found = [loss_and_gradients(wanted, "squared_error", X[part], TARGETS[part]) for part in parts]
    rows = [len(X[part]) / 7 for part in parts]
    gradients = [
        sum(share * each for share, each in zip(rows, shards, strict=True))
        for kinds in zip(*(kinds for _, *kinds in found), strict=True)
        for shards in zip(*kinds, strict=True)
    ]
    logits = [forward(wanted, X[part], no_masks(wanted, len(X[part]))).logits for part in parts]
    for layer in range(2):
        for averages, moment in ((wanted.means, lambda z: z.mean(0)), (wanted.variances, lambda z: z.var(0, ddof=1))):
            of_batch = sum(share * moment(z[layer]) for share, z in zip(rows, logits, strict=True))
            averages[layer] += 0.3 * (of_batch - averages[layer])
    step(wanted, optimizer, gradients, [{} for _ in wanted.parameters], 1)
    assert trainer.step(X[:7], TARGETS[:7]) == pytest.approx(sum(share * one[0] for share, one in zip(rows, found, strict=True)))
    for name in ("weights", "biases", "scales", "shifts", "running_means", "running_variances"):
        arrays = getattr(wanted, name.removeprefix("running_"))
        for ours, theirs in zip(getattr(model, name), arrays, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12, err_msg=name)


def test_the_loss_of_normalised_shards_falls_along_their_gradient():
    rate, model = 1e-6, fastbp.MLP([3, 5, 2], activation="tanh", normalization="batch", dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(rate), shards=4, batch_size=None)
    before = {name: array.copy() for name, array in model.trained_arrays().items()}
    fall = trainer.step(X[:20], TARGETS[:20]) - trainer.step(X[:20], TARGETS[:20])
    # Two steps were made, along nearly the same gradient.
    squares = sum(((array - before[name]) ** 2).sum() / 4 for name, array in model.trained_arrays().items())
    assert fall / rate == pytest.approx(squares / rate**2, rel=1e-3)


def test_a_file_has_the_shards_and_a_resumed_run_their_bits(tmp_path):
    whole = trained("lamb_clipped", between="layer")
    broken = make("lamb_clipped", between="layer", **SHARDS)
    broken.fit(X, TARGETS, epochs=EPOCHS, validation_data=(X[:9], TARGETS[:9]), callbacks=StopAt(2))
    broken.save(tmp_path / "run.safetensors")
    resumed = fastbp.Trainer.resume(tmp_path / "run.safetensors")
    assert resumed.shards == 7 and resumed.epoch == 0
    resumed.fit(X, TARGETS, epochs=EPOCHS, validation_data=(X[:9], TARGETS[:9]))
    assert bits(resumed) == bits(whole)


@pytest.mark.skipif(DISABLED, reason="NumPy warns of what overflows")
def test_divergence_is_told_and_taken_back():
    trainer = make(fastbp.SGD(1e4), **SHARDS)
    with pytest.raises(fastbp.DivergenceError, match="training diverged at step"):
        trainer.fit(X, TARGETS * 1e30, epochs=5)
    assert all(np.isfinite(array).all() for array in trainer.model.weights)


def test_a_share_of_things():
    assert [share(5, number, 3) for number in range(3)] == [(0, 1), (1, 3), (3, 5)]
    assert [share(2, number, 3) for number in range(3)] == [(0, 0), (0, 1), (1, 2)]


def test_losses_are_added_shard_after_shard():
    losses = np.array([[1e8, -1e8, 1.0], [1.0, 2.0, 3.0]], np.float32)
    # The other way round the 1 would be lost.
    assert sums_of(losses).tolist() == [1.0, 6.0]
