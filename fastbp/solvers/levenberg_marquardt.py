"""The Levenberg-Marquardt method for least squares."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from fastbp._names import real
from fastbp._typing import NDArray
from fastbp.optimizers import Factors
from fastbp.solvers.base import Kept, Problem, Solver, dot, needed

Vector = NDArray[np.float64]

#: An iteration takes the cube of the number of parameters, and the memory of its square.
MOST = 2000


@dataclass(repr=False, eq=False)
class LevenbergMarquardt(Solver):
    """Least squares of small nets by damped Gauss-Newton steps (K. Levenberg, 1944; D. Marquardt, 1963).

    With residuals r and their Jacobian J by the parameters an iteration solves ``(J^T J + mu I) h = -J^T r`` by Cholesky's method. The step
    h is made where it lowers the loss, and mu follows the gain ratio, what was gained by what was to be expected, after H. B. Nielsen
    (IMM-REP-1999-05; K. Madsen, H. B. Nielsen, O. Tingleff, 2004): ``mu *= max(1/3, 1 - (2 ratio - 1)^3)``, or where nothing was gained
    mu is multiplied by 2, then 4, 8 and so on. An iteration is an epoch of ``fit``, whether its step is made or not.
    For the loss "squared_error" and nets of up to 2,000 parameters. It needs scipy.

    Parameters
    ----------
    damping : float, default 1e-3
        mu at first, by the largest element of the diagonal of J^T J. Larger where training begins far from where it will end.
    tolerance : float, default 1e-8
        Training has converged, and stops, when no element of the gradient is larger.
    weight_decay : float, default 0
        Factor of the L2 penalty ``weight_decay / 2 * p**2`` on every weight and bias. The reported loss does not contain it.

    Notes
    -----
    It also stops as converged when a step is lost in the rounding of the parameters. All is computed in float64; with
    ``dtype="float64"`` the parameters are that exact, too.

    Examples
    --------
    >>> import fastbp
    >>> import numpy as np
    >>> X = np.linspace(-2, 2, 50)[:, np.newaxis]
    >>> model = fastbp.MLP([1, 6, 1], activation="tanh", dtype="float64", seed=0)
    >>> trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LevenbergMarquardt())
    >>> bool(trainer.fit(X, np.sin(2 * X[:, 0]), epochs=200).loss[-1] < 1e-5)
    True
    """

    name: ClassVar[str] = "levenberg_marquardt"
    n_slots: ClassVar[int] = 0
    n_factors: ClassVar[int] = 3

    damping: float = 1e-3
    tolerance: float = 1e-8
    weight_decay: float = 0.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        real(self.damping, "damping", exclusive=True)
        real(self.tolerance, "tolerance")
        real(self.weight_decay, "weight_decay")

    def check_task(self, loss: str, n_parameters: int) -> None:
        """Least squares of a few parameters."""
        if loss != "squared_error":
            raise ValueError(f"loss is {loss!r}; LevenbergMarquardt is for 'squared_error' alone")
        if n_parameters > MOST:
            raise ValueError(f"the model has {n_parameters} parameters; LevenbergMarquardt is for up to {MOST}: use LBFGS")
        for module in ("scipy.linalg", "threadpoolctl"):
            needed(module, "LevenbergMarquardt")

    def reason_to_stop(self, problem: Problem, kept: Kept) -> str:
        """By the gradient, or since the last step was lost in rounding."""
        squares = problem.squares()
        gradient = 2 * squares.slope + self.weight_decay * problem.parameters[problem.places].astype(np.float64)
        stuck = kept.steps > 0 and squares.loss == kept.factors[2]
        return "converged" if stuck or np.abs(gradient).max() <= self.tolerance else ""

    def advance(self, problem: Problem, kept: Kept) -> tuple[float, Factors]:
        """One step, made or not."""
        squares, places = problem.squares(), problem.places
        start, half = problem.parameters.copy(), self.weight_decay / 2
        x = start[places].astype(np.float64)
        slope, products = squares.slope + half * x, squares.products + half * np.eye(x.size)
        known = _Known(*kept.factors.tolist()) if kept.steps else _Known(self.damping * (products.diagonal().max() or 1.0), 2.0)
        if not (math.isfinite(squares.loss) and np.isfinite(slope).all() and np.isfinite(products).all()):
            return squares.loss if not math.isfinite(squares.loss) else math.nan, np.array(known)
        step = _solved(products, known.damping, -slope)
        if step is not None:
            wanted = start.astype(np.float64)
            wanted[places] += step
            value = problem.squared_error(wanted)
            moved = problem.parameters[places].astype(np.float64)
            if np.array_equal(moved, x):
                return squares.loss, np.array(known._replace(stuck_at=squares.loss))
            gained = squares.loss - value + half * (dot(x, x) - dot(moved, moved))
            if gained > 0:
                return squares.loss, np.array(known.after(gained / dot(step, known.damping * step - slope)))
        problem.parameters[:] = start
        return squares.loss, np.array(known.after_none())


class _Known(NamedTuple):
    """The numbers that are kept."""

    damping: float
    growth: float
    stuck_at: float = math.nan  # the loss at which a step was lost in rounding

    def after(self, ratio: float) -> _Known:
        """After a step that was made."""
        return _Known(self.damping * max(1 / 3, 1 - (2 * ratio - 1) ** 3), 2.0)

    def after_none(self) -> _Known:
        """After one that was not."""
        return _Known(self.damping * self.growth, 2 * self.growth)


def _solved(products: Vector, damping: float, right: Vector) -> Vector | None:
    """The step, or None where rounding leaves no positive definite matrix."""
    linalg = needed("scipy.linalg", "LevenbergMarquardt")
    damped = products + damping * np.eye(right.size)
    with _one_thread():
        try:
            found: Vector = linalg.cho_solve(linalg.cho_factor(damped, overwrite_a=True, check_finite=False), right, check_finite=False)
        except linalg.LinAlgError:
            return None
    return found if np.isfinite(found).all() else None


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """A BLAS that shares a factorisation among threads comes to other bits than one that does not."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


@functools.cache
def _controller() -> Any:
    return needed("threadpoolctl", "LevenbergMarquardt").ThreadpoolController()
