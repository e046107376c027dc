"""Draws a trace: units in columns, weights as lines, the numbers of one row and the update as colour and width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fastbp._names import integer
from fastbp._plots import axes
from fastbp._textbook import Array
from fastbp._typing import NDArray
from fastbp.trace.units import carried, check_row, largest, name_of

if TYPE_CHECKING:
    from fastbp.trace.ledger import Trace

#: Of Okabe and Ito's colours, which nearly everyone tells apart.
_PLUS, _MINUS, _INK = "#0072B2", "#D55E00", "#555555"
#: Up to so many lines of a layer have their update written beside them.
_WRITTEN = 12
#: Lines thinner than that share of the thickest are left out where there are many.
_LEAST = 0.03
#: Of a circle, in points squared.
_AREA = 1100
_BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8}

Places: TypeAlias = list[NDArray[np.intp]]


def draw(trace: Trace, ax: Any, row: int, units: int) -> Any:
    """As `Trace.plot`."""
    check_row(trace, row)
    integer(units, "units", least=1)
    shown = [largest(each[row], units) for each in carried(trace)]
    ax = _fitting_axes(shown) if ax is None else axes(ax)
    for layer in range(len(trace.weights)):
        _draw_updates(trace, ax, layer, shown)
    for column, places in enumerate(shown):
        _draw_units(trace, ax, row, column, places)
    _finish(trace, ax, row, shown)
    return ax


def _fitting_axes(shown: Places) -> Any:
    ax = axes()
    ax.figure.set_size_inches(2.2 + 2.2 * len(shown), 1.5 + 0.78 * max(2, *map(len, shown)))
    ax.figure.subplots_adjust(left=0.02, right=0.98, bottom=0.08, top=0.9)
    return ax


def _heights(places: NDArray[np.intp]) -> Array:
    """Where the units of a column stand: around 0, from the top down."""
    return (len(places) - 1) / 2 - np.arange(len(places), dtype=np.float64)


def _color(value: float) -> str:
    return _PLUS if value > 0 else _MINUS if value < 0 else _INK


def _draw_updates(trace: Trace, ax: Any, layer: int, shown: Places) -> None:
    """A line for each weight, as wide as its change."""
    before, behind = shown[layer], shown[layer + 1]
    rate = 1.0 if trace.learning_rate is None else trace.learning_rate
    changes = -rate * trace.weight_gradients[layer][np.ix_(before, behind)]
    most, written = np.abs(changes).max() or 1.0, changes.size <= _WRITTEN
    for i, low in enumerate(_heights(before)):
        for j, high in enumerate(_heights(behind)):
            change, part = changes[i, j], abs(changes[i, j]) / most
            if part < _LEAST and not written:
                continue
            style = "--" if change < 0 else "-"
            look = {"color": _color(change), "linewidth": 0.5 + 4 * part, "alpha": 0.25 + 0.6 * part, "zorder": 1}
            ax.plot([layer, layer + 1], [low, high], style, **look)
            if written:
                along = 0.3 + 0.12 * (i % 2)
                _write(ax, layer + along, low + along * (high - low), f"{change:+.3g}", 2, bbox=_BOX)


def _write(ax: Any, x: float, y: float, text: str, zorder: int, **look: Any) -> None:
    ax.text(x, y, text, fontsize=8, ha="center", va="center", zorder=zorder, **look)


def _draw_units(trace: Trace, ax: Any, row: int, column: int, places: NDArray[np.intp]) -> None:
    """A circle for each unit: its activation fills it, its delta is its rim."""
    values = trace.activations[column][row, places]
    deltas = np.zeros(len(places)) if column == 0 else trace.deltas[column - 1][row, places]
    most, largest_delta = np.abs(values).max() or 1.0, np.abs(deltas).max() or 1.0
    for unit, value, delta, height in zip(places, values, deltas, _heights(places), strict=True):
        width = 0.8 + 3.2 * abs(delta) / largest_delta
        strength = 0.1 + 0.5 * abs(value) / most
        ax.scatter(column, height, s=_AREA, color="white", zorder=3)
        ax.scatter(column, height, s=_AREA, color=_color(value), alpha=strength, linewidths=0, zorder=4)
        ax.scatter(column, height, s=_AREA, facecolors="none", edgecolors=_color(delta), linewidths=width, zorder=5)
        second = "" if column == 0 else f"\nδ {delta:.2g}"
        _write(ax, column, height, f"{value:.2g}{second}", 6)
        ax.annotate(
            name_of(trace, column, int(unit)), (column, height), (0, 20), textcoords="offset points", ha="center", fontsize=8, zorder=6
        )


def _finish(trace: Trace, ax: Any, row: int, shown: Places) -> None:
    tallest = max(len(places) for places in shown)
    for column, places in enumerate(shown):
        rest = trace.layer_sizes[column] - len(places)
        if rest:
            _write(ax, column, -tallest / 2 - 0.15, f"+ {rest:,} more", 6, color=_INK)
    share = trace.shares[row]
    loss = trace.losses[row] / share if share else 0.0
    ax.set(xlim=(-0.35, len(shown) - 0.65), ylim=(-tallest / 2 - 0.3, tallest / 2 + 0.15))
    ax.set_title(f"Row {row}: loss {loss:.4g}, of all {trace.loss:.4g}. Fill: activation, rim: delta, lines: update", fontsize=9)
    ax.axis("off")
    for label, style, color in (("positive", "-", _PLUS), ("negative", "--", _MINUS)):
        ax.plot([], [], style, color=color, linewidth=2.5, label=label)
    ax.legend(loc="lower center", ncols=2, frameon=False, fontsize=8, bbox_to_anchor=(0.5, -0.09))
