"""The numbers of a trace as its page reads them: all of a net that fits, else the units and rows that count most."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fastbp._textbook import Array
from fastbp._typing import NDArray
from fastbp.trace.units import carried, largest

if TYPE_CHECKING:
    from fastbp.trace.ledger import Trace

#: Bytes of numbers; with the rest of the page it stays under 2 MB.
LIMIT = 1_800_000
#: Where the trainer has no rate of its own for plain descent.
RATE = 0.1
#: Units a layer, and rows, that are tried one after the other until the page is small enough.
_KEPT = (None, 256, 128, 64, 32, 16, 8, 4)

Places: TypeAlias = NDArray[np.intp]


def content(trace: Trace) -> dict[str, Any]:
    """What the page is told; ``why`` is empty where it computes by itself, else says what it lacks."""
    why, found = _cannot_compute(trace), _all(trace)
    if not why and _size(found) <= LIMIT:
        return found | {"live": True, "why": ""}
    for most in _KEPT:
        found = _kept(trace, most)
        if _size(found) <= LIMIT:
            break
    why = why or "This net and batch are too large for the page to compute"
    less = "" if found["whole"] else " It holds the units and rows that count most; the rest is summed up as others."
    return found | {"live": False, "why": f"{why}. So this page shows what was traced, and nothing can be edited.{less}"}


def _cannot_compute(trace: Trace) -> str:
    own = [each for each in (*trace.net.activations, trace.loss_function) if each.name == "custom"]
    if own:
        return f"The page has no formula for {'a loss' if own[0] is trace.loss_function else 'an activation'} of your own"
    if any(a is not z for a, z in zip(trace.normalized, trace.sums, strict=True)):
        return "The page has no formula for normalisation"
    if any((mask != 1).any() for mask in trace.masks):
        return "The page has no formula for dropout"
    return "The page has no formula for targets that are missing" if np.isnan(trace.targets).any() else ""


def _common(trace: Trace, rows: int, sizes: list[int]) -> dict[str, Any]:
    plain = trace.optimizer_name == "sgd"
    return {
        "rows": rows,
        "sizes": sizes,
        "allRows": len(trace.inputs),
        "allSizes": list(trace.layer_sizes),
        "whole": sizes == list(trace.layer_sizes) and rows == len(trace.inputs),
        "activations": [
            {"name": each.name, "settings": list(each.numbers), "label": label}
            for each, label in zip(trace.net.activations, trace.activation_names, strict=True)
        ],
        "loss": {
            "name": trace.loss_function.name,
            "settings": [] if trace.loss_function.name == "custom" else [float(each) for each in trace.loss_function.numbers],
            "label": trace.loss_name,
        },
        "rate": trace.learning_rate if plain else RATE,
    }


def _all(trace: Trace) -> dict[str, Any]:
    """The net and its rows, from which all else follows."""
    return _common(trace, len(trace.inputs), list(trace.layer_sizes)) | {
        "inputNames": _names(trace.feature_names),
        "outputNames": _names(_classes(trace)),
        "shares": _packed(trace.shares),
        "inputs": _packed(trace.inputs),
        "targets": _packed(trace.targets),
        "weights": [_packed(each) for each in trace.weights],
        "biases": [_packed(each) for each in trace.biases],
    }


def _kept(trace: Trace, most: int | None) -> dict[str, Any]:
    """The largest units of each layer and rows, with the numbers of the pass."""
    rows = largest(trace.losses, most)
    units = [largest(each.sum(axis=0), most) for each in carried(trace)]
    of_outputs = trace.targets.shape[1] == trace.layer_sizes[-1]
    pairs = list(pairwise(units))
    return _common(trace, len(rows), [len(each) for each in units]) | {
        "units": [each.tolist() for each in units],
        "rowNumbers": rows.tolist(),
        "inputNames": _names(trace.feature_names, units[0]),
        "outputNames": _names(_classes(trace), units[-1]),
        "shares": _packed(trace.shares[rows]),
        "inputs": _packed(trace.inputs[np.ix_(rows, units[0])]),
        "targets": _packed(trace.targets[np.ix_(rows, units[-1])] if of_outputs else trace.targets[rows]),
        "weights": [_packed(w[np.ix_(*pair)]) for w, pair in zip(trace.weights, pairs, strict=True)],
        "biases": [_packed(b[j]) for b, j in zip(trace.biases, units[1:], strict=True)],
        "pass": {
            "losses": _packed(trace.losses[rows]),
            "loss": _packed(np.array([trace.loss])),
            "weightGradients": [_packed(g[np.ix_(*pair)]) for g, pair in zip(trace.weight_gradients, pairs, strict=True)],
            "biasGradients": [_packed(g[j]) for g, j in zip(trace.bias_gradients, units[1:], strict=True)],
            **_by_row(trace, rows, units[1:]),
        },
    }


def _by_row(trace: Trace, rows: Places, units: list[Places]) -> dict[str, list[dict[str, Any] | None]]:
    """The numbers of each row and unit; None in place of those that a layer has not."""
    normalized = [None if y is z else y for y, z in zip(trace.normalized, trace.sums, strict=True)]
    arrays: dict[str, Sequence[Array | None]] = {
        "sums": trace.sums,
        "normalized": normalized,
        "activations": trace.activations[1:],
        "deltas": trace.deltas,
        "slopes": trace.slopes,
        "errors": trace.errors,
    }
    return {
        name: [None if array is None else _packed(array[np.ix_(rows, j)]) for array, j in zip(layers, units, strict=True)]
        for name, layers in arrays.items()
    }


def _classes(trace: Trace) -> Any:
    # A single output may be of two.
    return trace.classes if trace.classes is not None and len(trace.classes) == trace.layer_sizes[-1] else None


def _names(given: Any, places: Places | None = None) -> list[str] | None:
    if given is None:
        return None
    return [str(given[i]) for i in (range(len(given)) if places is None else places)]


def _packed(array: Array) -> dict[str, Any]:
    """An array in base64, in half the bytes where that changes no number."""
    short = array.astype("<f4")
    exact = np.array_equal(short.astype(np.float64), array, equal_nan=True)
    data = (short if exact else array.astype("<f8")).tobytes()
    return {"bits": 32 if exact else 64, "base64": base64.b64encode(data).decode()}


def _size(found: dict[str, Any]) -> int:
    return len(json.dumps(found))
