"""What the tests of bad calls share: models and trainers in the middle of their lives, and the check that a refused call leaves them so."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import fastbp

N, WIDTH = 4, 3
X = np.linspace(-1, 1, N * WIDTH, dtype=np.float32).reshape(N, WIDTH)
LABELS = np.array([0, 1, 1, 0])
PAIRS = np.linspace(0, 1, 2 * N, dtype=np.float32).reshape(N, 2)
BITS = np.array([0.0, 1.0, 1.0, 0.0])
# Finite in float64, infinite in float32, which is what the models compute in.
TOO_LARGE = 1e39


def trained(loss, sizes, y):
    """A model and its trainer in the middle of their lives."""
    model = fastbp.MLP(sizes, seed=0)
    trainer = fastbp.Trainer(model, loss=loss, optimizer="adam", batch_size=2, seed=0)
    trainer.fit(X, y, epochs=1)
    return trainer


def kit():
    """Models and trainers for a bad call to be made with."""
    trainer = trained("cross_entropy", [WIDTH, 4, 2], LABELS)
    return SimpleNamespace(
        trainer=trainer,
        model=trainer.model,
        fresh=fastbp.MLP([WIDTH, 4, 2], seed=1),
        regression=trained("squared_error", [WIDTH, 4, 2], PAIRS),
        binary=trained("binary_cross_entropy", [WIDTH, 4, 1], BITS),
    )


def state(kit):
    """Everything that a failed call must leave alone."""
    trainers = [kit.trainer, kit.regression, kit.binary]
    models = [kit.model, kit.fresh, kit.regression.model, kit.binary.model]
    return [(t.steps, t.epoch, repr(t.history), t.run.memory.slots.tobytes()) for t in trainers] + [
        (repr(m), m.activations, m.network.parameters.tobytes(), m.network.table.tobytes(), m.network.layer_settings.tobytes())
        for m in models
    ]


def check_refused(call, error, message):
    """Raise AssertionError unless the call fails as told and has changed nothing."""
    given = kit()
    before = state(given)
    with pytest.raises(error, match=re.compile(message, re.DOTALL)):
        call(given)
    assert state(given) == before
