"""What the trainer, the kernels and the checks ask of a loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from fastbp._names import counted, real
from fastbp._specification import Specification
from fastbp._typing import Array, DType
from fastbp.activations import ACTIVATIONS, Activation, Identity
from fastbp.data.validation import finite_range, numeric, real_range
from fastbp.kernels.arguments import Objective
from fastbp.kernels.codes import LARGEST, LOSS_SETTINGS, MASKED, NO_ACCURACY, SIDES

#: What is said to names of classes.
ENCODE = "; for names of classes make the model with classes=[...], all of them in the order of the outputs"


class Loss(Specification):
    """Base of the losses: name, code, settings, targets, output activations, and a reference implementation to check the kernels by.

    Every loss is the mean over the rows of the batch, weighted if asked. What stands here suits a loss of real targets.
    """

    #: Output activation that ``output_activation="auto"`` stands for.
    output_activation: ClassVar[type[Activation]] = Identity
    #: Names of the output activations it may follow.
    allowed: ClassVar[tuple[str, ...]] = tuple(ACTIVATIONS)
    #: What a right answer is, a code of the kernels.
    accuracy: ClassVar[int] = NO_ACCURACY
    #: Whether it is a mean over outputs, so that the targets of some may be missing.
    elementwise: ClassVar[bool] = True
    #: Whether a target may lie between two that it takes, as of rows that are mixed.
    takes_shares: ClassVar[bool] = True

    def objective(self, dtype: DType, *, masked: bool = False) -> Objective:
        """The loss as the kernels of a network of `dtype` read it; `masked`: without the targets that are NaN."""
        settings = np.zeros(max(LOSS_SETTINGS, len(self.numbers)), dtype)
        settings[: len(self.numbers)] = self.numbers
        return Objective(self.code + MASKED * masked, self.accuracy, settings)

    def default_output(self) -> Activation:
        """What ``output_activation="auto"`` stands for."""
        return self.output_activation()

    def outputs(self) -> list[Activation]:
        """The output activations that it may follow, to be verified with."""
        return [case for name in self.allowed for case in ACTIVATIONS[name].cases()]

    def check_output(self, activation: Activation, n_outputs: int) -> None:
        """Raise ValueError when the output layer does not suit the loss."""
        # A loss of any output takes those of users, too, which are in no table.
        takes_any = self.allowed == Loss.allowed and activation.has_derivative
        if activation.name not in self.allowed and not takes_any:
            raise ValueError(f"loss={self.name!r} goes with output_activation {' or '.join(self.allowed)}; the model has {activation.name}")

    def check_targets(self, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """`y` as a numeric array with a row per sample, or a ValueError or TypeError that says what is wrong with it."""
        targets = rows_of_outputs(self.name, y, rows, n_outputs)
        real_range(targets, "y", dtype)
        return targets

    def target_range(self, own: DType, shape: tuple[int, ...], n_outputs: int, dtype: DType) -> tuple[float, float] | None:
        """The range that is all there is to check of targets of type `own`, of this shape but for the rows; None where there is more."""
        if own.kind != "f" or own.itemsize < 4 or shape != ((n_outputs,) if len(shape) or n_outputs > 1 else ()):
            return None
        low, high = finite_range(own, dtype)
        return float(low), float(high)

    def answers(self, n_outputs: int) -> int:
        """How many answers a row gives that are right or wrong, of which `Trainer.evaluate` tells the share; 0 where there are none."""
        return {NO_ACCURACY: 0, SIDES: n_outputs, LARGEST: 1}[self.accuracy]

    def reference(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The loss of each row and its gradient dL/dz (n, K), from logits and targets (n, K), in float64 and plain NumPy."""
        values, slopes = self.reference_by_output(z, targets, output)
        return values.mean(axis=1), slopes

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The same where the loss of a row is a mean over outputs: that of each output (n, K), and the gradient of the mean."""
        raise NotImplementedError

    def reference_targets(self, random: np.random.Generator, rows: int, columns: int) -> Array:
        """Targets (rows, columns) to check the kernels with."""
        return random.normal(size=(rows, columns))

    def __str__(self) -> str:
        if self == type(self)():
            return self.name
        return super().__str__()


def rows_of_outputs(name: str, y: object, rows: int, n_outputs: int, of_text: str = "") -> Array:
    """`y` as a numeric array (rows, n_outputs); `of_text` is added to the error for strings."""
    targets = numeric(y, "y", of_text)
    if targets.ndim == 1 and n_outputs == 1:
        targets = targets[:, np.newaxis]
    if targets.ndim != 2 or targets.shape[1] != n_outputs:
        expected = f"(n,) or (n, {n_outputs})" if n_outputs == 1 else f"(n, {n_outputs})"
        raise ValueError(f"y has shape {targets.shape}; loss={name!r} with {counted(n_outputs, 'output')} expects {expected}")
    same_rows(targets, rows)
    return targets


def same_rows(targets: Array, rows: int) -> None:
    """Raise ValueError unless there are as many targets as inputs."""
    if targets.shape[0] != rows:
        raise ValueError(f"X has {counted(rows, 'row')} and y has {targets.shape[0]}; expected as many")


def factors_of_outputs(given: float | Iterable[float], argument: str) -> tuple[float, ...]:
    """Positive factors, one for all outputs or one for each."""
    numbers = tuple(given) if isinstance(given, Iterable) else (given,)
    if not numbers:
        raise ValueError(f"{argument} is empty; expected a number, or one for each output")
    return tuple(real(each, argument, exclusive=True) for each in numbers)


def check_factors(factors: tuple[float, ...], argument: str, n_outputs: int) -> None:
    """Raise ValueError where they are neither one nor as many as a model has outputs."""
    if len(factors) not in (1, n_outputs):
        raise ValueError(f"{argument} has {counted(len(factors), 'number')}; the model has {counted(n_outputs, 'output')}")
