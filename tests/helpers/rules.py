"""Steps of an optimizer on a small net, beside its own formula: parameters, what it remembers, and what it must leave alone."""

import numpy as np
from cases import close

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets

#: Rows of a batch: a single one, a few, panels, and shards, which take plain Python seconds each.
SIZES = [1, 5, 40] if DISABLED else [1, 5, 40, 700]


def after_steps(optimizer, rows, dtype="float64", steps=6):
    """A trainer after some steps on one batch."""
    trainer = fastbp.Trainer(
        random_model([7, 19, 3], dtype=dtype, activation="tanh"), loss="squared_error", optimizer=optimizer, batch_size=None, threads=1
    )
    trainer.fit(random_inputs(rows, 7, dtype=dtype), random_targets("squared_error", rows, 3, dtype=dtype), epochs=steps)
    return trainer


def check_steps(optimizer, rows, dtype, limit):
    """The parameters are the oracle's; fewer steps in float32, where signs of small sums are rounded."""
    steps = 6 if dtype == "float64" else 2
    fresh = fastbp.Trainer(random_model([7, 19, 3], dtype=dtype, activation="tanh"), loss="squared_error", optimizer=optimizer)
    data = random_inputs(rows, 7, dtype=dtype), random_targets("squared_error", rows, 3, dtype=dtype)
    net, _ = net_after_training(fresh, *data, epochs=steps, batch_size=None)
    model = after_steps(optimizer, rows, dtype, steps).model
    close([*model.weights, *model.biases], net.parameters, rtol=limit)


def check_padding(trainer, shards):
    """Between the parts of the flat vectors there is nothing."""
    network = trainer.model.network
    inside = np.zeros(network.parameters.size, bool)
    for array in [*trainer.model.weights, *trainer.model.biases]:
        begin = (array.ctypes.data - network.parameters.ctypes.data) // array.itemsize
        inside[begin : begin + array.size] = True
    assert not network.parameters[~inside].any()
    # Gradients of shards are added in one piece, padding and all: what is remembered of that may be a beginning.
    assert shards or not trainer.run.memory.slots[:, ~inside].any()


def nan_stays(optimizer, rows):
    """A gradient that is NaN makes its parameter NaN, and is found by the guard: the weights of before are back."""
    trainer = after_steps(optimizer, rows, steps=1)
    before = trainer.model.network.parameters.copy()
    trainer.model.weights[1][0, 0] = np.nan
    X, t = random_inputs(rows, 7), random_targets("squared_error", rows, 3)
    data = trainer.run.check(X, t)
    trainer._engine.train(data, np.arange(rows), 0, rows, 1, 1)
    assert np.isnan(trainer.model.weights[1][0, 0]) and np.isnan(trainer.model.weights[0]).any()
    assert np.isfinite(before).all()
