"""How far the predictions of a regression may be from the truth, by the Jacobian of its outputs."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from fastbp._names import counted, lookup, real
from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows
from fastbp.data.validation import check_inputs
from fastbp.jacobian import BLOCK, Jacobian
from fastbp.solvers.base import needed
from fastbp.trainer import Trainer
from fastbp.training.least_squares import LeastSquares

Numbers = NDArray[np.float64]

# Bands are not where the truth is to be looked for when a step to the least loss would move predictions by so much of their reach, and by
# more than what the rounding of float32 leaves.
_OF_REACH, _ROUNDING = 0.25, 1e-5


class Bands(NamedTuple):
    """Predictions, and the ends of an interval around each, as (n, outputs) in float64."""

    prediction: Numbers
    lower: Numbers
    upper: Numbers


def confidence_bands(
    trainer: Trainer, X: Any, y: Any, X_new: Any, *, level: float = 0.95, kind: str = "confidence", sample_weight: Any = None
) -> Bands:
    """Bands around the predictions of a net that was trained with the squared error, by the delta method.

    The net f is taken for linear in its parameters around where training ended. With J, the derivatives of its outputs at X, j, those at a
    new row, and errors of n independent rows with one variance, ``s^2 = sum((y - f)^2) / (n - p)``, a band is

        f +- t s sqrt(j (J^T J)^+ j^T)          (confidence: where the mean of such rows lies)
        f +- t s sqrt(1 + j (J^T J)^+ j^T)      (prediction: where a new row lies)

    with t of Student's distribution with n - p degrees of freedom (G. Seber, C. Wild, Nonlinear Regression, 1989, chapter 5). p is the
    rank of J, by outputs, so that parameters that change nothing do not count. For a net of identity layers these are the bands of linear
    regression.

    Parameters
    ----------
    trainer : Trainer
        With loss "squared_error", trained until the gradient is next to nothing, as by `LevenbergMarquardt`, and without weight decay.
    X, y : array-like
        The rows that it was trained on, many more than there are parameters.
    X_new : array-like of shape (n_new, n_inputs)
        The rows to be predicted.
    level : float in (0, 1), default 0.95
        The share of the bands that hold the truth.
    kind : "confidence" or "prediction", default "confidence"
    sample_weight : array-like of shape (n,), optional
        By which the variance of a row is divided; a new one has weight 1, the mean of those given.

    Returns
    -------
    Bands
        ``prediction``, ``lower`` and ``upper``.

    Raises
    ------
    ValueError, TypeError
        For another loss, data that do not fit, and when there are no more rows than parameters.
    ImportError
        Without scipy.

    Warns
    -----
    UserWarning
        Where training has not come to its end: when ``fit`` did not stop as converged, and a Gauss-Newton step would move a prediction by
        more than a quarter of its band's reach.

    Examples
    --------
    >>> import fastbp
    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 40)[:, np.newaxis]
    >>> y = X[:, 0] ** 2 + np.random.default_rng(0).normal(0, 0.1, 40)
    >>> model = fastbp.MLP([1, 3, 1], activation="tanh", dtype="float64", seed=0)
    >>> trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LevenbergMarquardt())
    >>> history = trainer.fit(X, y, epochs=500)
    >>> bands = fastbp.confidence_bands(trainer, X, y, [[0.5]])
    >>> bool(bands.lower[0, 0] < bands.prediction[0, 0] < bands.upper[0, 0])
    True
    """
    if not isinstance(trainer, Trainer):
        raise TypeError(f"trainer is of type {type(trainer).__name__}; expected a Trainer")
    if trainer.loss.name != "squared_error":
        raise ValueError(f"the trainer's loss is {trainer.loss.name!r}; confidence_bands is for 'squared_error' alone")
    if trainer.model.between.is_used:
        raise ValueError("the model has normalization, dropout or noise; confidence_bands is for models without")
    outside = lookup(kind, {"confidence": 0.0, "prediction": 1.0}, "kind")
    share = real(level, "level", below=1, exclusive=True)
    student = needed("scipy.stats", "confidence_bands").t
    run, model = trainer.run, trainer.model
    rows = run.check(X, y, sample_weight)
    try:
        inputs = check_inputs(X_new, model.layer_sizes[0], model.dtype, model.names_for(X))
    except (ValueError, TypeError) as error:
        error.args = (f"X_new: {error}",)
        raise
    found, spread, variance, freedom, moves = model.turns.look(_spread, trainer, rows, inputs)
    reach = student.ppf(0.5 + share / 2, freedom) * np.sqrt(variance * (outside + spread))
    far = np.abs(moves) > np.maximum(_OF_REACH * reach, _ROUNDING * np.abs(found).max())
    if far.any() and run.history.stopped != "converged":
        ended = f"fit ended by {run.history.stopped!r} after {counted(run.epoch, 'epoch')}" if run.history.stopped else "it was not trained"
        told = f"the loss of the model can still fall ({ended}), and {counted(int(far.sum()), 'prediction')} of {far.size:,} would move"
        warnings.warn(f"{told} by more than a quarter of the band's reach: train on", UserWarning, stacklevel=2)
    return Bands(found, found - reach, found + reach)


def _spread(trainer: Trainer, rows: Rows, inputs: Array) -> tuple[Numbers, Numbers, Array, Array, Numbers]:
    """Predictions, j (J^T J)^+ j^T of each output; the variance of its errors, its degrees of freedom; where the next step would go."""
    trainer.run.match_output()
    jacobian = Jacobian(trainer.model.network, trainer.model.activations)
    n_outputs, size = trainer.model.layer_sizes[-1], jacobian.places.size
    triangle: Array = np.zeros((0, size))
    squares: Array = np.zeros(n_outputs)
    slope: Array = np.zeros(size)
    total = rows.n_rows * n_outputs
    for residuals, derivatives in LeastSquares(jacobian, rows).linear():
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, derivatives.reshape(-1, size)]), mode="r"))
        squares += (residuals * residuals).sum(axis=0)
        slope += np.einsum("rk,rkp->p", residuals, derivatives)
    values, directions = _singular(triangle, total)
    counts = _known_targets(rows)
    freedom = counts - values.size / n_outputs
    if freedom.min() <= 0:
        told = f"{counted(int(counts.min()), 'row')} and {counted(values.size, 'parameter')} that matter"
        raise ValueError(f"{told}, for {counted(n_outputs, 'output')}; bands take more rows than parameters for each output")
    # Of Gauss and Newton: -J^+ r, by the directions.
    step = -(directions @ slope) / values**2
    found, spread, moves = list[Numbers](), list[Numbers](), list[Numbers]()
    for begin in range(0, len(inputs), BLOCK):
        outputs, derivatives = jacobian.of(inputs[begin : begin + BLOCK])
        found.append(outputs)
        # Residuals are those of a mean over all: by the root of their number, and so are their derivatives.
        along = derivatives @ directions.T
        spread.append(((along / values) ** 2).sum(axis=2) / total)
        moves.append(along @ step)
    return np.concatenate(found), np.concatenate(spread), total * squares / freedom, freedom, np.concatenate(moves)


def _known_targets(rows: Rows) -> NDArray[np.int64]:
    """How many targets each output has."""
    known: NDArray[np.int64] = (~np.isnan(rows.targets.astype(np.float64))).sum(axis=0)
    return known


def _singular(triangle: Numbers, rows: int) -> tuple[Numbers, Numbers]:
    """The singular values of J that rounding does not hide, and the directions among the parameters that belong to them."""
    _, values, directions = np.linalg.svd(triangle, full_matrices=False)
    seen = values > values.max() * max(rows, triangle.shape[1]) * np.finfo(np.float64).eps
    return values[seen], directions[seen]
