"""Which rows of a recorded run have made a prediction what it is: TracIn, through the optimizer's own scaling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp import _textbook as textbook
from fastbp._textbook import Array
from fastbp.data.rows import as_they_lie
from fastbp.trace.contributions import Contributions
from fastbp.trace.recording import Recording, Step, by_rows
from fastbp.training.held import HeldByRun
from fastbp.training.mixup import as_shares
from fastbp.training.run import Run


def influences(trainer: HeldByRun, recording: Recording, X: Any, y: Any, *, top: int | None = 20) -> Contributions:
    """Tell which rows of the training have most lowered, or raised, the loss of some predictions.

    A step changes the weights by ``sum_r F g_r``, g_r the gradient of a row and F the optimizer's scaling, which the recording has; to
    first order that lowers the loss of the predictions by ``F g_r`` times their gradient at that step. What is found is the sum over the
    recorded steps, all layers, weights and biases: TracIn (G. Pruthi et al., NeurIPS 2020), with F in place of the learning rate, and with
    what momentum and Adam carry of a gradient to the steps that follow it in the recording.

    Parameters
    ----------
    trainer : Trainer
        What the recording is of; it has the loss and the activations.
    recording : Recording
        Of all layers, with ``weights="all"``.
    X, y : array-like of shape (n, inputs), (n,) or (n, outputs)
        The predictions asked for, of which it is the mean loss, and their targets.
    top : int or None, default 20
        How many rows; None: all.

    Returns
    -------
    Contributions
        ``"row"`` by its place in the training data; positive where it has lowered the loss of the predictions.

    Raises
    ------
    ValueError, TypeError
        For a recording of some layers or weights, or of another net, and for a net that is normalised.
    """
    run = trainer.run
    _check(run, recording)
    rows, amounts = zip(*_by_step(run, recording, *_data(run, X, y)), strict=True)
    return by_rows(f"loss lowered over {len(recording)} steps by rows", np.concatenate(rows), np.concatenate(amounts), top)


def _check(run: Run, recording: Recording) -> None:
    sizes, layers = recording.about["layer_sizes"], len(run.model.weights)
    if list(run.model.layer_sizes) != sizes:
        raise ValueError(f"the recording is of a net of {sizes}; that of the trainer is {list(run.model.layer_sizes)}")
    if run.model.between.normalization is not None:
        raise ValueError("the model is normalised: its scales and shifts are not recorded, without which the influence is not known")
    if recording.about["weights"] != {str(layer): "all" for layer in range(layers)}:
        raise ValueError('influences need a recording of all layers with weights="all"')


def _data(run: Run, X: Any, y: Any) -> tuple[Array, Array]:
    rows, dtype = run.check(X, y), run.model.dtype
    targets = as_shares(rows.targets, run.loss, run.model.layer_sizes[-1], dtype)
    return rows.inputs(as_they_lie(rows.n_rows)).astype(np.float64), targets.astype(np.float64)


def _by_step(run: Run, recording: Recording, X: Array, targets: Array) -> Iterator[tuple[Any, Array]]:
    """The rows of each step, from the last on, and by how much each has lowered the loss then and later."""
    following, ahead = None, [np.zeros(0)] * len(run.model.weights)
    for step in reversed(recording):
        if following is not None and step.step + 1 != following:
            ahead = [np.zeros(0)] * len(ahead)
        fields = [step.weights(layer) for layer in range(len(ahead))]
        gradients = _gradients(run, recording, fields, X, targets)
        amounts = np.zeros(step.rows.size)
        for layer, (kept, gradient) in enumerate(zip(fields, gradients, strict=True)):
            later = ahead[layer] if ahead[layer].size else np.zeros_like(gradient)
            amounts += kept["scale"] * _of_rows(step, layer, kept.get("direct", 0.0) * gradient + kept.get("taken", 0.0) * later, run)
            ahead[layer] = kept.get("carried", 0.0) * gradient + kept["kept"] * later
        following = step.step
        yield step.rows, amounts


def _of_rows(step: Step, layer: int, factors: Array, run: Run) -> Array:
    """For each row, the sum of its gradient by all weights and biases of a layer, each times its factor."""
    shape = run.model.weights[layer].shape
    weights, biases = factors[: shape[0] * shape[1]].reshape(shape), factors[shape[0] * shape[1] :]
    deltas = step.deltas(layer)
    found: Array = ((step.activations(layer) @ weights + biases) * deltas).sum(axis=1)
    return found


def _gradients(run: Run, recording: Recording, fields: list[dict[str, Any]], X: Array, targets: Array) -> list[Array]:
    """The gradient of the mean loss of the predictions by all weights and biases of each layer, at those before a step."""
    sizes, weights, biases = recording.about["layer_sizes"], [], []
    for n_in, n_out, kept in zip(sizes, sizes[1:], fields, strict=False):
        before = kept.get("before", np.zeros((n_in + 1) * n_out))
        weights.append(before[: n_in * n_out].reshape(n_in, n_out))
        biases.append(before[n_in * n_out :])
    net = textbook.Net(weights, biases, run.model.activations)
    done, masks = textbook.forward(net, X), textbook.no_masks(net, len(X))
    _, slopes = run.loss.reference(done.logits[-1], targets, net.activations[-1])
    of_weights, of_biases = textbook.sums(net, done, textbook.backward(net, done, slopes / len(X), masks))
    return [np.append(w.ravel(), b) for w, b in zip(of_weights, of_biases, strict=True)]
