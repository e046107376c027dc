"""The loss whose minimum is a quantile of the targets, for prediction intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np

from fastbp._names import counted, real
from fastbp._typing import Array, DType
from fastbp.activations import Activation, Identity
from fastbp.activations.ascending import Ascending
from fastbp.data.validation import real_range
from fastbp.kernels import codes
from fastbp.losses.base import Loss, rows_of_outputs


class Quantile(Loss):
    """mean over rows and outputs of max(q e, (q - 1) e), e = target - prediction, for each level q (R. Koenker, G. Bassett, 1978).

    A model has ``len(levels)`` outputs for each target: those of the first target first, in the order of the levels. Each is trained for
    itself, and two may cross where data are few; the model's predictions are sorted for each target, so that a higher level is never lower
    (V. Chernozhukov et al., 2010). With ``output_activation="identity"`` they are as they come.

    Parameters
    ----------
    levels : float or sequence of them, default 0.5
        Between 0 and 1, ascending: ``[0.05, 0.5, 0.95]`` gives a median and an interval that nine of ten targets are in.

    Notes
    -----
    Targets are real, of shape (n, n_outputs / len(levels)), or (n,) when that is one.
    """

    name = "quantile"
    code = codes.QUANTILE
    allowed = ("ascending", "identity")

    levels: tuple[float, ...]

    def __init__(self, levels: float | Sequence[float] = 0.5) -> None:
        given = tuple(levels) if isinstance(levels, Iterable) else (levels,)
        found = tuple(real(level, f"levels[{i}]", below=1, exclusive=True) for i, level in enumerate(given))
        if not found or list(found) != sorted(set(found)):
            raise ValueError(f"levels are {list(found)}; expected at least one, each above the one before")
        vars(self)["levels"] = found

    @classmethod
    def cases(cls) -> list[Self]:
        """One level, which any number of outputs suits."""
        return [cls(), cls(0.9)]

    @property
    def numbers(self) -> list[float]:
        """How many levels, and the levels."""
        return [len(self.levels), *self.levels]

    def default_output(self) -> Activation:
        """Sorted, where there is something to sort."""
        return Ascending(len(self.levels)) if len(self.levels) > 1 else Identity()

    def outputs(self) -> list[Activation]:
        """The same, and identity."""
        return [Ascending(len(self.levels)), Identity()]

    def check_output(self, activation: Activation, n_outputs: int) -> None:
        """A number of outputs that the levels divide."""
        super().check_output(activation, n_outputs)
        count = len(self.levels)
        if n_outputs % count:
            raise ValueError(
                f"loss={self!r} needs {counted(count, 'output')} for each target; the model has {counted(n_outputs, 'output')}"
            )
        if isinstance(activation, Ascending) and activation.size not in (1, count):
            sorted_ = f"the model's predictions are sorted {activation.size:g} by {activation.size:g}"
            raise ValueError(f"{sorted_}; loss={self!r} has {counted(count, 'level')}")

    def check_targets(self, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """A column for each target."""
        targets = rows_of_outputs(self.name, y, rows, n_outputs // len(self.levels))
        real_range(targets, "y", dtype)
        return targets

    def target_range(self, own: DType, shape: tuple[int, ...], n_outputs: int, dtype: DType) -> tuple[float, float] | None:
        """Of as many columns."""
        return super().target_range(own, shape, n_outputs // len(self.levels), dtype)

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula, of logits; slope 0 where there is no error."""
        count = len(self.levels)
        levels = np.tile(self.levels, z.shape[1] // count)
        error = np.repeat(targets, count, axis=1) - z
        values = np.maximum(levels * error, (levels - 1) * error)
        slopes = np.where(error > 0, -levels, np.where(error < 0, 1 - levels, 0.0))
        return values, slopes / z.shape[1]

    def reference_targets(self, random: np.random.Generator, rows: int, columns: int) -> Array:
        """For so many outputs."""
        return super().reference_targets(random, rows, columns // len(self.levels))
