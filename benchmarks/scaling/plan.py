"""How the engine shares a step among threads, and what that costs beside the arithmetic: the rules of `fastbp.kernels`, counted.

`passes.py` shares a long batch by its panels, a short one by the units of each layer, a small net's by shards of 288 rows; `chain.py`
may share layers by their inputs; `gradient.py` shares the weights by patches.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from benchmarks.scaling.net import LANES, SIZE, Net
from fastbp.kernels.lanes.sizes import (
    CHUNK,
    FEW,
    MEETING,
    SHARD,
    balanced,
    busiest,
    panel_width,
    panels_cost,
    piece_of,
    shards_of,
    shares_inputs,
)

# As `gradient.py` has it.
_GRAIN = 8


class Plan(NamedTuple):
    """A step on some threads. Shares are of the thread that has the most: 1 / threads is even."""

    way: str
    parts: int  # panels, shards or units of the widest layer that are shared out
    patches: int  # of the weights
    forward: float  # its share of forward and delta
    gradient: float  # its share of gradients and updates
    barriers: int
    pieces: int  # of layers, handed from thread to thread; 0: none is
    crossing: float  # bytes that a thread reads and others wrote


def plan_of(net: Net, rows: int, threads: int) -> Plan:
    """The plan for a batch of so many rows."""
    shards = shards_of(rows, net.parameters)
    if shards > 1:
        return _by_shards(net, rows, shards, threads)
    widest, all_units = max(n_out for _, n_out in net.layers), net.layers[0][0] + sum(n_out for _, n_out in net.layers)
    vectors, units = _up(rows, LANES), _up(widest, LANES)
    width = panel_width(rows, LANES, threads, net.parameters, widest, all_units)
    cost = panels_cost(vectors * LANES, threads, net.parameters, all_units)
    most = busiest(vectors, width, threads)
    by_units = threads > 1 and (rows <= FEW or cost * most * units > MEETING * vectors * busiest(units, 1, threads))
    share = 1 / threads if by_units else most / vectors
    pieces = pieces_of(net, rows, threads, by_units)
    chained = tuple(each > 0 for each in pieces)
    work = _work(net, threads, by_units, share, pieces)
    patches, gradient, read = _gradient(net, rows, threads, chained)
    parts = units if by_units else _up(vectors, width)
    way = ("chain, " if any(chained) else "") + ("units" if by_units else "panels")
    # At the ends of forward and delta, and of the step; with units after each layer but the last delta, too, and but a narrow last one.
    narrow = rows > FEW and net.layers[-1][1] < threads * LANES
    barriers = 0 if threads == 1 else 2 * len(net.layers) + 2 - narrow - chained[0] if by_units else 2 + chained[0]
    crossing = (_forward_bytes(net, rows, threads, by_units, pieces) + read) * (threads - 1) / threads
    return Plan(way, parts, patches, work, gradient, barriers, sum(pieces), crossing)


def pieces_of(net: Net, rows: int, threads: int, by_units: bool) -> tuple[int, ...]:
    """Pieces of each layer, where its inputs are shared (`sharing.is_chained`); otherwise 0."""

    def of_layer(layer: int, n_in: int, n_out: int) -> int:
        chained = shares_inputs(layer == 0, n_in, n_out, rows, threads, LANES) and (layer == 0 or by_units)
        return _up(n_out, piece_of(n_out, rows, threads, LANES)) if chained else 0

    return tuple(of_layer(layer, *sizes) for layer, sizes in enumerate(net.layers))


def _by_shards(net: Net, rows: int, shards: int, threads: int) -> Plan:
    share = min(rows, _up(shards, threads) * SHARD) / rows
    own = net.parameters / threads
    crossing = SIZE * (shards * own + net.parameters) * (threads - 1) / threads
    return Plan("shards", shards, shards, share, share, 2 * (threads > 1), 0, crossing)


def _work(net: Net, threads: int, by_units: bool, share: float, pieces: tuple[int, ...]) -> float:
    """The share of forward and delta of the busiest, layer by layer."""
    done = total = 0.0
    for layer, (n_in, n_out) in enumerate(net.layers):
        forward = _even(n_out, threads) if by_units else share
        if pieces[layer]:
            # The last one waits for a piece of each before it.
            forward = _even(n_in, threads) * (1 + (threads - 1) / pieces[layer])
        delta = _even(n_in, threads) if by_units else share
        done += n_in * n_out * (forward + (delta if layer else 0))
        total += n_in * n_out * (1 + (layer > 0))
    return done / total


def _even(count: int, threads: int) -> float:
    """The largest share when whole vectors are shared out."""
    return min(1.0, _up(_up(count, LANES), threads) * LANES / count)


def _gradient(net: Net, rows: int, threads: int, chained: tuple[bool, ...]) -> tuple[int, float, float]:
    """How many patches, the largest share of the weights, and bytes of activations and deltas that a thread reads, on average."""
    if rows <= FEW:
        shares = (_even(sizes[not by_inputs], threads) for sizes, by_inputs in zip(net.layers, chained, strict=True))
        share = sum(a * b * each for (a, b), each in zip(net.layers, shares, strict=True)) / sum(a * b for a, b in net.layers)
        return sum(_up(n_out, LANES) for _, n_out in net.layers), share, SIZE * rows * sum(net.sizes[:-1])
    count, share, units = _shared_patches(net, threads, chained)
    return count, share, SIZE * rows * units


@cache
def _shared_patches(net: Net, threads: int, chained: tuple[bool, ...]) -> tuple[int, float, float]:
    """The same of a batch of any length; units whose activations or deltas a thread reads."""
    weights, read = [0.0] * threads, 0.0
    layers = [layer for layer, by_inputs in zip(net.layers, chained, strict=True) if not by_inputs]
    patches = [_patches(*layer) for layer in layers]
    total, done = sum(high * wide * area for high, wide, area in patches), 0
    for (n_in, n_out), (high, wide, area) in zip(layers, patches, strict=True):
        owners: dict[int, tuple[set[int], set[int]]] = {}
        for number in range(high * wide):
            owner = (done + area // 2) * threads // total
            weights[owner] += n_in * n_out / (high * wide)
            across, down = owners.setdefault(owner, (set(), set()))
            across.add(number // wide)
            down.add(number % wide)
            done += area
        read += sum(len(across) * n_in / high + len(down) * n_out / wide for across, down in owners.values()) / threads
    count = sum(high * wide for high, wide, _ in patches)
    for n_in, n_out in (layer for layer, by_inputs in zip(net.layers, chained, strict=True) if by_inputs):
        count += threads * _up(n_in, threads * CHUNK) * _patches(n_in, n_out)[1]
        weights = [each + n_in * n_out * _even(n_in, threads) for each in weights]
        read += n_out
    return count, min(1.0, max(weights) / sum(n_in * n_out for n_in, n_out in net.layers)), read


def _patches(n_in: int, n_out: int) -> tuple[int, int, int]:
    """Patches along the rows of W and along its columns, and the elements of a whole one."""
    units = balanced(_up(n_out, LANES)) * LANES
    height = _up(_up(n_in, _up(n_in, CHUNK)), _GRAIN) * _GRAIN
    return _up(n_in, height), _up(n_out, units), height * units


def _up(count: int, size: int) -> int:
    return -(-count // size)


def _forward_bytes(net: Net, rows: int, threads: int, by_units: bool, pieces: tuple[int, ...]) -> float:
    """Bytes that forward and delta read in a thread: weights, which others updated, and where units are shared what others computed."""
    read = 0.0
    for layer, (n_in, n_out) in enumerate(net.layers):
        if pieces[layer]:
            # Sums come and go; on the way back the deltas above are read.
            read += rows * n_out * (3 if layer else 2)
        elif by_units:
            read += n_in * n_out / threads + rows * (n_in + (n_out if layer else 0))
        else:
            read += n_in * n_out
    return SIZE * read
