"""Training problems, one for each way through the kernels, and the optimizers to take it with.

Rules that are in every kernel are tried on every path, with all their settings on the ways through the kernels and with the default ones on
the paths of activations and losses. The others are units of their own, called at the same places: each goes every second way with its
default settings, and the ways between with its other ones, so that it goes all of them, both through its blocks and row by row, but for the
two large ones, which are of products; the paths of activations and losses take one of them each, in turn.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.activations import ACTIVATIONS, Activation, as_activation
from fastbp.between import NORMALIZATIONS
from fastbp.data.order import epoch_order
from fastbp.kernels.codes import ADAM, MOMENTUM, RMSPROP, RMSPROP_MOMENTUM, SGD
from fastbp.losses import LOSSES, Loss, as_loss
from fastbp.optimizers import OPTIMIZERS, Optimizer
from fastbp.trainer import Trainer
from fastbp.verification.problems import random_inputs, random_model, random_targets

#: Rules of the optimizers that go all paths; the others take turns.
COMMON_RULES = SGD, MOMENTUM, RMSPROP, RMSPROP_MOMENTUM, ADAM


class Path(NamedTuple):
    """A net and its data; without a batch size the whole set is a batch, twice."""

    name: str
    sizes: tuple[int, ...]
    rows: int
    batch: int | None
    activation: str | Activation
    loss: str | Loss
    normalization: str | None = None

    def trainer(self, optimizer: Optimizer | str, dtype: str, threads: int | None) -> Trainer:
        """A trainer of the net."""
        model = random_model(self.sizes, seed=1, dtype=dtype, activation=self.activation, normalization=self.normalization)
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
WAYS = (
    Path("one row a batch", (17, 33, 5), 8, 1, "tanh", "cross_entropy"),
    Path("few rows", (17, 33, 5), 26, 7, "sigmoid", "binary_cross_entropy"),
    Path("ragged panels", (37, 50, 19, 3), 150, 61, "leaky_relu", "cross_entropy"),
    # No activation that saturates here: RMSprop's first steps are so large that tanh would keep no digit of its derivative.
    Path("wide layers", (300, 1200, 320, 10), 40, None, "leaky_relu", "squared_error"),
    Path("one output", (13, 40, 1), 100, 37, "relu", "squared_error"),
    Path("a batch in shards", (6, 9, 3), 700, None, "tanh", "cross_entropy"),
    Path("one output, in shards", (6, 9, 1), 600, None, "sigmoid", "binary_cross_entropy"),
    Path("a long batch in one piece", (64, 700, 32), 1100, None, "sigmoid", "squared_error"),
    Path("a deep net", (8, *[12] * 10, 4), 48, 16, "tanh", "cross_entropy"),
    Path("no hidden layer", (11, 4), 60, 20, "identity", "cross_entropy"),
)


#: The large ones, of so many parameters that rules by signs meet sums whose sign is chance in float32.
LARGE = ("wide layers", "a long batch in one piece")


def _other_paths() -> list[Path]:
    """A path for each activation and each loss that none of the ways above has: batches of a few panels, the last one of few rows."""
    activations = [case for cls in ACTIVATIONS.values() if not (cls.output_only or cls.steep) for case in cls.cases()]
    losses = [case for cls in LOSSES.values() for case in cls.cases()]
    known = {as_activation(way.activation, "activation") for way in WAYS}, {as_loss(way.loss) for way in WAYS}
    paths = [Path(f"hidden {case}", (9, 40, 21, 3), 127, 61, case, "cross_entropy") for case in activations if case not in known[0]]
    paths += [Path(f"loss {case}", (9, 40, 3), 127, 61, "sigmoid", case) for case in losses if case not in known[1]]
    for name in NORMALIZATIONS:
        paths.append(Path(f"{name} normalisation", (9, 40, 21, 3), 127, 61, "tanh", "cross_entropy", name))
        paths.append(Path(f"{name} normalisation of few rows", (9, 40, 21, 3), 35, 7, "tanh", "cross_entropy", name))
        # Larger than a batch that other nets would cut into shards.
        paths.append(Path(f"{name} normalisation of many rows", (6, 9, 3), 700, None, "silu", "squared_error", name))
    return paths


PATHS = (*WAYS, *_other_paths())


def optimizers() -> list[Optimizer]:
    """Each with its default settings, and with richer ones."""
    return [case for cls in OPTIMIZERS.values() for case in cls.cases()]


def pairs() -> list[tuple[Path, Optimizer]]:
    """The paths to train on, each with its optimizers."""
    every = [cls.cases() for cls in OPTIMIZERS.values()]
    core, others = ([cases for cases in every if (cases[0].code in COMMON_RULES) == is_core] for is_core in (True, False))
    found = [(path, case) for path in PATHS for cases in core for case in (cases if path in WAYS else cases[:1])]
    for i, path in enumerate(way for way in WAYS if way.name not in LARGE):
        found += [(path, case) for cases in others for j, case in enumerate(cases) if i % len(cases) == j]
    turns = [case for cases in others for case in cases]
    return found + [(path, turns[i % len(turns)]) for i, path in enumerate(PATHS[len(WAYS) :])]
