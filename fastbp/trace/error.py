"""The loss of each row, and where back-propagation begins."""

from __future__ import annotations

import numpy as np

from fastbp._textbook import Array, Forward
from fastbp.activations import Activation, Identity
from fastbp.losses import Loss

# In place of a missing target, whose loss is not counted: every loss takes it.
_ANY = 1.0


def error_of(loss: Loss, output: Activation, done: Forward, targets: Array, shares: Array) -> tuple[Array, Array, Array | None]:
    """The loss of each row, dL/dz and dL/da of the outputs, each row by its share.

    dL/da is None for losses that are written by z, whatever the output activation.
    """
    values, delta = _counted(loss, output, done.logits[-1], targets)
    # Of an identity output z is a.
    error = _counted(loss, Identity(), done.outputs[-1], targets)[1] if loss.allowed == Loss.allowed else None
    return shares * values, shares[:, np.newaxis] * delta, None if error is None else shares[:, np.newaxis] * error


def _counted(loss: Loss, output: Activation, z: Array, targets: Array) -> tuple[Array, Array]:
    """Loss and dL/dz of each row, without the outputs whose targets are missing."""
    missing = np.isnan(targets)
    if not missing.any():
        return loss.reference(z, targets, output)
    of_outputs = np.repeat(missing, z.shape[1] // targets.shape[1], axis=1)
    filled = np.where(missing, _ANY, targets)
    if loss.allowed == Loss.allowed:
        # Before the output activation, where one output's sum may move another output.
        values, errors = loss.reference_by_output(output.reference(z), filled, Identity())
        slopes = output.reference_backward(z, np.where(of_outputs, 0.0, errors))
    else:
        values, slopes = loss.reference_by_output(z, filled, output)
        slopes = np.where(of_outputs, 0.0, slopes)
    return np.where(of_outputs, 0.0, values).mean(axis=1), slopes
