"""Paths from an output's error to a weight, factor by factor.

The sum over all of them is a product of matrices; the largest are found layer by layer: a path that is among the `top` to a unit has come
by one of the `top` to the unit before it, since sizes multiply.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from fastbp._textbook import Array
from fastbp._typing import NDArray
from fastbp.trace.contributions import Contributions, Whole, largest, selected
from fastbp.trace.numbers import Numbers
from fastbp.trace.selection import index, part_of, read_by, weight_of

# Products that are compared at a time, so that memory stays small.
_AT_A_TIME = 1 << 20


class Hop(NamedTuple):
    """From the sums z of a layer to those of the next one, on one row: how these change with those."""

    slopes: Array  # (units, units of the next), the products of the factors
    factors: dict[str, Array]  # by name, each of that shape


class Paths(NamedTuple):
    """Some paths from the weight to each unit of a layer."""

    products: Array  # (paths, units)
    ways: NDArray[np.int64]  # (layers, paths, units) which unit they come through in each layer


def paths(trace: Numbers, layer: Any, i: Any, j: Any, row: Any, output: Any, top: int) -> Contributions:
    """As `Trace.paths`."""
    weight, row, part = weight_of(trace, layer, i, j), index(row, len(trace.shares), "row"), part_of(trace, row, None, output)
    errors = part.back.deltas[-1][row if trace.mixes_rows else 0]
    hops = [_hop(trace, between, row) for between in range(weight.layer, len(trace.weights) - 1)]
    begin = np.zeros(trace.weights[weight.layer].shape[1])
    begin[weight.j] = read_by(weight, trace.activations)[row]
    found = Paths(begin[np.newaxis], np.arange(begin.size).reshape(1, 1, -1))
    for hop in hops:
        found = _longer(found, hop.slopes, top)
    products = (found.products * errors).reshape(-1)
    chosen = largest(products, top)
    chosen = chosen[products[chosen] != 0]
    numbers = [begin, *(hop.slopes for hop in hops), errors]
    direct, size, count = _sum_over_all(numbers), _sum_over_all(map(np.abs, numbers)), _sum_over_all(each != 0.0 for each in numbers)
    rest = part.moved(weight) - direct if trace.mixes_rows else 0.0
    columns = _columns(weight.layer, begin[weight.j], hops, found.ways.reshape(len(found.ways), -1)[:, chosen], errors)
    title = f"paths by which {part.told} moves {weight}"
    return selected(title, columns, products[chosen], Whole(direct + rest, size, int(count)), rest)


def _hop(trace: Numbers, layer: int, row: int) -> Hop:
    net, z, above = trace.net, trace.sums[layer], trace.weights[layer + 1]
    slopes = trace.slopes[layer]
    assert slopes is not None
    slope, names = slopes[row][:, np.newaxis], (f"slope {layer}", f"weight {layer + 1}")
    if net.normalization is None:
        return Hop(slope * above, {names[0]: np.broadcast_to(slope, above.shape), names[1]: above})
    scale = net.scales[layer]
    if trace.mixes_rows:
        # Of a row's own sums alone; what they do by mean and variance of the batch to other rows is the rest.
        only = np.zeros_like(z)
        only[row] = 1
        norm = net.normalization.reference_backward(z, scale, only)[0][row][:, np.newaxis]
        factors = {f"norm {layer}": norm, names[0]: slope, names[1]: above}
        return Hop(norm * slope * above, {name: np.broadcast_to(factor, above.shape) for name, factor in factors.items()})
    # Each unit's sum moves all units of the layer.
    back = net.normalization.reference_backward(np.repeat(z[[row]], len(scale), axis=0), scale, np.eye(len(scale)))[0]
    through = back.T @ (slope * above)
    return Hop(through, {f"layer {layer + 1}": through})


def _longer(found: Paths, slopes: Array, top: int) -> Paths:
    """The `top` paths to each unit of the next layer."""
    layers, before, units = len(found.ways), found.products.size, slopes.shape[1]
    most, wide = min(top, before), max(1, _AT_A_TIME // before)
    products, ways = np.zeros((most, units)), np.zeros((layers + 1, most, units), np.int64)
    for begin in range(0, units, wide):
        some = slice(begin, begin + wide)
        candidates = (found.products[:, :, np.newaxis] * slopes[:, some]).reshape(before, -1)
        best = np.argpartition(-np.abs(candidates), most - 1, axis=0)[:most]
        products[:, some] = np.take_along_axis(candidates, best, axis=0)
        ways[:layers, :, some] = found.ways.reshape(layers, before)[:, best]
    ways[layers] = np.arange(units)
    return Paths(products, ways)


def _sum_over_all(numbers: Iterable[Array]) -> float:
    """Of the products along all paths: a product of what they begin with, of matrices, and of what they end with."""
    return float(functools.reduce(np.matmul, (each.astype(np.float64) for each in numbers)))


def _columns(layer: int, a: float, hops: list[Hop], ways: NDArray[np.int64], errors: Array) -> dict[str, NDArray[Any]]:
    """Where each path comes through, then its factors."""
    layers = len(ways)
    named = [f"unit {layer + number}" for number in range(1, layers - 1)] + ["output"] * (layers > 1)
    columns = dict(zip(named, ways[1:], strict=True))
    columns["activation"] = np.full(ways.shape[1], a)
    for hop, here, there in zip(hops, ways, ways[1:], strict=False):
        columns |= {name: factor[here, there] for name, factor in hop.factors.items()}
    return columns | {"delta": errors[ways[-1]]}
