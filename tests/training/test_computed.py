"""What a step leaves behind is read from where the kernels have it: in panels, or a few rows one by one, on one thread or two."""

import numpy as np
import pytest

import fastbp
from fastbp.verification.problems import random_inputs, random_model


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", [1, 7, 8, 9, 33, 300, 700])
def test_activations_and_deltas_are_those_of_the_trace(rows, threads):
    X, y = random_inputs(rows, 5, dtype="float64"), np.arange(rows) % 3
    weight = np.linspace(1, 2, rows)

    def made():
        model = fastbp.MLP([5, 13, 3], activation="tanh", dtype="float64", seed=0)
        return fastbp.Trainer(model, loss="cross_entropy", optimizer="sgd", batch_size=None, seed=0, threads=threads)

    found, wanted = [], made().trace(X, y, weight)

    class Look(fastbp.Callback):
        def on_steps(self, run):
            found.append(run.under_way.computed())

    made().fit(X, y, epochs=1, sample_weight=weight, callbacks=Look())
    (computed,) = found
    for layer in range(2):
        np.testing.assert_allclose(computed.activations[layer], wanted.activations[layer], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(computed.deltas[layer], wanted.deltas[layer], rtol=1e-11, atol=1e-16)
    np.testing.assert_allclose(computed.shares, wanted.shares, rtol=1e-14)
    assert computed.gradient is None


@pytest.mark.parametrize("rows", [7, 33, 300])
@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_what_normalised_layers_have_is_that_of_the_trace(normalization, rows):
    X, y, found = random_inputs(rows, 5, dtype="float64"), np.arange(rows) % 3, []

    def made():
        model = random_model([5, 13, 9, 3], activation="tanh", normalization=normalization, dropout=0.2)
        return fastbp.Trainer(model, loss="cross_entropy", optimizer="sgd", batch_size=None, seed=0, shuffle=False, threads=2)

    class Look(fastbp.Callback):
        def on_steps(self, run):
            found.append(run.under_way.computed())

    made().fit(X, y, epochs=1, callbacks=Look())
    (computed,), wanted = found, made().trace(X, y)
    assert len(computed.standardized) == len(computed.slopes) == 2
    for layer in range(2):
        x = (wanted.normalized[layer] - wanted.net.shifts[layer]) / wanted.net.scales[layer]
        np.testing.assert_allclose(computed.standardized[layer], x, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(computed.slopes[layer], wanted.slopes[layer], rtol=1e-11, atol=1e-14)


def test_the_gradient_is_there_where_the_update_waits_for_it():
    X, y = random_inputs(20, 5, dtype="float64"), np.arange(20) % 3
    model = fastbp.MLP([5, 13, 3], activation="tanh", dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.SGD(0.1, clip_norm=1e9), batch_size=None, seed=0)
    found, (_, wanted, *_) = [], trainer.loss_and_gradients(X, y)

    class Look(fastbp.Callback):
        def on_steps(self, run):
            found.append(run.under_way.computed().gradient)

    trainer.fit(X, y, epochs=1, callbacks=Look())
    np.testing.assert_allclose(found[0][:65].reshape(5, 13), wanted[0], rtol=1e-13, atol=1e-18)


def test_a_step_in_shards_has_none_to_show():
    class Look(fastbp.Callback):
        def on_steps(self, run):
            run.under_way.computed()

    X, y = random_inputs(20, 5, dtype="float64"), np.arange(20) % 3
    trainer = fastbp.Trainer(fastbp.MLP([5, 13, 3], dtype="float64", seed=0), loss="cross_entropy", shards=2, seed=0)
    with pytest.raises(ValueError, match="shards is 2: of a step in shards the numbers of the last one alone are left"):
        trainer.fit(X, y, epochs=1, callbacks=Look())
