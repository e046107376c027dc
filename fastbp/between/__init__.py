"""What comes between the layers of a model: normalisation of logits, dropout of units, noise on the inputs.

=====  ==========================================================================================
name   normalised logits x = (z - mean) / sqrt(variance + epsilon); the layer goes on with scale x + shift
=====  ==========================================================================================
batch  mean and variance of a unit over the rows of a batch; of averages over the steps when predicting
layer  mean and variance of a row over the units of the layer
=====  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from fastbp._names import lookup, real
from fastbp._table import Table, attribute, later
from fastbp._typing import NDArray
from fastbp.kernels.codes import NO_NORM
from fastbp.schedules import Plan, describe_setting, described_setting, is_scheduled, values_at

if TYPE_CHECKING:
    from fastbp.between.normalizations import BatchNorm, LayerNorm, Normalization

__all__ = ["NORMALIZATIONS", "PLAIN", "BatchNorm", "Between", "LayerNorm", "as_between", "described_between"]

_MODULE = "fastbp.between.normalizations"
NORMALIZATIONS: Table[type[Normalization]] = Table({"batch": (_MODULE, "BatchNorm"), "layer": (_MODULE, "LayerNorm")})
#: What other libraries call some of these, in small letters without underscores.
OTHER_NAMES = {
    **dict.fromkeys(("batchnorm", "batchnorm1d", "batchnormalization"), "batch"),
    **dict.fromkeys(("layernorm", "layernormalization"), "layer"),
}
#: The modules of the classes, which are imported when they are asked for.
MODULES = NORMALIZATIONS.modules()
__getattr__ = later(globals(), MODULES)


class Between(NamedTuple):
    """What a model does beside its layers: all of it in training, normalisation in predictions, too."""

    normalization: Normalization | None = None  # of every hidden layer
    dropout: Any = 0.0  # a share for all hidden layers, which may be a schedule, or a tuple with one for each
    input_dropout: float = 0.0
    input_noise: float = 0.0  # a standard deviation

    @property
    def is_used(self) -> bool:
        """Whether there is anything."""
        return self != PLAIN

    @property
    def code(self) -> int:
        """The kernels' code of the normalisation."""
        return self.normalization.code if self.normalization else NO_NORM

    def rates(self, n_hidden: int) -> list[float]:
        """The share of units left out of each hidden layer; below 0 where it is that of the step."""
        if is_scheduled(self.dropout):
            return [-1.0] * n_hidden
        return list(self.dropout) if isinstance(self.dropout, tuple) else [self.dropout] * n_hidden

    @property
    def is_scheduled(self) -> bool:
        """Whether dropout changes from step to step."""
        return is_scheduled(self.dropout)

    def rates_of_steps(self, steps: NDArray[np.int64], plan: Plan) -> Any:
        """The share at each step, where it is scheduled."""
        return values_at(self.dropout, steps, plan, "dropout", 1.0)

    def described(self) -> dict[str, Any]:
        """For a file: what is there."""
        own: dict[str, Any] = {name: value for name, value, none in zip(self._fields, self, PLAIN, strict=True) if value != none}
        if self.normalization:
            own["normalization"] = self.normalization.described()
        if "dropout" in own:
            own["dropout"] = describe_setting(self.dropout, "dropout")
        return own


#: Nothing.
PLAIN = Between()


def as_between(normalization: object, dropout: object, input_dropout: object, input_noise: object, n_hidden: int) -> Between:
    """The settings of a model with so many hidden layers; ValueError or TypeError for one that is none."""
    for name, given in (("normalization", normalization), ("dropout", dropout)):
        if n_hidden == 0 and given not in (None, 0, 0.0):
            raise ValueError(f"{name} is {given!r}; expected none: it is of hidden layers, and the model has none")
    noise = real(input_noise, "input_noise")
    between = Between(_as_normalization(normalization), _as_dropout(dropout, n_hidden), _share(input_dropout, "input_dropout"), noise)
    return between if between.is_used else PLAIN


def described_between(description: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a model that a file describes."""
    found = {name: described_setting(value) for name, value in description.items() if name in Between._fields}
    if "normalization" in found:
        settings = dict(found["normalization"])
        found["normalization"] = NORMALIZATIONS[settings.pop("name")](**settings)
    return found


def _as_normalization(given: object) -> Normalization | None:
    if given is None:
        return None
    if isinstance(given, str):
        return lookup(given, NORMALIZATIONS, "normalization", OTHER_NAMES)()
    if isinstance(given, attribute(_MODULE, "Normalization")):
        return cast("Normalization", given)
    raise TypeError(f"normalization is {given!r} of type {type(given).__name__}; expected a name or an object such as BatchNorm(0.1)")


def _as_dropout(given: object, n_hidden: int) -> Any:
    if is_scheduled(given) and not isinstance(given, type):
        return given
    if not isinstance(given, Sequence) or isinstance(given, str):
        return _share(given, "dropout")
    if len(given) != n_hidden:
        raise ValueError(f"dropout lists {len(given)}; expected a number for each of the {n_hidden} hidden layers")
    shares = tuple(_share(each, f"dropout[{i}]") for i, each in enumerate(given))
    return shares if any(shares) else 0.0


def _share(given: object, argument: str) -> float:
    return float(real(given, argument, below=1.0))
