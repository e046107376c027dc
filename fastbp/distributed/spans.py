"""Which parameters each process updates, and so which part of the optimizer's memory it has; and which are sent at a time."""

from __future__ import annotations

from fastbp.kernels.arguments import SHAPED, WEIGHT, Network
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.portions import Span
from fastbp.training.sharded import share


def spans_of(size: int, processes: int) -> list[Span]:
    """For each process whole blocks of the parameters, about as many; of few parameters some processes have none."""
    blocks = -(-size // PIECE)
    parts = [share(blocks, rank, processes) for rank in range(processes)]
    return [Span(min(size, part.begin * PIECE), min(size, part.end * PIECE)) for part in parts]


# Bytes of the gradients of layers that are sent together. They take milliseconds on a cable; another call of the kernels takes 20 us.
_TOGETHER = 1 << 20


def layers_at_a_time(network: Network) -> list[Span]:
    """The layers whose gradients are sent together, the last ones first: single ones, and several where they are small.

    What lies between layers is computed of all of them at once; they are sent so.
    """
    found: list[Span] = []
    end = network.layers
    for layer in range(network.layers - 1, -1, -1):
        whole = parameters_of(network, Span(layer, end))
        enough = (whole.end - whole.begin) * network.parameters.itemsize >= _TOGETHER
        if layer == 0 or (enough and not network.table[0, SHAPED]):
            found.append(Span(layer, end))
            end = layer
    return found


def parameters_of(network: Network, layers: Span) -> Span:
    """Where the parameters of some layers lie."""
    begins = [*network.table[:, WEIGHT].tolist(), network.size]
    return Span(begins[layers.begin], begins[layers.end])


def common(one: Span, other: Span) -> Span:
    """What is in both; it has no element where nothing is."""
    begin = max(one.begin, other.begin)
    return Span(begin, max(begin, min(one.end, other.end)))
