"""Training problems, one for each way through the kernels, and the optimizers to take it with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastbp._random import epoch_order
from fastbp._typing import Array
from fastbp.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSprop
from fastbp.trainer import Trainer
from fastbp.verification.problems import random_inputs, random_model, random_targets


class Path(NamedTuple):
    """A net and its data; without a batch size the whole set is a batch, twice."""

    name: str
    sizes: tuple[int, ...]
    rows: int
    batch: int | None
    activation: str
    loss: str

    def trainer(self, optimizer: Optimizer | str, dtype: str, threads: int | None) -> Trainer:
        """A trainer of the net."""
        model = random_model(self.sizes, seed=1, dtype=dtype, activation=self.activation)
        return Trainer(model, loss=self.loss, optimizer=optimizer, batch_size=self.batch, threads=threads, seed=1)

    def data(self, dtype: str) -> tuple[Array, Array]:
        """Inputs and targets."""
        targets = random_targets(self.loss, self.rows, self.sizes[-1], seed=1, dtype=dtype)
        return random_inputs(self.rows, self.sizes[0], seed=1, dtype=dtype), targets

    @property
    def epochs(self) -> int:
        """Epochs to train: one of several batches."""
        return 1 if self.batch else 2

    @property
    def order(self) -> NDArray[np.int64]:
        """The order of the rows in training."""
        return epoch_order(1, 0, self.rows) if self.batch else np.arange(self.rows)

    def __str__(self) -> str:
        net = "-".join(map(str, self.sizes))
        return f"{self.name} ({net}, {self.activation}, {self.loss}, {self.rows} rows in batches of {self.batch or self.rows})"


# The sizes at which the kernels take another way are in kernels/sizes.py and kernels/gradient.py.
PATHS = (
    Path("one row a batch", (17, 33, 5), 8, 1, "tanh", "cross_entropy"),
    Path("few rows", (17, 33, 5), 26, 7, "sigmoid", "binary_cross_entropy"),
    Path("ragged panels", (37, 50, 19, 3), 150, 61, "leaky_relu", "cross_entropy"),
    # No activation that saturates here: RMSprop's first steps are so large that tanh would keep no digit of its derivative.
    Path("wide layers", (300, 1100, 260, 10), 40, None, "leaky_relu", "squared_error"),
    Path("one output", (13, 40, 1), 100, 37, "relu", "squared_error"),
    Path("a batch in shards", (6, 9, 3), 700, None, "tanh", "cross_entropy"),
    Path("one output, in shards", (6, 9, 1), 600, None, "sigmoid", "binary_cross_entropy"),
    Path("a long batch in one piece", (64, 700, 32), 1100, None, "sigmoid", "squared_error"),
    Path("a deep net", (8, *[12] * 10, 4), 48, 16, "tanh", "cross_entropy"),
    Path("no hidden layer", (11, 4), 60, 20, "identity", "cross_entropy"),
)

#: For each optimizer settings other than the default, which reach what is left of its rule.
RICHER: dict[str, Optimizer] = {
    "sgd": SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.02),
    "rmsprop": RMSprop(0.005, alpha=0.9, epsilon=1e-4, momentum=0.8, centered=True, weight_decay=0.02),
    "adam": Adam(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4, weight_decay=0.05),
    "adamw": AdamW(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4, weight_decay=0.3),
}


def optimizers() -> list[Optimizer]:
    """Each with its default settings, and with richer ones."""
    return [choice for name, cls in OPTIMIZERS.items() for choice in (cls(), RICHER[name])]
