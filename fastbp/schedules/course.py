"""Schedules over the whole course of training, or a stated part of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fastbp.schedules.base import Length, Numbers, Plan, Schedule, length_field, number_field, steps_in


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine, ``final + (initial - final) * (1 + cos(pi * done / length)) / 2``, and `final` from there on.

    (I. Loshchilov, F. Hutter, ICLR 2017.)

    Parameters
    ----------
    initial : float
    final : float, default 0
    length : length, optional
    """

    name = "cosine"

    initial: float = number_field(exclusive=True)
    final: float = number_field(0.0)
    length: Length = length_field()

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        return _cosine(self.initial, self.final, done / steps_in(self.length, plan))


@dataclass(frozen=True)
class FlatCosine(Schedule):
    """`initial` for the first share `flat` of the length, then half a cosine to `final`.

    Parameters
    ----------
    initial : float
    flat : float in [0, 1), default 0.75
    final : float, default 0
    length : length, optional
    """

    name = "flat_cosine"

    initial: float = number_field(exclusive=True)
    flat: float = number_field(0.75, below=1)
    final: float = number_field(0.0)
    length: Length = length_field()

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        place = done / steps_in(self.length, plan)
        return _cosine(self.initial, self.final, (place - self.flat) / (1 - self.flat))


@dataclass(frozen=True)
class OneCycle(Schedule):
    """From ``maximum / start`` up to `maximum`, and down to ``maximum / start / end``, each along half a cosine.

    (L. N. Smith, N. Topin, arXiv:1708.07120.) The values are those of PyTorch's OneCycleLR.

    Parameters
    ----------
    maximum : float
    warm : float in (0, 1), default 0.3
        Share of the length on the way up.
    start, end : float, default 25 and 10,000
    length : length, optional
    """

    name = "one_cycle"

    maximum: float = number_field(exclusive=True)
    warm: float = number_field(0.3, below=1, exclusive=True)
    start: float = number_field(25.0, exclusive=True)
    end: float = number_field(1e4, exclusive=True)
    length: Length = length_field()

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        total, initial = steps_in(self.length, plan), self.maximum / self.start
        top, last = self.warm * total - 1, max(total - 1, 1.0)
        up = _cosine(initial, self.maximum, done / max(top, 1e-9))
        down = _cosine(self.maximum, initial / self.end, (done - top) / (last - top))
        return np.where(done <= top, up, down)


@dataclass(frozen=True)
class CosLog4(Schedule):
    """``maximum * (1 - cos(2 pi log2(1 + 15 done / length))) / 2``: four waves, each twice as long (D. Holzmüller et al., NeurIPS 2024).

    Parameters
    ----------
    maximum : float
    length : length, optional
    """

    name = "coslog4"

    maximum: float = number_field(exclusive=True)
    length: Length = length_field()

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        place = np.minimum(done / steps_in(self.length, plan), 1)
        found: Numbers = self.maximum * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * place))) / 2
        return found


def _cosine(begin: float, end: float, place: Numbers) -> Numbers:
    """From the one to the other for places between 0 and 1, and no further."""
    found: Numbers = end + (begin - end) * (1 + np.cos(np.pi * np.clip(place, 0, 1))) / 2
    return found
