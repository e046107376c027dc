"""Traces of small nets, and the laws that their numbers keep: how far they are from what they sum to."""

import numpy as np

import fastbp
from fastbp.between import NORMALIZATIONS
from fastbp.compiling.jit import DISABLED
from fastbp.trace.selection import part_of
from fastbp.verification.gradients import KINDS, SEEDS
from fastbp.verification.problems import random_inputs, random_model, random_targets, random_weights

NORMS = [None, *NORMALIZATIONS]
LIMITS = {"float64": 1e-12, "float32": 1e-5}
# Hidden activation, loss and output: all of them, or some where kernels run as plain Python.
SOME = KINDS[:: 40 if DISABLED else 1]


def of_kind(hidden, loss, output, normalization, dtype="float64"):
    """A trainer of a 3-4-3-2 net, and inputs, targets and weights of five rows."""
    seed = SEEDS[normalization]
    settings = {"activation": hidden, "output_activation": output, "normalization": normalization}
    model = random_model([3, 4, 3, 2], seed=seed, dtype=dtype, **settings)
    data = (make(seed=seed).astype(dtype) for make in (_inputs, lambda seed: random_targets(loss, 5, 2, seed=seed), _weights))
    return fastbp.Trainer(model, loss=loss), tuple(data)


def _inputs(seed):
    return random_inputs(5, 3, seed=seed)


def _weights(seed):
    return random_weights(5, seed=seed)


def deep(rows=20, **settings):
    """A trainer of a net with three hidden layers, inputs and labels."""
    model = random_model([5, 6, 5, 4, 3], activation="tanh", **settings)
    return fastbp.Trainer(model, loss="cross_entropy", seed=3), random_inputs(rows, 5), np.arange(rows) % 3


def from_rows(trace, gradients, *, together=False):
    """How far contributions of the rows are from summing to the gradients of the trainer, and how far without one row.

    By the sum of their sizes, of each array, or of all `together`.
    """
    terms = [np.einsum("ri,rj->rij", a, delta) for a, delta in zip(trace.activations, trace.deltas, strict=False)]
    terms += trace.deltas
    for kind in range(2 if trace.scale_gradients else 0):
        for layer, (scale, shift) in enumerate(zip(trace.net.scales, trace.net.shifts, strict=True)):
            errors = trace.errors[layer] * trace.slopes[layer]
            terms.append(errors if kind else errors * (trace.normalized[layer] - shift) / scale)
    wanted = [each for arrays in gradients for each in arrays]
    largest = np.abs(trace.deltas[-1]).sum(axis=1).argmax()
    return _deviations(terms, wanted, largest, together)


def from_outputs(trace):
    """How far each delta is from the sum of those that come from each output's error, and how far without one output."""
    parts = [part_of(trace, output=output).back.deltas for output in range(trace.layer_sizes[-1])]
    terms = [np.stack(deltas) for deltas in zip(*parts, strict=True)]
    return _deviations(terms, trace.deltas, np.abs(trace.deltas[-1]).sum(axis=0).argmax(), False)


def _deviations(terms, wanted, dropped, together):
    sums = [term.sum(axis=0) for term in terms]
    sizes = [np.abs(term).sum(axis=0).max() for term in terms]
    sizes = [max(sizes)] * len(sizes) if together else sizes
    whole = [np.abs(found - other).max() / size for found, other, size in zip(sums, wanted, sizes, strict=True) if size > 0]
    less = [
        np.abs(found - term[dropped] - other).max() / size
        for found, term, other, size in zip(sums, terms, wanted, sizes, strict=True)
        if size > 0
    ]
    return max(whole), max(less)
