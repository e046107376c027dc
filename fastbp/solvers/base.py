"""What the trainer asks of a solver: one iteration on the whole set, and when there is nothing more to do."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from fastbp._settings import Settings
from fastbp._typing import Array, NDArray
from fastbp.between import Between
from fastbp.compiling.loading import loading
from fastbp.optimizers import Factors


class Point(NamedTuple):
    """The loss over the whole set, and its gradient by the flat parameters, in float64."""

    loss: float
    gradient: NDArray[np.float64]


class Squares(NamedTuple):
    """The loss as a sum of squares r^T r, with the Jacobian J of the residuals r by the parameters: J^T r and J^T J."""

    loss: float
    slope: NDArray[np.float64]
    products: NDArray[np.float64]


class Problem(Protocol):
    """What a solver sees of a run."""

    @property
    def parameters(self) -> Array:
        """The model's own, flat, with places between arrays that stay 0."""

    def here(self) -> Point:
        """Loss and gradient at the model's parameters; what was computed last is not computed again."""

    def at(self, parameters: NDArray[np.float64]) -> Point:
        """The same elsewhere; the model has these parameters then, rounded to its type."""

    @property
    def places(self) -> NDArray[np.int64]:
        """Where the parameters lie that `squares` has derivatives by."""

    def squares(self) -> Squares:
        """The squared error at the model's parameters; what was computed last is not computed again."""

    def squared_error(self, parameters: NDArray[np.float64]) -> float:
        """The same elsewhere, without derivatives; the model has these parameters then."""


class Kept(NamedTuple):
    """What a solver has kept from its iterations, in checkpoints, too: how many there were, vectors like the parameters, and numbers."""

    steps: int
    slots: Array
    factors: Factors


@dataclass(init=False, repr=False, eq=False)
class Solver(Settings):
    """Base of the solvers: settings and an iteration. An iteration takes the whole set, is an update and an epoch of ``fit``.

    So `batch_size` and `shuffle` of the trainer are not asked, and there are no schedules, no limits of a step, no `accumulate` and no
    `average`.
    """

    #: How many numbers it keeps.
    n_factors: ClassVar[int]
    #: Whatever the size of batches.
    takes_whole_set: ClassVar[bool] = True

    @property
    @abstractmethod
    def n_slots(self) -> int:
        """How many vectors like the parameters it keeps."""

    def check_trainer(
        self, loss: str, n_parameters: int, between: Between, accumulate: int, average: object, mixup: float,
        shards: int = 1,
    ) -> None:  # fmt: skip
        """Raise ValueError where a trainer has settings, or a model, that it is not for, ImportError without what it needs."""
        what = type(self).__name__
        if average is not None:
            raise ValueError(f"average is {average!r}; {what} makes no steps to average: leave it None")
        if accumulate != 1:
            raise ValueError(f"accumulate is {accumulate}; {what} always takes the whole set: leave it 1")
        if shards != 1:
            raise ValueError(f"shards is {shards}; {what} takes the whole set in one piece: leave it 1")
        if mixup:
            raise ValueError(f"mixup is {mixup:g}; {what} needs a loss that is the same at each evaluation: leave it 0")
        if between._replace(normalization=None).is_used:
            raise ValueError(f"the model has dropout, or noise on its inputs; {what} needs a loss that is the same at each evaluation")
        if between.normalization is not None and not self.normalizes(between.normalization.name):
            raise ValueError(f"the model has {between.normalization.name} normalization, which {what} does not train")
        self.check_task(loss, n_parameters)

    @abstractmethod
    def check_task(self, loss: str, n_parameters: int) -> None:
        """Raise ValueError for a loss or a number of parameters that it is not for, ImportError without what it needs."""

    def normalizes(self, name: str) -> bool:
        """Whether it trains models with this normalisation."""
        return False

    @abstractmethod
    def reason_to_stop(self, problem: Problem, kept: Kept) -> str:
        """Why there should be no further iteration: "converged" or "max_evaluations"; empty where there is no reason."""

    @abstractmethod
    def advance(self, problem: Problem, kept: Kept) -> tuple[float, Factors]:
        """One iteration: the loss before it, without penalties, and the numbers that are kept now.

        The model has the new parameters then, `kept.slots` what belongs to them. Neither is changed where the loss is not finite.
        """

    def described(self) -> dict[str, Any]:
        """Name and settings, for a file."""
        return {"name": self.name, **vars(self)}


def needed(module: str, solver: str) -> Any:
    """A module of another library, imported when it is first asked for; ImportError that says what to do where there is none."""
    try:
        with loading:
            return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise ImportError(f"{solver} needs {library}, which cannot be imported: pip install 'fastbp[scipy]'") from error


def dot(a: Array, b: Array) -> float:
    """The sum of products in float64, in an order that no number of threads changes: that of a BLAS may be any."""
    return float(np.einsum("i,i->", a, b, dtype=np.float64, casting="safe"))
