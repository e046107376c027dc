"""One thing that is ill."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """What was found, with its numbers, and what to do about it.

    Attributes
    ----------
    name : str
        One of those that `fastbp.diagnosis` lists.
    what : str
        What was found, in a sentence.
    advice : str
        What to try, in a sentence.
    numbers : dict of str to float
        The numbers of that sentence, by their names.
    layer : int or None
        Index of the layer, as in ``model.weights[layer]``; None where it is of no single one.
    """

    name: str
    what: str
    advice: str
    numbers: dict[str, float] = field(default_factory=dict)
    layer: int | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.what} {self.advice}"


def plural(count: int, one: str) -> str:
    """A number with its noun."""
    return f"{count:,} {one}" + "s" * (count != 1)
