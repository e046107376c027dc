"""Which rows of a recorded run have made a prediction what it is: TracIn, through the optimizer's own scaling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fastbp._textbook import Array, Net
from fastbp.data.rows import as_they_lie
from fastbp.files.recording_file import ALL, has_idle_biases, is_normalized
from fastbp.trace.contributions import Contributions
from fastbp.trace.of_prediction import gradients
from fastbp.trace.recording import Recording, Step, by_rows
from fastbp.training.held import HeldByRun
from fastbp.training.mixup import as_shares
from fastbp.training.run import Run


def influences(trainer: HeldByRun, recording: Recording, X: Any, y: Any, *, top: int | None = 20) -> Contributions:
    """Tell which rows of the training have most lowered, or raised, the loss of some predictions.

    A step changes the weights by ``sum_r F g_r``, g_r the gradient of a row and F the optimizer's scaling, which the recording has; to
    first order that lowers the loss of the predictions by ``F g_r`` times their gradient at that step. What is found is the sum over the
    recorded steps and all weights, biases, scales and shifts: TracIn (G. Pruthi et al., NeurIPS 2020), with F in place of the learning
    rate, and with what momentum and Adam carry of a gradient to the steps that follow it in the recording.

    Under layer normalisation each row has a gradient of its own, as without. Under batch normalisation it has not: the rows of a batch
    share one mean and one variance. There g_r is what came through the row's own sums z, so that it also has errors of other rows, as far
    as this row moved their mean and variance. Together they are the gradient all the same. Predictions go by averages over the steps, which
    are taken as each step found them; what its rows did to these is not told.

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
        ``"row"`` by its place in the training data; positive where it has lowered the loss of the predictions. `rest` is what lowered it
        beside the rows, such as weight decay, and memory of steps that are not recorded.

    Raises
    ------
    ValueError, TypeError
        For a recording of some layers or weights, or of another net.
    """
    run = trainer.run
    _check(run, recording)
    rows, amounts, wholes = zip(*_by_step(run, recording, *_data(run, X, y)), strict=True)
    found, title = np.concatenate(amounts), f"loss lowered over {len(recording)} steps by rows"
    return by_rows(title, np.concatenate(rows), found, top, sum(wholes) - float(found.sum()))


def _check(run: Run, recording: Recording) -> None:
    about, normalization = recording.about, run.model.between.normalization
    name = None if normalization is None else normalization.name
    if list(run.model.layer_sizes) != about["layer_sizes"]:
        raise ValueError(f"the recording is of a net of {about['layer_sizes']}; that of the trainer is {list(run.model.layer_sizes)}")
    if about.get("normalization") != name:
        raise ValueError(f"the recording is of a net with normalization={about.get('normalization')!r}; that of the trainer has {name!r}")
    if about["weights"] != {str(layer): ALL for layer in range(len(run.model.weights))}:
        raise ValueError('influences need a recording of all layers with weights="all"')


def _data(run: Run, X: Any, y: Any) -> tuple[Array, Array]:
    rows, dtype = run.check(X, y), run.model.dtype
    targets = as_shares(rows.targets, run.loss, run.model.layer_sizes[-1], dtype)
    return rows.inputs(as_they_lie(rows.n_rows)).astype(np.float64), targets.astype(np.float64)


def _by_step(run: Run, recording: Recording, X: Array, targets: Array) -> Iterator[tuple[Any, Array, float]]:
    """The rows of each step, from the last on, by how much each has lowered the loss then and later, and all that the step has changed."""
    following, ahead = None, [np.zeros(0)] * len(run.model.weights)
    for step in reversed(recording):
        if following is not None and step.step + 1 != following:
            ahead = [np.zeros(0)] * len(ahead)
        fields = [step.weights(layer) for layer in range(len(ahead))]
        slopes = gradients(_net_before(run, recording.about, step, fields), run.loss, X, targets)
        amounts, whole = np.zeros(step.rows.size), 0.0
        for layer, (kept, slope) in enumerate(zip(fields, slopes, strict=True)):
            flat = slope.ravel()
            later = ahead[layer] if ahead[layer].size else np.zeros_like(flat)
            factors = kept.get("direct", 0.0) * flat + kept.get("taken", 0.0) * later
            amounts += kept["scale"] * _of_rows(recording.about, step, layer, factors.reshape(slope.shape))
            ahead[layer] = kept.get("carried", 0.0) * flat + kept["kept"] * later
            whole -= float(np.sum(flat * (kept.get("after", 0.0) - kept.get("before", 0.0))))
        following = step.step
        yield step.rows, amounts, whole


def _of_rows(about: dict[str, Any], step: Step, layer: int, factors: Array) -> Array:
    """For each row, the sum of its gradient by all that a layer has, each times its factor, which lie as in `gradients`."""
    weights, biases, *vectors = np.split(factors, np.arange(about["layer_sizes"][layer], len(factors)))
    through = step.activations(layer) @ weights
    if not has_idle_biases(about, layer):
        through = through + biases
    found: Array = (through * step.deltas(layer)).sum(axis=1)
    if is_normalized(about, layer):
        scales, shifts = vectors
        found += ((step.standardized(layer) * scales + shifts) * step.shift_deltas(layer)).sum(axis=1)
    return found


def _net_before(run: Run, about: dict[str, Any], step: Step, fields: Sequence[dict[str, Any]]) -> Net:
    """The net before a step, by what is kept of its layers; what is 0 is not."""
    sizes, parts = about["layer_sizes"], list[list[Array]]([[], [], [], []])
    for layer, (n_in, n_out, kept) in enumerate(zip(sizes, sizes[1:], fields, strict=False)):
        height = n_in + (3 if is_normalized(about, layer) else 1)
        before = kept.get("before", np.zeros(height * n_out)).reshape(height, n_out)
        for part, array in zip(parts, (before[:n_in], *before[n_in:]), strict=False):
            part.append(array)
    weights, biases, scales, shifts = parts
    averages = [step.averages(layer) for layer in range(len(run.model.running_means))]
    means, variances = [each[0] for each in averages], [each[1] for each in averages]
    return Net(weights, biases, run.model.activations, run.model.between.normalization, scales, shifts, means, variances)
