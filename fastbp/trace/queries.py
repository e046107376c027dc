"""What a ledger may be asked."""

from __future__ import annotations

from typing import Any

from fastbp._names import integer
from fastbp.trace import of_error, of_weight, routes
from fastbp.trace.contributions import Contributions
from fastbp.trace.numbers import Numbers
from fastbp.trace.selection import part_of


class Queries(Numbers):
    """Base of `Trace`. Layers, units, rows and outputs are counted from 0, from the end where negative.

    The error of a row is dL/dz of the outputs on it; of a class, that of the rows with its label; of an output, that on all rows. What is
    not given is not restricted. Under batch normalisation the error of a row goes back through mean and variance to the other rows, too.
    """

    def weights_of(
        self, row: int | None = None, label: Any = None, output: int | None = None, *, layer: int | None = None, top: int | None = 20
    ) -> Contributions:  # fmt: skip
        """Which weights carry this error: the gradient of each weight and bias from it alone.

        Parameters
        ----------
        row, output : int, optional
        label : optional
            A class, as `y` had it.
        layer : int, optional
            The weights of this layer alone.
        top : int or None, default 20
            How many to show; None: all.

        Returns
        -------
        Contributions
            Columns layer, input (-1 for a bias), unit. The contributions of all rows, or of all outputs, sum to the gradient.
        """
        return of_error.weights_of(self, part_of(self, row, label, output), layer, _top(top))

    def rows_of(self, layer: int, i: int | str | None, j: int, *, top: int | None = 20) -> Contributions:
        """Which rows move ``weights[layer][i, j]`` in this step, or ``biases[layer][j]`` where i is None.

        With i "scale" or "shift" of a normalised layer, y = scale x + shift, that is ``scales[layer][j]`` or ``shifts[layer][j]``.

        Returns
        -------
        Contributions
            Columns row, label where there are classes, and the two factors, activation and delta: of a scale x and dL/dy. They sum to the
            gradient of the weight.
        """
        return of_weight.rows_of(self, layer, i, j, _top(top))

    def classes_of(self, layer: int, i: int | str | None, j: int) -> Contributions:
        """The same by class: columns label and rows, how many there are."""
        return of_weight.classes_of(self, layer, i, j)

    def features_of(self, layer: int, i: int | None, j: int, *, top: int | None = 20) -> Contributions:
        """Which input features move this weight, each by its value times the derivative of what goes into the weight.

        In the first layer that is one feature, all of it. Further up, what is no feature's is the `rest`: biases, and what curves.
        """
        return of_weight.features_of(self, layer, i, j, _top(top))

    def outputs_of(
        self, layer: int, i: int | None, j: int, *, row: int | None = None, label: Any = None, top: int | None = 20
    ) -> Contributions:
        """Which outputs' errors move this weight, on a row, on those of a class, or on all; they sum to its gradient from these."""
        return of_weight.outputs_of(self, layer, i, j, part_of(self, row, label), _top(top))

    def through(
        self, layer: int, i: int | None, j: int, hidden: int, *, row: int | None = None, label: Any = None, output: int | None = None,
        top: int | None = 20,
    ) -> Contributions:  # fmt: skip
        """Through which units of hidden layer `hidden` an error moves this weight: all `paths` through a unit together.

        Whichever hidden layer between weight and output is asked, they sum to the gradient of the weight from this error.
        """
        return of_weight.through(self, layer, i, j, hidden, part_of(self, row, label, output), _top(top))

    def paths(self, layer: int, i: int | None, j: int, *, row: int, output: int | None = None, top: int = 20) -> Contributions:
        """The paths by which the error of a row moves this weight, factor by factor, those that carry something.

        Returns
        -------
        Contributions
            Which units a path comes through, layer by layer, then its factors, whose product is its contribution: what goes into the
            weight, of each layer on the way the slope of the activation and the weight to the next one, and the delta of the output. Layer
            normalisation, where each unit moves the whole layer, makes one factor of a layer, its derivative by a unit of the one before.
            Under batch normalisation `rest` is what comes back through the other rows of the batch.
        """
        return routes.paths(self, layer, i, j, row, output, integer(top, "top", least=1))

    def layers(self, row: int | None = None, label: Any = None, output: int | None = None) -> Contributions:
        """What each layer does to this error: how much its part of a step takes from it.

        A step of plain gradient descent, ``w -= rate dL/dw``, takes ``rate * sum of dL/dw dE/dw`` from E, the error that is asked for, to
        first order. That sum, over the weights, biases, scales and shifts of a layer, is its contribution; where it is negative its step
        adds to this error, for the good of others. Rows sum to the whole batch.
        """
        return of_error.layers(self, part_of(self, row, label, output))

    def units(
        self, row: int | None = None, label: Any = None, output: int | None = None, *, layer: int | None = None, top: int | None = 20
    ) -> Contributions:  # fmt: skip
        """The same by unit, of what leads to it, with its mean activation and the sum of its deltas; units sum to their `layers`."""
        return of_error.units(self, part_of(self, row, label, output), layer, _top(top))

    def features(self, row: int | None = None, label: Any = None, output: int | None = None, *, top: int | None = 20) -> Contributions:
        """The same by input feature, of the weights that lead from it."""
        return of_error.features(self, part_of(self, row, label, output), _top(top))


def _top(given: object) -> int | None:
    return None if given is None else integer(given, "top", least=1)
