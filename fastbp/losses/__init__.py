"""Loss functions a user may name or build, and the one table of them.

=====================  ====================================================================================
name                   mean over the rows of
=====================  ====================================================================================
squared_error          mean over outputs of (p - t)**2
cross_entropy          -sum over outputs of t log p, p = softmax(z)
binary_cross_entropy   mean over outputs of -(t log p + (1 - t) log(1 - p)), p = sigmoid(z)
=====================  ====================================================================================

What fastbp knows of one is in its class: formula, settings, targets it takes, output activations it goes with, code of the kernels, and a
reference implementation, from which argument checks, ``fastbp verify`` and the tests follow. CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from typing import Any

from fastbp._names import lookup
from fastbp.losses.base import Loss
from fastbp.losses.classification import BinaryCrossEntropy, CrossEntropy
from fastbp.losses.regression import SquaredError

__all__ = ["LOSSES", "BinaryCrossEntropy", "CrossEntropy", "Loss", "SquaredError", "as_loss", "describe_loss", "described_loss"]

LOSSES: dict[str, type[Loss]] = {cls.name: cls for cls in (SquaredError, CrossEntropy, BinaryCrossEntropy)}


#: What other libraries call some of these, in small letters without underscores.
OTHER_NAMES = {
    **dict.fromkeys(("mse", "mseloss", "meansquarederror", "l2", "l2loss"), "squared_error"),
    **dict.fromkeys(("crossentropyloss", "categoricalcrossentropy", "sparsecategoricalcrossentropy"), "cross_entropy"),
    **dict.fromkeys(("softmaxcrossentropy", "nll", "nllloss", "logloss"), "cross_entropy"),
    **dict.fromkeys(("bce", "bceloss", "bcewithlogits", "bcewithlogitsloss"), "binary_cross_entropy"),
    **dict.fromkeys(("binarycrossentropywithlogits", "sigmoidbinarycrossentropy"), "binary_cross_entropy"),
}


def as_loss(given: object) -> Loss:
    """A loss object, or one with default settings by its name."""
    return given if isinstance(given, Loss) else lookup(given, LOSSES, "loss", OTHER_NAMES)()


def describe_loss(loss: Loss) -> str | dict[str, Any]:
    """What a file holds of a loss: its name, and its settings where it has some."""
    return loss.described() if loss.settings else loss.name


def described_loss(description: str | dict[str, Any]) -> Loss:
    """The loss that a file describes."""
    settings = {"name": description} if isinstance(description, str) else dict(description)
    return lookup(settings.pop("name"), LOSSES, "loss")(**settings)
