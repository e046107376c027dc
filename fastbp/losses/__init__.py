"""Loss functions a user may name or build, and the one table of them.

=====================  ====================================================================================
name                   mean over the rows of
=====================  ====================================================================================
squared_error          mean over outputs of (p - t)**2
cross_entropy          -sum over outputs of t log p, p = softmax(z)
binary_cross_entropy   mean over outputs of -(t log p + (1 - t) log(1 - p)), p = sigmoid(z)
absolute_error         mean over outputs of abs(p - t)
huber                  mean over outputs of (p - t)**2 / 2, a line beyond delta
log_cosh               mean over outputs of log(cosh(p - t))
quantile               mean over outputs of max(q e, (q - 1) e), e = t - p
poisson                mean over outputs of p - t log p, p = exp(z)
gamma                  mean over outputs of t / p + log p, p = exp(z)
hinge                  mean over outputs of max(0, 1 - s z), s = 1 or -1
squared_hinge          mean over outputs of max(0, 1 - s z)**2
focal                  mean over outputs of -(1 - p)**gamma log p, p that of the target
categorical_focal      -sum over outputs of t (1 - p)**gamma log p, p = softmax(z)
=====================  ====================================================================================

What fastbp knows of one is in its class: formula, settings, targets it takes, output activations it goes with, code of the kernels, and a
reference implementation, from which argument checks, ``fastbp verify`` and the tests follow. CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastbp._names import lookup
from fastbp._table import Table, attribute, later
from fastbp.losses.base import Loss

if TYPE_CHECKING:
    from fastbp.losses.categorical import CategoricalFocal
    from fastbp.losses.classification import BinaryCrossEntropy, CrossEntropy
    from fastbp.losses.custom import CustomLoss
    from fastbp.losses.log_link import Gamma, Poisson
    from fastbp.losses.margin import Focal, Hinge, SquaredHinge
    from fastbp.losses.quantile import Quantile
    from fastbp.losses.regression import SquaredError
    from fastbp.losses.robust import AbsoluteError, Huber, LogCosh

# fmt: off
__all__ = [
    "LOSSES", "AbsoluteError", "BinaryCrossEntropy", "CategoricalFocal", "CrossEntropy", "CustomLoss", "Focal", "Gamma", "Hinge", "Huber",
    "LogCosh", "Loss", "Poisson", "Quantile", "SquaredError", "SquaredHinge", "as_loss", "describe_loss", "described_loss",
]
# fmt: on

_CLASSIFICATION, _LOG_LINK, _MARGIN, _QUANTILE, _ROBUST = (
    f"fastbp.losses.{name}" for name in ("classification", "log_link", "margin", "quantile", "robust")
)
LOSSES: Table[type[Loss]] = Table(
    {
        "squared_error": ("fastbp.losses.regression", "SquaredError"),
        "cross_entropy": (_CLASSIFICATION, "CrossEntropy"),
        "binary_cross_entropy": (_CLASSIFICATION, "BinaryCrossEntropy"),
        "absolute_error": (_ROBUST, "AbsoluteError"),
        "huber": (_ROBUST, "Huber"),
        "log_cosh": (_ROBUST, "LogCosh"),
        "quantile": (_QUANTILE, "Quantile"),
        "poisson": (_LOG_LINK, "Poisson"),
        "gamma": (_LOG_LINK, "Gamma"),
        "hinge": (_MARGIN, "Hinge"),
        "squared_hinge": (_MARGIN, "SquaredHinge"),
        "focal": (_MARGIN, "Focal"),
        "categorical_focal": ("fastbp.losses.categorical", "CategoricalFocal"),
    },
)
_CUSTOM = "custom", "fastbp.losses.custom", "CustomLoss"
#: The modules of the classes that are imported when they are asked for.
MODULES = LOSSES.modules() | {_CUSTOM[2]: _CUSTOM[1]}
__getattr__ = later(globals(), MODULES)


#: What other libraries call some of these, in small letters without underscores.
OTHER_NAMES = {
    **dict.fromkeys(("mse", "mseloss", "meansquarederror", "l2", "l2loss"), "squared_error"),
    **dict.fromkeys(("crossentropyloss", "categoricalcrossentropy", "sparsecategoricalcrossentropy"), "cross_entropy"),
    **dict.fromkeys(("softmaxcrossentropy", "nll", "nllloss", "logloss"), "cross_entropy"),
    **dict.fromkeys(("bce", "bceloss", "bcewithlogits", "bcewithlogitsloss"), "binary_cross_entropy"),
    **dict.fromkeys(("binarycrossentropywithlogits", "sigmoidbinarycrossentropy", "binarylogloss"), "binary_cross_entropy"),
    **dict.fromkeys(("mae", "l1", "l1loss", "meanabsoluteerror", "lad"), "absolute_error"),
    **dict.fromkeys(("smoothl1", "smoothl1loss", "huberloss"), "huber"),
    **dict.fromkeys(("pinball", "pinballloss", "quantileloss"), "quantile"),
    **dict.fromkeys(("poissonnll", "poissonnllloss", "poissonloss", "poissondeviance"), "poisson"),
    **dict.fromkeys(("gammanll", "gammaloss", "gammadeviance"), "gamma"),
    **dict.fromkeys(("focalloss", "sigmoidfocalloss", "binaryfocalcrossentropy"), "focal"),
    **dict.fromkeys(("categoricalfocalcrossentropy", "categoricalfocalloss", "softmaxfocalloss"), "categorical_focal"),
    **dict.fromkeys(("hingeloss", "l1hinge", "svm"), "hinge"),
    **dict.fromkeys(("squaredhingeloss", "l2hinge"), "squared_hinge"),
    "logcoshloss": "log_cosh",
}


def as_loss(given: object) -> Loss:
    """A loss object, or one with default settings by its name."""
    return given if isinstance(given, Loss) else lookup(given, LOSSES, "loss", OTHER_NAMES)()


def describe_loss(loss: Loss) -> str | dict[str, Any]:
    """What a file holds of a loss: its name, and its settings where they are not the default ones."""
    return loss.name if loss.name in LOSSES and loss == LOSSES[loss.name]() else loss.described()


def described_loss(description: str | dict[str, Any]) -> Loss:
    """The loss that a file describes."""
    settings = {"name": description} if isinstance(description, str) else dict(description)
    name = settings.pop("name")
    cls: Any = attribute(*_CUSTOM[1:]) if name == _CUSTOM[0] else lookup(name, LOSSES, "loss")
    loss: Loss = cls.from_description(**settings)
    return loss
