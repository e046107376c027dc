"""What is said when training diverged: at which step, in which layer, and what to try."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fastbp import layout
from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows
from fastbp.data.validation import all_finite
from fastbp.kernels.codes import NO_ACCURACY
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer
from fastbp.training.engine import Engine
from fastbp.training.run import Run

# Inputs beyond this are worth a word: the sums of the first layer grow with them, its gradients by their square.
_LARGE = 30.0
# And targets beyond this: the gradient of the squared error grows with them.
_LARGE_TARGET = 1e3


class DivergenceError(ArithmeticError):
    """Training produced a number that is not finite, or somebody else wrote one into the weights.

    The trainer holds the weights from before that, and can go on.

    Attributes
    ----------
    step : int
        The update that went wrong, counted from 1 as ``trainer.steps`` is.
    layer : int or None
        Index of the layer whose numbers left the range, as in ``model.weights[layer]``; None when it cannot be told.
    """

    def __init__(self, message: str, step: int, layer: int | None) -> None:
        super().__init__(message)
        self.step, self.layer = step, layer

    def __reduce__(self) -> tuple[type[DivergenceError], tuple[str, int, int | None]]:
        return type(self), (str(self), self.step, self.layer)


def explained(run: Run, engine: Engine, rows: Rows, batch: NDArray[np.int64]) -> DivergenceError:
    """The error for a run whose next step, on the rows `batch`, goes wrong. The caller takes back the step that is made here."""
    step, place = run.steps + 1, f"step {run.steps + 1} (epoch {run.epoch + 1})"
    kept, advice = f"The weights of before that step are kept. {_advice(run)}", ""
    here, places = rows.brought(batch)
    inputs = here.inputs(places)
    largest = float(np.abs(inputs.astype(np.float64)).max())
    if largest > _LARGE:
        advice = f", and scaled inputs (they reach {largest:.3g})"
    target = float(np.abs(np.nan_to_num(here.targets[places].astype(np.float64))).max())
    # Labels are numbers, too.
    if target > _LARGE_TARGET and run.loss.accuracy == NO_ACCURACY:
        advice += f", and scaled targets (they reach {target:.3g})"
    layer, what = _find(run, engine, rows, batch, inputs)
    return DivergenceError(f"training diverged at {place}: {what}. {kept}{advice}", step, layer)


def unexplained(run: Run, step: int) -> DivergenceError:
    """The error where what went wrong up to `step` cannot be repeated, since the data are gone."""
    what = f"up to step {step} the loss, or a weight, became infinite or NaN"
    return DivergenceError(f"training diverged: {what}. The weights of step {run.steps} are kept. {_advice(run)}", step, None)


def changed(run: Run, step: int, layers: Sequence[int]) -> DivergenceError:
    """The error where the steps go well when they are made again: somebody else wrote into these layers, or it is not known where."""
    kept = f"The weights of step {run.steps} are kept"
    if not layers:
        what = f"up to step {step} a number became infinite or NaN, but not when the steps were made again"
        return DivergenceError(f"{what}. A callback, or something else outside training, changed what they use. {kept}", step, None)
    named = f"layer {layers[0]}" if len(layers) == 1 else f"layers {', '.join(map(str, layers))}"
    what = f"weights of {named} were not finite before step {step + 1} (epoch {run.epoch + 1})"
    return DivergenceError(f"{what}: they were changed from outside training, by a callback perhaps. {kept}", step + 1, layers[0])


def layers_not_finite(run: Run) -> list[int]:
    """The layers whose weights or biases hold a number that is not finite."""
    return _not_finite(run.model, run.model.network.parameters)


def _advice(run: Run) -> str:
    if not isinstance(run.optimizer, Optimizer):
        return "Begin again with smaller weights, or at a checkpoint"
    return f"Begin again, or at a checkpoint, with a smaller learning_rate (it is {_told(vars(run.optimizer)['learning_rate'])})"


def _find(run: Run, engine: Engine, rows: Rows, batch: NDArray[np.int64], inputs: Array) -> tuple[int, str]:
    """The layer whose numbers leave the range first, on the way of the computation: forward, loss, backward, update."""
    model = run.model
    dtype, last, reached = model.dtype, len(model.weights) - 1, 0.0
    for layer in range(last + 1):
        reached = _largest_sum(model, layer, inputs)
        if not math.isfinite(reached):
            return layer, f"the weighted sums of layer {layer} are too large for {dtype}"
    loss, gradient = engine.gradients(rows, batch)
    if not math.isfinite(loss):
        return last, f"the loss is {loss}, with sums of the output layer (layer {last}) that reach {reached:.1e}"
    for layer in _not_finite(model, gradient)[::-1]:
        return layer, f"the gradient of layer {layer} is too large for {dtype}, while the loss is {loss:.3g}"
    engine.train(rows, batch, 0, batch.size, 1, engine.tasks(batch.size))
    for layer in _not_finite(model, model.network.parameters):
        return layer, f"the update makes weights of layer {layer} too large for {dtype}"
    return last, "the optimizer's running means are too large for their type"


def _largest_sum(model: MLP, layer: int, X: Array) -> float:
    """The largest absolute weighted sum a W + b of a layer."""
    part = MLP(
        model.layer_sizes[: layer + 2],
        activation=model.activations[:layer],
        output_activation="identity",
        init=(model.weights[: layer + 1], model.biases[: layer + 1]),
        dtype=model.dtype,
    )
    with np.errstate(invalid="ignore"):
        return float(np.abs(part.predict(X)).max())


def _not_finite(model: MLP, flat: Array) -> list[int]:
    """The layers with a number among these parameters, or gradients, that is not finite."""
    weights, biases = layout.matrices(flat, model.network.table)
    return [layer for layer, parts in enumerate(zip(weights, biases, strict=True)) if not all(map(all_finite, parts))]


def _told(setting: object) -> str:
    return f"{setting:g}" if isinstance(setting, float) else str(setting)
