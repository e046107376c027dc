"""Networks with something between their layers: the same bits on any number of tasks, in files, and after a run that goes on."""

from itertools import product

import numpy as np
import pytest

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.verification.problems import random_inputs, random_targets

pytestmark = pytest.mark.kernels

BETWEEN = {
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer"},
    "dropout": {"dropout": 0.3, "input_dropout": 0.1},
    "all": {"normalization": "batch", "dropout": (0.2, 0.0), "input_dropout": 0.1, "input_noise": 0.1},
}
# Sizes, rows of a batch, rows: few rows, fewer panels than tasks, panels, a chain, a batch that others cut into shards.
SHAPES = [
    ([5, 20, 7, 2], 5, 12),
    ([5, 20, 7, 2], 20, 33),
    ([5, 20, 7, 2], 100, 130),
    ([400, 300, 9, 3], 40, 70),
    ([5, 9, 7, 2], None, 700),
]
SHAPES = SHAPES[:2] if DISABLED else SHAPES


def trained(sizes, batch, rows, between, threads=1, dtype="float32", activation="tanh", **settings):
    model = fastbp.MLP(sizes, activation=activation, dtype=dtype, seed=0, **BETWEEN[between])
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer="adam", batch_size=batch, seed=0, threads=threads, **settings)
    X, t = random_inputs(rows, sizes[0], dtype=dtype), random_targets("squared_error", rows, sizes[-1], dtype=dtype)
    trainer.fit(X, t, epochs=2)
    return trainer, (X, t)


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize(("sizes", "batch", "rows"), SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_two_tasks_give_the_bits_of_one(sizes, batch, rows, between, dtype):
    one, two = (trained(sizes, batch, rows, between, threads, dtype)[0] for threads in (1, 2))
    assert one.model.network.parameters.tobytes() == two.model.network.parameters.tobytes()
    assert one.history.loss == two.history.loss and np.isfinite(one.history.loss).all()


@pytest.mark.parametrize("activation", ["relu", "gelu", "softplus", fastbp.LeakyReLU(0.2)])
@pytest.mark.parametrize("between", BETWEEN)
def test_an_activation_of_any_kind_comes_between(activation, between):
    one, two = (trained([5, 20, 7, 2], 20, 33, between, threads, activation=activation)[0] for threads in (1, 2))
    assert one.model.network.parameters.tobytes() == two.model.network.parameters.tobytes()


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("settings", [{"average": "ema"}, {"accumulate": 2}, {"optimizer": fastbp.SGD(0.1, clip_norm=0.1, max_norm=2.0)}])
def test_averages_clipping_and_accumulation_go_with_it(settings, between):
    found = []
    for threads in (1, 2):
        model = fastbp.MLP([5, 20, 7, 2], activation="tanh", seed=0, **BETWEEN[between])
        trainer = fastbp.Trainer(model, loss="squared_error", batch_size=10, seed=0, threads=threads, **settings)
        trainer.fit(random_inputs(33, 5), random_targets("squared_error", 33, 2), epochs=2)
        found.append(model.network.parameters.tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("between", BETWEEN)
def test_a_run_that_is_saved_goes_on_to_the_bit(between, tmp_path):
    whole, (X, t) = trained([5, 20, 7, 2], 20, 33, between)
    whole.fit(X, t, epochs=1)
    half, _ = trained([5, 20, 7, 2], 20, 33, between)
    half.save(tmp_path / "run")
    resumed = fastbp.Trainer.resume(tmp_path / "run")
    resumed.fit(X, t, epochs=1)
    assert resumed.model.network.parameters.tobytes() == whole.model.network.parameters.tobytes()
    assert resumed.history.loss == whole.history.loss
    assert np.array_equal(fastbp.MLP.load(tmp_path / "run").predict(X), half.model.predict(X))


def test_epochs_of_one_step_in_one_call_are_those_of_single_steps():
    whole, (X, t) = trained([5, 20, 7, 2], None, 33, "all", shuffle=False)
    model = fastbp.MLP([5, 20, 7, 2], activation="tanh", seed=0, **BETWEEN["all"])
    single = fastbp.Trainer(model, loss="squared_error", optimizer="adam", seed=0)
    losses = [single.step(X, t) for _ in range(2)]
    assert model.network.parameters.tobytes() == whole.model.network.parameters.tobytes()
    assert losses == pytest.approx(whole.history.loss, rel=1e-6)


def test_another_seed_leaves_out_other_units():
    losses = set()
    for seed, between in product((0, 1), ("dropout", "batch")):
        model = fastbp.MLP([5, 20, 7, 2], seed=0, **BETWEEN[between])
        trainer = fastbp.Trainer(model, loss="squared_error", seed=seed)
        losses.add(trainer.loss_and_gradients(random_inputs(33, 5), random_targets("squared_error", 33, 2))[0])
    assert len(losses) == 3
