"""What the queries give: a small table of contributions, the largest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp._tables import data_frame, html_table, text_table
from fastbp._textbook import Array
from fastbp._typing import NDArray

#: The input of a bias, in place of the number of one: what goes into it is always 1.
BIAS = -1


@dataclass(frozen=True, repr=False, eq=False)
class Contributions:
    """Contributions to something, the largest first, each with its share of the whole.

    Attributes
    ----------
    title : str
        What they are.
    columns : dict of str to ndarray
        By name, a number for each: what it is of, its factors, then ``"contribution"`` and ``"share"``, its absolute value over the sum of
        all absolute values. Also as ``contributions["row"]``. The input of a bias is -1.
    total : float
        The sum of all contributions, those that are not shown, too, and of the rest.
    rest : float
        What of it is no single one's, where the query says so; else 0.
    count : int
        How many there are, shown or not.
    """

    title: str
    columns: Mapping[str, NDArray[Any]]
    total: float
    rest: float
    count: int

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["contribution"])

    def to_frame(self) -> Any:
        """The columns as a `pandas.DataFrame`; ImportError where pandas is not installed."""
        return data_frame(self.columns)

    def __repr__(self) -> str:
        return f"Contributions({self._heading()})"

    def __str__(self) -> str:
        return f"{self._heading()}\n{text_table(list(self.columns), self._cells())}"

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        return html_table(self._heading(), list(self.columns), self._cells())

    def _heading(self) -> str:
        shown = f"{len(self)} of {self.count:,}" if len(self) < self.count else str(self.count)
        rest = f", {self.rest:.4g} of it the rest" if self.rest else ""
        return f"{self.title}: {shown}, {100 * self['share'].sum():.3g} % of the whole; the sum of all is {self.total:.4g}{rest}"

    def _cells(self) -> list[list[str]]:
        return [[_cell(name, column[line]) for name, column in self.columns.items()] for line in range(len(self))]


def _cell(name: str, value: Any) -> str:
    if name == "share":
        return f"{100 * value:.3g} %"
    if name == "input" and value == BIAS:
        return "bias"
    # Plus 0: no minus before a zero.
    return f"{value + 0.0:.4g}" if isinstance(value, float) else str(value)


def largest(values: Array, top: int | None) -> NDArray[np.int64]:
    """Where the `top` values of largest size are, the largest first; of equal ones the first. None: all of them."""
    sizes = -np.abs(values)
    if top is None or top >= sizes.size:
        return np.argsort(sizes, kind="stable")
    border = np.partition(sizes, top - 1)[top - 1] if top else -np.inf
    near = np.flatnonzero(sizes <= border)
    return near[np.argsort(sizes[near], kind="stable")][:top]


def ranked(title: str, columns: Mapping[str, NDArray[Any]], values: Array, top: int | None, rest: float = 0.0) -> Contributions:
    """The `top` largest of some contributions, whose columns are as long."""
    chosen = largest(values, top)
    size = float(np.abs(values).sum())
    shown = {name: column[chosen] for name, column in columns.items()}
    return selected(title, shown, values[chosen], Whole(float(values.sum()) + rest, size, values.size), rest)


@dataclass(frozen=True)
class Whole:
    """All contributions together: their sum, that of their absolute values, and how many they are."""

    total: float
    size: float
    count: int


def selected(title: str, columns: Mapping[str, NDArray[Any]], values: Array, whole: Whole, rest: float = 0.0) -> Contributions:
    """Contributions that are in order already, out of a whole that is known."""
    shares = np.abs(values) / whole.size if whole.size > 0 else np.zeros(values.shape)
    return Contributions(title, {**columns, "contribution": values, "share": shares}, whole.total, rest, whole.count)
