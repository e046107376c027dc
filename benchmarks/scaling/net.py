"""What is trained."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from fastbp.kernels.lanes.sizes import BYTES

#: Elements of float32 in a vector, and bytes of one.
LANES, SIZE = BYTES // 4, 4


class Net(NamedTuple):
    """A net in float32 with Adam; `batch` rows a step, on one process or on all together, cut into `shards` where there are several."""

    sizes: tuple[int, ...]
    batch: int
    shards: int = 8

    @property
    def layers(self) -> list[tuple[int, int]]:
        """Inputs and units of each."""
        return list(pairwise(self.sizes))

    @property
    def parameters(self) -> int:
        """How many numbers a gradient has, with what fills the last vector of each part."""
        return sum(_padded(n_in * n_out) + _padded(n_out) for n_in, n_out in self.layers)

    def __str__(self) -> str:
        return "-".join(map(str, self.sizes))


#: A small, a medium and a large one, with the batches of the checks on several processes.
NETS = {str(net): net for net in (Net((64, 64, 8), 256), Net((784, 512, 512, 10), 512), Net((1024, 2048, 2048, 1000), 512))}


def _padded(count: int) -> int:
    return -(-count // LANES) * LANES
