"""Mixup: which row each is mixed with in an epoch, and how much of its own is left."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fastbp._names import real
from fastbp._random import MIXTURE, generator
from fastbp._typing import Array, DType, NDArray
from fastbp.kernels.codes import LARGEST
from fastbp.losses import Loss
from fastbp.training.epoch import Epoch


class Mixture(NamedTuple):
    """Of an epoch, by place in its order."""

    partners: NDArray[np.int64]
    shares: Array  # the row's own


class Mixer:
    """The mixtures of a run, from its seed and the number of the epoch alone: a run that is resumed has the same."""

    def __init__(self, alpha: float, seed: int, dtype: DType) -> None:
        self._alpha, self._seed, self._dtype = alpha, seed, dtype
        self._known: tuple[Any, Mixture | None] = (None, None)

    def of(self, epoch: Epoch) -> Mixture:
        """Partners in a random order; of each batch one share, of the distribution Beta(alpha, alpha)."""
        order, (known, found) = epoch.order, self._known
        if order is not known or found is None:
            random = generator(self._seed, MIXTURE, epoch.number)
            partners = order[random.permutation(order.size)]
            shares = random.beta(self._alpha, self._alpha, epoch.batches)
            found = Mixture(partners, np.repeat(shares, epoch.batch)[: order.size].astype(self._dtype))
            self._known = order, found
        return found


def check_mixup(given: object, loss: Loss) -> float:
    """`mixup` as a number; ValueError or TypeError when it is none, or the loss is of targets that cannot be mixed."""
    alpha = real(given, "mixup")
    if alpha > 0 and not loss.takes_shares:
        raise ValueError(f"mixup={alpha:g} mixes targets, and loss={loss.name!r} takes whole classes alone")
    return alpha


def as_shares(targets: Array, loss: Loss, n_outputs: int, dtype: DType) -> Array:
    """Labels (n, 1) of several classes as rows (n, n_outputs) of ones and zeros, which can be mixed; other targets as they are."""
    if loss.accuracy != LARGEST or targets.shape[1] == n_outputs:
        return targets
    rows: Array = np.zeros((targets.shape[0], n_outputs), dtype)
    rows[np.arange(targets.shape[0]), targets[:, 0].astype(np.int64)] = 1
    return rows
