"""Makes the ledger of one batch: forward, the errors, and back, in float64."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from fastbp import _textbook as textbook
from fastbp._textbook import Array
from fastbp.activations import Identity
from fastbp.data.rows import Rows, as_they_lie
from fastbp.losses import Loss
from fastbp.optimizers import Optimizer
from fastbp.trace.ledger import Trace
from fastbp.training.mixup import as_shares
from fastbp.training.run import Run


def trace(run: Run, X: Any, y: Any, sample_weight: Any = None) -> Trace:
    """As `Trainer.trace`."""
    rows = run.check(X, y, sample_weight)
    with run.model.turns.use("trace", inside=True):
        run.check_optimizer()
        run.match_output()
        net = textbook.net_of(run.model)
    return _traced(run, net, rows)


def _traced(run: Run, net: textbook.Net, rows: Rows) -> Trace:
    model, dtype = run.model, run.model.dtype
    inputs = rows.inputs(as_they_lie(rows.n_rows)).astype(dtype).astype(np.float64)
    targets = as_shares(rows.targets, run.loss, model.layer_sizes[-1], dtype).astype(np.float64)
    shares = textbook.shares(rows.n_rows, rows.weights(slice(0, rows.n_rows)))
    masks = textbook.no_masks(net, rows.n_rows)
    done = textbook.forward(net, inputs, masks)
    values, slopes = run.loss.reference(done.logits[-1], targets, net.activations[-1])
    back = textbook.backward(net, done, shares[:, np.newaxis] * slopes, masks)
    weight_gradients, bias_gradients = textbook.sums(net, done, back)
    own_slopes = [
        _slope(activation, z, mask) for activation, z, mask in zip(net.activations, done.normalized, [*masks[1:], 1.0], strict=True)
    ]
    return Trace(
        inputs=done.outputs[0],
        targets=targets,
        shares=shares,
        losses=shares * values,
        loss=float((shares * values).sum()),
        sums=done.logits,
        normalized=done.normalized,
        activations=done.outputs,
        deltas=back.deltas,
        slopes=own_slopes,
        errors=[*back.errors, _output_error(run.loss, done, targets, shares)],
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
        functions=tuple(net.activations),
        loss_function=run.loss,
        optimizer=copy.copy(run.optimizer),
        feature_names=model.feature_names,
        classes=model.classes,
    )


def _slope(activation: Any, z: Array, mask: Any) -> Array | None:
    """The derivative of each unit by its own sum, with its factor of dropout; None where units depend on each other."""
    if not activation.has_derivative:
        return None
    slope = activation.reference_derivative(z)
    return slope * mask if slope.ndim == z.ndim else None


def _output_error(loss: Loss, done: textbook.Forward, targets: Array, shares: Array) -> Array | None:
    """DL/da of the outputs; None for losses whose formula is one of z alone."""
    if loss.allowed != Loss.allowed:
        return None
    # Of an identity output z is a.
    return shares[:, np.newaxis] * loss.reference(done.outputs[-1], targets, Identity())[1]


def _learning_rate(run: Run) -> float | None:
    """That of the next step; None of a solver."""
    optimizer, memory = run.optimizer, run.memory
    if not isinstance(optimizer, Optimizer):
        return None
    made = memory.steps if memory.name == optimizer.name else 0
    now = optimizer.at(np.array([made + 1]), run.plan.now)
    return float(np.asarray(vars(now)["learning_rate"]).reshape(-1)[0])
