"""A run of an earlier version of the file format can go on."""

import sys
from pathlib import Path

import numpy as np
from small_task import LABELS, X, bits, make

import fastbp

_STORED = Path(__file__).parent.parent / "stored"
sys.path.insert(0, str(_STORED))

from make_run_v1 import STEPS, stopped_run  # noqa: E402  # from the folder beside


def test_a_run_of_the_first_version_goes_on():
    trainer, again, plain = fastbp.Trainer.resume(_STORED / "run_v1.safetensors"), stopped_run(), make("adam")
    assert (trainer.steps, trainer.epoch, trainer.history.stopped) == (STEPS, 2, "callback")
    assert len(trainer.history) == len(trainer.history.val_accuracy) == 2
    # Another kind of processor than the file's computes other bits from the first step on.
    same = bits(trainer) == bits(again)
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=5 - each.epoch, validation_data=(X[:20], LABELS[:20]))
    assert (trainer.steps, trainer.epoch) == (plain.steps, plain.epoch)
    np.testing.assert_allclose(trainer.model.network.parameters, plain.model.network.parameters, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(trainer.history.loss, plain.history.loss, rtol=1e-5)
    assert bits(trainer) == bits(plain) or not same
