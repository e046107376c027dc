"""L-BFGS on the loss and the gradient of the whole set.

scipy's own L-BFGS-B cannot be stopped and gone on with: its state lies in work arrays of a private function, whose arguments have changed
from version to version. Without bounds it is the recursion below with a line search; so the recursion is here, where what it remembers
is state of the run and resumed to the bit, and scipy's line search makes the step.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from fastbp._names import integer, real
from fastbp._typing import Array, NDArray
from fastbp.optimizers import Factors
from fastbp.solvers.base import Kept, Point, Problem, Solver, dot, needed

Vector = NDArray[np.float64]

# Evaluations in a search, and how much less steep the end of a step must be than its beginning: as in scipy's L-BFGS-B.
_MOST, _LESS_STEEP = 20, 0.9
# A pair of changes is remembered when the curvature along it is so much of the largest it could be, as in scipy's.
_CURVED = float(np.finfo(np.float64).eps)


@dataclass(repr=False, eq=False)
class LBFGS(Solver):
    """L-BFGS (J. Nocedal, Math. Comp. 35, 1980) with a line search for the strong Wolfe conditions, on the whole set.

    Each iteration goes along ``-H g``, where g is the gradient and H the inverse of the curvature as the last `history_size` changes of
    parameters and of gradients show it. It is an update and an epoch of ``fit``; ``fit(epochs=n)`` makes at most n of them.
    For data up to some ten thousand rows, and where the last digits of the loss matter. It needs scipy.

    Parameters
    ----------
    max_evaluations : int, optional
        Training stops after the iteration in which loss and gradient were computed so often, in this run.
    history_size : int, default 10
        Changes remembered; each takes the memory of two models.
    tolerance : float, default 1e-5
        Training has converged, and stops, when no element of the gradient is larger.
    weight_decay : float, default 0
        Factor of the L2 penalty ``weight_decay / 2 * p**2`` on every weight and bias. The reported loss does not contain it.

    Notes
    -----
    It also stops as converged when no step lowers the loss any more, as rounding hides what there is to gain. In float32 that is soon: use
    ``dtype="float64"`` for the last digits.

    Examples
    --------
    >>> import fastbp
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> model = fastbp.MLP([2, 8, 2], activation="tanh", dtype="float64", seed=0)
    >>> trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.LBFGS())
    >>> trainer.fit(X, y, epochs=1000).stopped
    'converged'
    """

    name: ClassVar[str] = "lbfgs"
    whole: ClassVar[tuple[str, ...]] = ("max_evaluations", "history_size")
    n_factors: ClassVar[int] = 5

    max_evaluations: int | None = None
    history_size: int = 10
    tolerance: float = 1e-5
    weight_decay: float = 0.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        if self.max_evaluations is not None:
            integer(self.max_evaluations, "max_evaluations", least=1)
        integer(self.history_size, "history_size", least=1)
        real(self.tolerance, "tolerance")
        real(self.weight_decay, "weight_decay")

    @property
    def n_slots(self) -> int:
        """A change of parameters and one of gradients, each."""
        return 2 * self.history_size

    def check_task(self, loss: str, n_parameters: int) -> None:
        """It is for every loss."""
        needed("scipy.optimize", "LBFGS")

    def normalizes(self, name: str) -> bool:
        """By the rows alone: averages of batches would follow each evaluation."""
        return name == "layer"

    def reason_to_stop(self, problem: Problem, kept: Kept) -> str:
        """By the gradient, or since the last iteration found no step."""
        known = _known(kept, self.history_size)
        if self.max_evaluations is not None and known.evaluations >= self.max_evaluations:
            return "max_evaluations"
        here = problem.here()
        steepest = np.abs(self._with_penalty(here, problem.parameters).gradient).max()
        return "converged" if steepest <= self.tolerance or here.loss == known.stuck_at else ""

    def advance(self, problem: Problem, kept: Kept) -> tuple[float, Factors]:
        """Search along a direction; along the gradient where that fails, and nothing more is remembered then."""
        known, here = _known(kept, self.history_size), problem.here()
        start, begin = problem.parameters.astype(np.float64), self._with_penalty(here, problem.parameters)
        known = known._replace(evaluations=known.evaluations + (kept.steps == 0), stuck_at=math.nan)
        if not (math.isfinite(begin.loss) and np.isfinite(begin.gradient).all()):
            return here.loss if not math.isfinite(here.loss) else math.nan, np.array(known)
        search = _Search(lambda parameters: self._with_penalty(problem.at(parameters), problem.parameters), start, begin)
        found = search.along(_direction(begin.gradient, kept.slots, known)) if known.pairs else None
        if found is None:
            known = known._replace(pairs=0, place=0)
            scale = 1 / max(1.0, math.sqrt(dot(begin.gradient, begin.gradient)))
            found = search.along(-scale * begin.gradient)
        known = known._replace(evaluations=known.evaluations + search.evaluations)
        if found is None:
            problem.parameters[:] = start
            return here.loss, np.array(known._replace(stuck_at=here.loss))
        problem.parameters[:] = found.parameters
        known = _remember(kept.slots, known, problem.parameters - start, found.point.gradient - begin.gradient)
        return here.loss, np.array(known)

    def _with_penalty(self, point: Point, parameters: Array) -> Point:
        """What is made small: the loss and the penalty."""
        if self.weight_decay == 0:
            return point
        p = parameters.astype(np.float64)
        return Point(point.loss + self.weight_decay / 2 * dot(p, p), point.gradient + self.weight_decay * p)


class _Known(NamedTuple):
    """The numbers that are kept: of the pairs of changes how many there are, where the next goes, and of how many that is so."""

    pairs: float = 0
    place: float = 0
    history_size: float = 0
    evaluations: float = 0
    stuck_at: float = math.nan  # the loss at which no step was found


def _known(kept: Kept, history_size: int) -> _Known:
    """What is known, without the pairs where they lie in places of another `history_size`."""
    known = _Known(*kept.factors.tolist()) if kept.steps else _Known()
    return known if known.history_size == history_size else known._replace(pairs=0, place=0, history_size=history_size)


class _Step(NamedTuple):
    parameters: Vector
    point: Point


class _Search:
    """scipy's line search from a point, on the loss as a function of one number."""

    def __init__(self, at: Callable[[Vector], Point], start: Vector, begin: Point) -> None:
        self._at, self._start, self._begin = at, start, begin
        self.evaluations = 0

    def along(self, direction: Vector) -> _Step | None:
        """A step with a lower loss, or None: that of the strong Wolfe conditions, or the best that was tried."""
        slope, tried = dot(self._begin.gradient, direction), dict[float, tuple[_Step, float]]()
        if not slope < 0:
            return None

        def look(alpha: Vector) -> tuple[_Step, float]:
            key = float(alpha[0])
            if key not in tried:
                self.evaluations += 1
                parameters = self._start + key * direction
                point = self._at(parameters)
                tried[key] = _Step(parameters, point), dot(point.gradient, direction)
            return tried[key]

        def value(alpha: Vector) -> float:
            loss = look(alpha)[0].point.loss
            return loss if math.isfinite(loss) else math.inf

        def slopes(alpha: Vector) -> Vector:
            return np.array([look(alpha)[1]])

        search, one = needed("scipy.optimize", "LBFGS").line_search, np.ones(1)
        given = {"gfk": np.array([slope]), "old_fval": self._begin.loss, "c2": _LESS_STEEP, "maxiter": _MOST}
        # It warns where it finds no step.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            length = search(value, slopes, np.zeros(1), one, **given)[0]
        wanted = None if length is None else tried.get(float(length))
        candidates = [step for step, _ in ([wanted] if wanted is not None else tried.values()) if self._is_lower(step)]
        return min(candidates, key=lambda step: step.point.loss, default=None)

    def _is_lower(self, step: _Step) -> bool:
        return step.point.loss < self._begin.loss and bool(np.isfinite(step.point.gradient).all())


