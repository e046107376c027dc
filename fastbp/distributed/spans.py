"""Which parameters each process updates, and so which part of the optimizer's memory it has; and which are sent at a time."""

from __future__ import annotations

from typing import NamedTuple

from fastbp.kernels.arguments import SHAPED, WEIGHT, Network
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.portions import Span
from fastbp.training.sharded import share

# Bytes of the gradients of layers that are sent together. They take milliseconds on a cable; another call of the kernels takes 20 us.
_TOGETHER = 1 << 20


class Bucket(NamedTuple):
    """Parameters whose gradients are sent at a time, when those of these layers are there."""

    layers: Span
    spans: list[Span]  # of each process those that it updates: about as many, so that as much is sent as is received


def buckets_of(network: Network, processes: int, *, by_layers: bool = True) -> list[Bucket]:
    """All parameters, those of the last layers first. Each process has whole blocks of each bucket, or none where there are few.

    Not `by_layers`, there is one bucket.
    """
    found: list[Bucket] = []
    end = network.size
    for layers in _layers_at_a_time(network) if by_layers else [Span(0, network.layers)]:
        # A block that is of two buckets is sent when all of it is there.
        begin = -(-_begin_of(network, layers.begin) // PIECE) * PIECE
        found.append(Bucket(layers, spans_of(Span(min(begin, end), end), processes)))
        end = min(begin, end)
    return found


def spans_of(parameters: Span, processes: int) -> list[Span]:
    """For each process whole blocks of these parameters, which begin at one."""
    blocks = -(-(parameters.end - parameters.begin) // PIECE)
    parts = [share(blocks, rank, processes) for rank in range(processes)]
    return [Span(*(min(parameters.end, parameters.begin + block * PIECE) for block in part)) for part in parts]


def _layers_at_a_time(network: Network) -> list[Span]:
    """Single layers, and several where they are small. What lies between layers is computed of all of them at once."""
    found: list[Span] = []
    end, end_at = network.layers, network.size
    for layer in range(network.layers - 1, -1, -1):
        begin_at = _begin_of(network, layer)
        enough = (end_at - begin_at) * network.parameters.itemsize >= _TOGETHER
        if layer == 0 or (enough and not network.table[0, SHAPED]):
            found.append(Span(layer, end))
            end, end_at = layer, begin_at
    return found


def _begin_of(network: Network, layer: int) -> int:
    return int(network.table[layer, WEIGHT])
