"""A loss of the user's own."""

from __future__ import annotations

import numpy as np

from fastbp._functions import Function, OfFunctions, check_functions, check_slopes, of_numbers
from fastbp._typing import Array
from fastbp.activations import Activation
from fastbp.kernels.codes import MASKED, OWN_LOSS, OWN_LOSSES
from fastbp.losses.base import Loss

# Predictions and targets to compare the derivative at: some may be outside of what the loss is for.
_PREDICTIONS, _TARGETS = np.linspace(-2.03, 2.57, 47), (0.0, 0.31, 1.0, 2.2)
_STEP, _LEAST = 1e-5, 20


class CustomLoss(OfFunctions, Loss):
    """mean over rows and outputs of value(prediction, target), from that and from derivative(prediction, target), dvalue / dprediction.

    They are compiled with Numba, as those of a `CustomActivation` are.

    Parameters
    ----------
    value, derivative : function
        Of two floats, both.

    Raises
    ------
    TypeError, ValueError
        When one is no function of two numbers, or the derivative is not that of the value: it is compared with central differences for
        predictions between -2 and 2.6 and targets between 0 and 2.2, where both are finite, and may differ at a few of these.

    Notes
    -----
    Targets are real, of shape (n, n_outputs), or (n,) when there is one output. A file of a run holds the names of the functions and of
    their modules, as a model file does those of a `CustomActivation`.

    Examples
    --------
    >>> import fastbp
    >>> fourth_power = fastbp.CustomLoss(lambda p, t: (p - t) ** 4, lambda p, t: 4 * (p - t) ** 3)
    >>> trainer = fastbp.Trainer(fastbp.MLP([3, 8, 1], seed=0), loss=fourth_power)
    """

    name = "custom"

    def __init__(self, value: Function, derivative: Function) -> None:
        check_functions(value=value, derivative=derivative)
        vars(self).update(value=value, derivative=derivative)
        self._check_derivative()
        # One more code is for targets that may be missing.
        self._take(OWN_LOSSES, OWN_LOSS, 2 * MASKED)

    def _check_derivative(self) -> None:
        p, t = (each.ravel() for each in np.meshgrid(_PREDICTIONS, _TARGETS))
        with np.errstate(all="ignore"):
            found = of_numbers(self.derivative, "derivative", p, t)
            above, below = (of_numbers(self.value, "value", p + step, t) for step in (_STEP, -_STEP))
            expected = (above - below) / (2 * _STEP)
        finite = np.flatnonzero(np.isfinite(expected))
        if finite.size < _LEAST:
            raise ValueError(f"value is finite at {finite.size} of {p.size} places; expected numbers at {_LEAST} at least")
        check_slopes(found[finite], expected[finite], [f"derivative({p[i]:.4g}, {t[i]:.4g})" for i in finite])

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The functions themselves, number by number."""
        a = output.reference(z)
        values, slopes = of_numbers(self.value, "value", a, targets), of_numbers(self.derivative, "derivative", a, targets)
        return values, output.reference_backward(z, slopes / z.shape[1])
