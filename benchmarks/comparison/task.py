"""What all peers are given: a net, its first weights, the data, and how to train."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# Small enough that no net of the list diverges.
LEARNING_RATES = {
    ("sgd", "cross_entropy"): 1e-2,
    ("sgd", "squared_error"): 1e-3,
    ("adam", "cross_entropy"): 1e-3,
    ("adam", "squared_error"): 1e-3,
    ("nadam", "cross_entropy"): 1e-3,
    ("nadam", "squared_error"): 1e-3,
}
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
# NAdam's momentum at step t is BETA_1 (1 - 0.96**(t * decay) / 2), as PyTorch has it.
MOMENTUM_DECAY = 4e-3
#: What a net may have beside: dropout of that share, normalisation of that kind, gradients clipped to that norm.
EXTRAS = ("dropout", "batch", "layer", "clip")
DROPOUT, CLIP_NORM, NORM_EPSILON, NORM_MOMENTUM = 0.1, 0.1, 1e-5, 0.1


@dataclass(frozen=True)
class Task:
    """One net and how it is trained: everything but the random numbers, and those are seeded.

    `rows` is a multiple of `batch`. The output layer is softmax for cross_entropy, identity for squared_error.
    """

    sizes: tuple[int, ...]
    batch: int
    rows: int
    optimizer: str
    activation: str
    loss: str
    threads: int
    all_cores: bool
    extra: str = ""
    dtype: str = "float32"

    @property
    def normalizes(self) -> bool:
        """Whether hidden layers have scales and shifts: ones and zeros at first."""
        return self.extra in ("batch", "layer")

    @property
    def steps(self) -> int:
        """Steps of an epoch; with one, the batch is the whole set and there is nothing to shuffle."""
        return self.rows // self.batch

    @property
    def rate(self) -> float:
        """Learning rate."""
        return LEARNING_RATES[self.optimizer, self.loss]

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs from 0 to 1, and int64 labels or, for squared_error, targets of shape (rows, outputs) of the inputs' type.

        The inputs begin at a cache line: JAX uses such arrays as they are, and copies others.
        """
        random = np.random.default_rng(1)
        size, dtype = self.rows * self.sizes[0], np.dtype(self.dtype)
        X = np.empty(size + 16, dtype)
        first = -X.ctypes.data % 64 // dtype.itemsize
        X = X[first : first + size].reshape(self.rows, -1)
        random.random(dtype=dtype, out=X)
        if self.loss == "cross_entropy":
            return X, random.integers(0, self.sizes[-1], self.rows)
        return X, random.random((self.rows, self.sizes[-1]), dtype=dtype)

    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """W of shape (n_in, n_out) and b of each layer."""
        random = np.random.default_rng(2)
        layers = []
        for n_in, n_out in pairwise(self.sizes):
            bound = (6 / (n_in + n_out)) ** 0.5
            W = random.uniform(-bound, bound, (n_in, n_out)).astype(self.dtype)
            layers.append((W, random.uniform(-0.1, 0.1, n_out).astype(self.dtype)))
        return layers
