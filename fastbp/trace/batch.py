"""Makes the ledger of one batch: forward, the errors, and back, in float64."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from fastbp import _textbook as textbook
from fastbp._textbook import Array
from fastbp._typing import NDArray
from fastbp.activations import Activation
from fastbp.data.frames import Names
from fastbp.data.rows import Rows, as_they_lie
from fastbp.kernels.codes import LARGEST, SIDES
from fastbp.optimizers import Optimizer
from fastbp.trace.error import error_of
from fastbp.trace.ledger import Trace
from fastbp.trace.shaping import shaped
from fastbp.training.mixup import as_shares
from fastbp.training.run import Run


def trace(run: Run, X: Any, y: Any, sample_weight: Any = None) -> Trace:
    """As `Trainer.trace`."""
    rows = run.check(X, y, sample_weight)
    with run.model.turns.use("trace", inside=True):
        run.check_optimizer()
        run.match_output()
        net = textbook.net_of(run.model)
    return _traced(run, net, rows, run.model.names_for(X))


def _traced(run: Run, net: textbook.Net, rows: Rows, names: Names) -> Trace:
    model, n = run.model, rows.n_rows
    # In the type that a step reads them in.
    given = rows.inputs(as_they_lie(n)).astype(model.dtype)
    targets = as_shares(rows.targets, run.loss, model.layer_sizes[-1], model.dtype).astype(model.dtype).astype(np.float64)
    shares = textbook.shares(n, rows.weights(slice(0, n)))
    inputs, masks = shaped(run, given)
    done = textbook.forward(net, inputs, masks)
    values, output_delta, output_error = error_of(run.loss, net.activations[-1], done, targets, shares)
    back = textbook.backward(net, done, output_delta, masks)
    weight_gradients, bias_gradients = textbook.sums(net, done, back)
    factors = [*masks[1:], np.ones_like(output_delta)]
    return Trace(
        inputs=done.outputs[0],
        targets=targets,
        shares=shares,
        losses=values,
        loss=float(values.sum()),
        sums=done.logits,
        normalized=done.normalized,
        activations=done.outputs,
        deltas=back.deltas,
        slopes=[_slope(*each) for each in zip(net.activations, done.normalized, factors, strict=True)],
        errors=[*back.errors, output_error],
        weights=net.weights,
        biases=net.biases,
        weight_gradients=weight_gradients,
        bias_gradients=bias_gradients,
        scale_gradients=back.scales,
        shift_gradients=back.shifts,
        layer_sizes=model.layer_sizes,
        activation_names=tuple(map(str, net.activations)),
        loss_name=str(run.loss),
        optimizer_name=run.optimizer.name,
        learning_rate=_learning_rate(run),
        labels=_labels(run, targets),
        classes=model.classes,
        feature_names=names,
        net=net,
        masks=masks,
        loss_function=run.loss,
        optimizer=copy.copy(run.optimizer),
    )


def _slope(activation: Activation, z: Array, factor: Array) -> Array | None:
    """The derivative of each unit by its own sum, with its factor of dropout; None where units depend on each other."""
    if activation.output_only or not activation.has_derivative:
        return None
    return activation.reference_derivative(z) * factor


def _labels(run: Run, targets: Array) -> NDArray[np.int64] | None:
    """The number of each row's class, where it has one."""
    if run.loss.accuracy == LARGEST:
        return np.asarray(targets.argmax(axis=1), np.int64)
    if run.loss.accuracy == SIDES and targets.shape[1] == 1 and not np.isnan(targets).any():
        # Losses with a margin also take -1 and 1.
        return np.asarray(targets[:, 0] > 0.5, np.int64)
    return None


def _learning_rate(run: Run) -> float | None:
    """That of the next step; None of a solver."""
    optimizer, memory = run.optimizer, run.memory
    if not isinstance(optimizer, Optimizer):
        return None
    made = memory.steps if memory.name == optimizer.name else 0
    now = optimizer.at(np.array([made + 1]), run.plan.now)
    return float(np.asarray(vars(now)["learning_rate"]).reshape(-1)[0])
