"""What shows a trace to a reader: as text, as a picture, as a page."""

from __future__ import annotations

from os import PathLike
from typing import Any

from fastbp._table import attribute


class Seeing:
    """Base of the trace: each of these is imported when it is first asked for."""

    def explain(self, row: int = 0, terms: int = 6) -> str:
        """One update as the textbook derives it, with the real numbers: forward, error, deltas, gradients, the new weights.

        The update is that of gradient descent, ``w - learning_rate * gradient``, whatever the optimizer.

        Parameters
        ----------
        row : int, default 0
            Whose activations and deltas are written down. Gradients are of all rows.
        terms : int, default 6
            Units of a layer and terms of a sum that are written; of more, those that count most. A net within this is written whole.

        Returns
        -------
        str

        Raises
        ------
        TypeError, ValueError
            When `row` is no row of the batch, or `terms` not a positive integer.
        """
        text: str = attribute("fastbp.trace.explain", "explain")(self, row, terms)
        return text

    def plot(self, ax: Any = None, *, row: int = 0, units: int = 12) -> Any:
        """Draw the network: activations as the colour of units, deltas as that of their rims, updates as colour and width of lines.

        Blue is positive, orange negative; dashed lines are negative updates.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        row : int, default 0
            Whose activations and deltas are drawn; updates are of all rows.
        units : int, default 12
            Most of a layer that are drawn: those that carry most of the row's error.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        TypeError, ValueError
            For numbers out of range.
        """
        return attribute("fastbp.trace.drawing", "draw")(self, ax, row, units)

    def to_html(self, path: str | PathLike[str], steps: int = 50) -> None:
        """Write a page on which to walk through the update: phase by phase, number by number, and on through the steps that follow.

        It is one file of less than 2 MB that needs no network. Each unit, weight and bias shows all terms of its sum. Weights, biases,
        inputs, targets and the learning rate can be changed; all numbers follow, in float64, by fastbp's formulas. The page makes updates
        of gradient descent, ``w - learning_rate * gradient``, whatever the optimizer.

        Only what was traced is shown, and nothing can be changed, where the page does not have the formulas: activations or losses of your
        own, normalisation, dropout, missing targets; or where the net or batch is too large for the page. Of these it has the units and
        rows that count most.

        Parameters
        ----------
        path : str or path
        steps : int, default 50
            How many steps the page looks ahead: the dashed part of its curve of the loss.

        Raises
        ------
        OSError
            When the file cannot be written.
        TypeError, ValueError
            When `steps` is not an integer from 0 on.
        """
        attribute("fastbp.trace.html", "write")(self, path, steps)
