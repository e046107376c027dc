"""Models that the tests of models, their files and their weights share."""

import numpy as np

import fastbp

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "identity"]


def model_with_everything(dtype="float32"):
    hidden = [fastbp.LeakyReLU(0.3), "tanh", fastbp.LeakyReLU(0.0), "relu"]
    return fastbp.MLP([3, 5, 4, 6, 3, 2], activation=hidden, output_activation=fastbp.LeakyReLU(0.125), dtype=dtype, seed=7)


def trained(loss="cross_entropy"):
    model = fastbp.MLP([3, 4, 2], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss=loss, optimizer="adam", batch_size=4, seed=0)
    trainer.fit(X, np.eye(2)[np.arange(20) % 2], epochs=1)
    return model


def assert_same(a, b):
    assert repr(a) == repr(b)
    assert (a.layer_sizes, a.activations, a.output_is_auto, a.dtype, a.seed) == (
        b.layer_sizes,
        b.activations,
        b.output_is_auto,
        b.dtype,
        b.seed,
    )
    for ours, theirs in zip(a.weights + a.biases, b.weights + b.biases, strict=True):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()
    assert a.predict(X).tobytes() == b.predict(X).tobytes()