def _direction(gradient: Vector, slots: Array, known: _Known) -> Vector:
    """-H g by the recursion of two loops: back from the newest pair to the oldest, and forth."""
    size, pairs = int(known.history_size), int(known.pairs)
    order = [int(known.place - 1 - i) % size for i in range(pairs)]
    found, shares = -gradient, []
    for pair in order:
        s, y = slots[2 * pair], slots[2 * pair + 1]
        shares.append(dot(s, found) / dot(s, y))
        found -= shares[-1] * y
    newest_s, newest_y = slots[2 * order[0]], slots[2 * order[0] + 1]
    found *= dot(newest_s, newest_y) / dot(newest_y, newest_y)
    for pair, share in zip(reversed(order), reversed(shares), strict=True):
        s, y = slots[2 * pair], slots[2 * pair + 1]
        found += (share - dot(y, found) / dot(s, y)) * s
    return found


def _remember(slots: Array, known: _Known, s: Array, y: Vector) -> _Known:
    """Keep a pair of changes in place of the oldest, where the curvature along it is positive."""
    place, size = int(known.place), int(known.history_size)
    rounded_s, rounded_y = s.astype(slots.dtype), y.astype(slots.dtype)
    if not dot(rounded_s, rounded_y) > _CURVED * dot(rounded_y, rounded_y):
        return known
    slots[2 * place], slots[2 * place + 1] = rounded_s, rounded_y
    return known._replace(pairs=min(known.pairs + 1, size), place=(place + 1) % size)
