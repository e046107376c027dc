"""The rungs of a halving search: how many take part in each, for how long, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fastbp._names import real
from fastbp._tables import html_table
from fastbp._typing import NDArray
from fastbp.together.curves import draw
from fastbp.trainer import Trainer
from fastbp.training.history import History


class Rung(NamedTuple):
    """A round of the search.

    Attributes
    ----------
    epochs : int
        How many each of those who took part had been trained for at its end.
    numbers : tuple of int
        Which settings took part.
    scores : ndarray
        Their metric at the end; NaN of those that diverged.
    """

    epochs: int
    numbers: tuple[int, ...]
    scores: NDArray[np.float64]


@dataclass(frozen=True, repr=False, eq=False)
class HalvingSearch:
    """What successive halving has found.

    Attributes
    ----------
    settings : list of dict
        As they were given.
    trainers : list of Trainer
        One for each, trained as long as it took part.
    rungs : list of Rung
    metric : str
    best : int
        The number of the best settings of the last rung; None where all of them diverged.
    """

    settings: list[dict[str, Any]]
    trainers: list[Trainer]
    rungs: list[Rung]
    metric: str
    best: int | None

    @property
    def histories(self) -> list[History]:
        """Those of the trainers."""
        return [trainer.history for trainer in self.trainers]

    @property
    def best_settings(self) -> dict[str, Any] | None:
        """The best of the settings."""
        return None if self.best is None else self.settings[self.best]

    @property
    def best_trainer(self) -> Trainer | None:
        """Its trainer."""
        return None if self.best is None else self.trainers[self.best]

    @property
    def best_score(self) -> float:
        """Its metric in the last rung; NaN without one."""
        if self.best is None:
            return float("nan")
        rung = self.rungs[-1]
        return float(rung.scores[rung.numbers.index(self.best)])

    @property
    def epochs(self) -> int:
        """Epochs that were trained in all."""
        return sum(trainer.epoch for trainer in self.trainers)

    def plot(self, ax: Any = None, metric: str | None = None) -> Any:
        """Draw a metric of every trainer over its epochs, that of the best strongly.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        metric : str, optional
            A name in the histories; by default the one that was searched by.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        """
        return draw(ax, self.histories, metric or self.metric, best=self.best)

    def __repr__(self) -> str:
        rungs = " > ".join(f"{len(rung.numbers)} x {rung.epochs}" for rung in self.rungs)
        found = "none" if self.best is None else f"number {self.best} {self.best_settings}, {self.metric} {self.best_score:.4g}"
        return f"HalvingSearch({len(self.settings)} settings, epochs {rungs}, best {found})"

    def _repr_html_(self) -> str:
        last = {number: (rung, score) for rung in self.rungs for number, score in zip(rung.numbers, rung.scores, strict=True)}
        rows = [[str(i), str(self.settings[i]), str(rung.epochs), f"{score:.4g}"] for i, (rung, score) in sorted(last.items())]
        return html_table(repr(self), ["number", "settings", "epochs", self.metric], rows)


def ends_of_rungs(settings: int, epochs: int, factor: float, least: int) -> list[int]:
    """After how many epochs each rung ends: the last after all of them, those before it after a part. Up to `factor` reach the last."""
    factor = real(factor, "factor", least=1.0, exclusive=True)
    if least > epochs:
        raise ValueError(f"least_epochs is {least}; epochs is {epochs}")
    ends = [epochs]
    while survivors(settings, factor, len(ends) - 1) > factor and least <= int(ends[0] / factor) < ends[0]:
        ends.insert(0, int(ends[0] / factor))
    return ends


def survivors(settings: int, factor: float, rung: int) -> int:
    """How many of all take part in a rung, the first being 0."""
    return max(1, int(np.ceil(settings / factor**rung)))
