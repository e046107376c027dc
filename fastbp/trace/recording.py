"""Reads what `fastbp.Record` has written, and tells which rows have moved a weight over the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from fastbp._names import integer
from fastbp._typing import NDArray
from fastbp.files.recording_file import (
    ROWS,
    RecordedStep,
    has_idle_biases,
    is_normalized,
    numbers_in,
    places_of,
    read_part,
    restored,
    spans_of,
)
from fastbp.files.sealed import as_path
from fastbp.trace.changes import Chain, Change
from fastbp.trace.contributions import Contributions, ranked
from fastbp.trace.selection import name_of


class Step:
    """A recorded step.

    Attributes
    ----------
    step, epoch : int
        The number of the update, the first being 1; whole epochs before it.
    rows : ndarray of int64
        Of the batch, by their places in X.
    shares : ndarray of float64
        What each row's loss was multiplied with in that of the batch.
    """

    def __init__(self, recorded: RecordedStep, spans: Mapping[int, slice]) -> None:
        self._values, self._arrays = recorded
        self._spans = spans  # of the weights of each layer
        self.step, self.epoch = self._values["step"], self._values["epoch"]
        self.rows, self.shares = self._arrays["rows"], self._arrays["shares"].astype(np.float64)

    def activations(self, layer: int) -> NDArray[np.float64]:
        """What a layer has read, (n, n_in)."""
        return self._restored(f"activations.{layer}")

    def deltas(self, layer: int) -> NDArray[np.float64]:
        """dL/dz of a layer, (n, n_out), each row with its share."""
        return self._restored(f"deltas.{layer}")

    def standardized(self, layer: int) -> NDArray[np.float64]:
        """Of a normalised layer x, (n, n_out): it goes on with y = scale x + shift."""
        return self._restored(f"standardized.{layer}")

    def shift_deltas(self, layer: int) -> NDArray[np.float64]:
        """Of a normalised layer dL/dy, (n, n_out), which is dL/d shift, row by row; each with its share."""
        return self._restored(f"shift_deltas.{layer}")

    def averages(self, layer: int) -> NDArray[np.float64]:
        """The means and variances (2, n_out) by which predictions normalised a layer before the step, under batch normalisation."""
        return self._arrays[f"averages.{layer}"].astype(np.float64)

    def weights(self, layer: int, chosen: Any = slice(None)) -> dict[str, Any]:
        """How some of the chosen weights of a layer followed the gradients, by the names of `fastbp.optimizers.linear`."""
        begin, span = "weights.", self._spans[layer]
        found = {name.removeprefix(begin): array[span][chosen] for name, array in self._arrays.items() if name.startswith(begin)}
        return found | {"kept": self._values["kept"], "scale": self._values["scale"]}

    def _restored(self, name: str) -> NDArray[np.float64]:
        return restored(self._arrays[name], self._values["exponents"].get(name, 0))


class Recording:
    """A folder that `fastbp.Record` has written, part by part: one is in memory at a time.

    Parameters
    ----------
    path : str or path

    Attributes
    ----------
    steps : ndarray of int64
        The numbers of the recorded steps.
    layers : list of int
        Whose activations and deltas there are.
    weights : dict
        By layer the pairs (i, j) of the weights whose changes there are; (None, j) is a bias, ("scale", j) a scale, ("shift", j) a shift.
    about : dict
        What else is known: `layer_sizes`, `normalization`, `every`, `dtype`, `optimizer`, `loss`.

    Raises
    ------
    FileNotFoundError, ValueError
        Where there is no recording; where a part is missing, damaged, or of another recording.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = as_path(path)
        self._parts = numbers_in(self.path)
        if not self._parts:
            raise FileNotFoundError(f"no recording in {str(self.path)!r}")
        if self._parts != list(range(1, len(self._parts) + 1)):
            raise ValueError(f"{str(self.path)!r} has parts {', '.join(map(str, self._parts))}: one is missing")
        self._held: tuple[int, list[Step]] = (0, [])
        self.about: dict[str, Any] = {}
        self._numbers = [[step.step for step in self._part(number)] for number in self._parts]
        self.steps = np.array([step for numbers in self._numbers for step in numbers], np.int64)
        if np.any(np.diff(self.steps) <= 0):
            raise ValueError(f"{str(self.path)!r} has parts of several runs")
        self.layers: list[int] = self.about["layers"]
        self._places = places_of(self.about)

    @property
    def weights(self) -> dict[int, list[tuple[int | str | None, int]]]:
        """By layer the pairs (i, j) of the weights whose changes there are."""
        names = {row: name for name, row in ROWS.items()}
        return {
            layer: [(names.get(row, row), column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]
            for layer, (rows, columns) in self._places.items()
        }

    def __len__(self) -> int:
        return self.steps.size

    def __iter__(self) -> Iterator[Step]:
        return (step for number in self._parts for step in self._part(number))

    def __reversed__(self) -> Iterator[Step]:
        return (step for number in reversed(self._parts) for step in reversed(self._part(number)))

    def rows_of(self, layer: int, i: int | str | None, j: int, *, top: int | None = 20) -> Contributions:
        """Which rows have moved a weight over the recorded steps, and by how much each: with `change_of`'s remainders all of its change.

        Through momentum, and means as of Adam, a gradient moves the weight at later steps, too. That is counted as long as these follow
        each other in the recording, as with ``every=1``. What the optimizer divides by is taken as each step has found it.

        Under batch normalisation a row's part of a gradient is what comes through its own sums z. Their delta has the errors of the other
        rows, too, as far as the row moves the batch's mean and variance. Biases before it move nothing: all rows have a part of 0.

        Parameters
        ----------
        layer, i, j : int
            ``model.weights[layer][i, j]``; with `i` None the bias j, with "scale" or "shift" that of unit j of a normalised layer. Of a
            weight that was not chosen to be recorded, ask `gradient_of`.
        top : int or None, default 20
            How many rows; None: all.

        Returns
        -------
        Contributions
            The change of the weight by each row, negative where it has made it smaller; the rest is what came from elsewhere.
        """
        chain = self._chain(layer, i, j)
        amounts = [-factor * each for factor, each in zip(chain.factors(), chain.contributions, strict=True)]
        title = f"change of {name_of(layer, i, j)} over {len(self)} steps by rows"
        return by_rows(title, np.concatenate(chain.rows), np.concatenate(amounts), top, sum(chain.change().remainders.values()))

    def change_of(self, layer: int, i: int | str | None, j: int) -> Change:
        """How much a weight has changed over the recorded steps, and what of it came from where.

        Returns
        -------
        Change
            `total`, `rows`, `remainders` by their names, and `rounding`, what these leave: rounding errors.
        """
        return self._chain(layer, i, j).change()

    def gradient_of(self, layer: int, i: int | str | None, j: int, step: int, *, top: int | None = 20) -> Contributions:
        """What each row of the batch of a recorded step has added to the gradient of a weight, be it chosen or not.

        Parameters
        ----------
        layer, i, j : int
            As of `rows_of`; a layer that was recorded.
        step : int
            The number of the update, one of `steps`.
        top : int or None, default 20
        """
        layer, i, j = self._checked(layer, i, j)
        if step not in self.steps.tolist():
            raise ValueError(f"step {step} is not recorded; the steps are {self.steps[0]} to {self.steps[-1]}, every {self.about['every']}")
        number = next(number for number, steps in zip(self._parts, self._numbers, strict=True) if step in steps)
        found = next(each for each in self._part(number) if each.step == step)
        return by_rows(f"gradient of {name_of(layer, i, j)} at step {step} by rows", found.rows, self._parts_of(found, layer, i, j), top)

    def _chain(self, layer: int, i: int | str | None, j: int) -> Chain:
        """What the recording has of a weight, step by step."""
        layer, i, j = self._checked(layer, i, j)
        rows, columns = self._places.get(layer, (np.empty(0, int), np.empty(0, int)))
        place = np.flatnonzero((rows == (i if isinstance(i, int) else ROWS[i])) & (columns == j))
        if place.size == 0:
            some = f"{self.weights.get(layer, [])!s:.100}"
            raise ValueError(f"the changes of {name_of(layer, i, j)} are not recorded; those of {some} are. gradient_of has its gradients")
        chain = Chain()
        for step in self:
            chain.add(step.step, step.rows, self._parts_of(step, layer, i, j), step.weights(layer, place[0]))
        return chain

    def _parts_of(self, step: Step, layer: int, i: int | str | None, j: int) -> NDArray[np.float64]:
        """What each row of the batch has added to the gradient of a weight."""
        if isinstance(i, str):
            deltas = step.shift_deltas(layer)[:, j]
            return step.standardized(layer)[:, j] * deltas if i == "scale" else deltas
        deltas = step.deltas(layer)[:, j]
        if i is None:
            return np.zeros_like(deltas) if has_idle_biases(self.about, layer) else deltas
        return step.activations(layer)[:, i] * deltas

    def _checked(self, layer: int, i: int | str | None, j: int) -> tuple[int, int | str | None, int]:
        """The place of a weight; ValueError for one that is none."""
        sizes: Sequence[int] = self.about["layer_sizes"]
        layer = integer(layer, "layer", least=-len(sizes) + 1)
        if layer >= len(sizes) - 1 or layer % (len(sizes) - 1) not in self.layers:
            raise ValueError(f"layer is {layer}; recorded are {', '.join(map(str, self.layers))}")
        layer %= len(sizes) - 1
        if isinstance(i, str) and not (i in ROWS and is_normalized(self.about, layer)):
            raise ValueError(f"i is {i!r}; expected a number or None, and of a layer whose normalisation is recorded 'scale' or 'shift'")
        i, j = i if i is None or isinstance(i, str) else integer(i, "i", least=0), integer(j, "j", least=0)
        if (isinstance(i, int) and i >= sizes[layer]) or j >= sizes[layer + 1]:
            raise ValueError(f"layer {layer} has no weight ({i}, {j}): it is {sizes[layer]} x {sizes[layer + 1]}")
        return layer, i, j

    def _part(self, number: int) -> list[Step]:
        if self._held[0] != number:
            about, steps = read_part(self.path, number)
            self.about = self.about or about
            if any(about[name] != self.about[name] for name in ("layer_sizes", "layers", "weights", "dtype")):
                raise ValueError(f"part {number} of {str(self.path)!r} is of another recording")
            spans = spans_of(about)
            self._held = number, [Step(step, spans) for step in steps]
        return self._held[1]

    def __repr__(self) -> str:
        return f"Recording({str(self.path)!r}, {len(self)} steps of layers {', '.join(map(str, self.layers))})"


def by_rows(title: str, rows: NDArray[np.int64], amounts: NDArray[np.float64], top: int | None, rest: float = 0.0) -> Contributions:
    """Contributions of rows; those of the same row are added up."""
    most = None if top is None else integer(top, "top", least=1)
    names, places = np.unique(rows, return_inverse=True)
    return ranked(title, {"row": names}, np.bincount(places.ravel(), amounts, names.size).astype(np.float64), most, rest)
