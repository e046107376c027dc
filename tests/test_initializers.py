"""Where the weights of a model come from."""

import math

import numpy as np
import pytest
from models import ACTIVATIONS, model_with_everything

import fastbp
from fastbp.initializers import INITIALIZERS

VARIANCES = {
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "he": lambda n_in, n_out: 2 / n_in,
    "lecun": lambda n_in, n_out: 1 / n_in,
}


@pytest.mark.parametrize("name", [f"{scheme}_{shape}" for scheme in VARIANCES for shape in ("uniform", "normal")])
def test_distribution_of_initial_weights(name):
    scheme, shape = name.split("_")
    n_in, n_out = 300, 100
    model = fastbp.MLP([n_in, n_out], init=name, dtype="float64", seed=0)
    weights, variance = model.weights[0].reshape(-1), VARIANCES[scheme](n_in, n_out)
    assert abs(weights.mean()) < 5 * math.sqrt(variance / weights.size)
    assert weights.var() == pytest.approx(variance, rel=0.05)
    bound = math.sqrt(3 * variance)
    if shape == "uniform":
        assert 0.999 * bound < np.abs(weights).max() <= bound
    else:
        inside = [np.mean(np.abs(weights) < k * math.sqrt(variance)) for k in (1, 2, 3)]
        assert inside == pytest.approx([0.6827, 0.9545, 0.9973], abs=0.01)
    assert not model.biases[0].any()


def test_every_initialiser_is_tested():
    assert set(INITIALIZERS) == {"auto", "zeros"} | {f"{scheme}_{shape}" for scheme in VARIANCES for shape in ("uniform", "normal")}


def test_zeros():
    assert not fastbp.MLP([3, 4, 2], init="zeros").network.parameters.any()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_auto_follows_the_activation_of_each_layer(name):
    settings = {"activation": [name, "sigmoid"], "output_activation": "relu", "seed": 3}
    auto = fastbp.MLP([50, 40, 30, 20], **settings)
    chosen = "he_uniform" if name in ("relu", "leaky_relu") else "glorot_uniform"
    for layer, init in enumerate([chosen, "glorot_uniform", "he_uniform"]):
        assert np.array_equal(auto.weights[layer], fastbp.MLP([50, 40, 30, 20], init=init, **settings).weights[layer])


def test_layers_and_seeds_differ():
    models = [fastbp.MLP([30, 30, 30], seed=seed) for seed in (0, 0, 1, 2**64 - 1, None, None)]
    assert models[0].network.parameters.tobytes() == models[1].network.parameters.tobytes()
    draws = {w.tobytes() for model in models[1:] for w in model.weights}
    assert len(draws) == 10


def test_a_seed_names_the_same_weights_in_both_types():
    narrow, wide = (fastbp.MLP([5, 4, 2], dtype=dtype, seed=3) for dtype in ("float32", "float64"))
    assert all(np.array_equal(a, b.astype("f4")) for a, b in zip(narrow.weights, wide.weights, strict=True))


def test_a_drawn_seed_is_kept():
    model = fastbp.MLP([5, 4, 2])
    assert fastbp.MLP([5, 4, 2], seed=model.seed).network.parameters.tobytes() == model.network.parameters.tobytes()


def test_numpys_global_generator_is_neither_used_nor_moved():
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    model = fastbp.MLP([5, 4, 2], seed=0)
    fastbp.Trainer(model, loss="cross_entropy", seed=0)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_given_arrays():
    source = model_with_everything()
    given = [w.tolist() for w in source.weights], list(source.biases)
    model = fastbp.MLP(source.layer_sizes, init=given)
    assert all(np.array_equal(a, b) for a, b in zip(model.weights + model.biases, source.weights + source.biases, strict=True))


def test_what_an_activation_prefers_must_be_an_initializer():
    for name in ("he", "auto"):
        line = fastbp.CustomActivation(lambda z: z, lambda z: 1.0, initializer=name)
        with pytest.raises(ValueError, match=f"the activation's initializer='{name}' is not known; expected one of glorot_uniform"):
            fastbp.MLP([2, 3, 1], activation=line)
        fastbp.MLP([2, 3, 1], activation=line, init="zeros")
