"""Recorded steps in files: a folder of parts, each a sealed safetensors file with some steps one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from fastbp._typing import Array, DType, NDArray
from fastbp.files.sealed import sealed, unsealed, write_atomically

_KIND, _VERSION, _ENTRY = "fastbp.Record", 2, "recording"
# Had a tensor for each array of each step, those of weights layer by layer, and none of these where a layer's were all 0.
_BEFORE = 1
_WEIGHTS = "weights."
_NAME = re.compile(r"part-(\d{6,})\.safetensors")
# Its numbers are multiples of a power of two of their own for each array: deltas may be as small as they like.
_HALF = np.dtype(np.float16)

#: Of each layer, the rows and the columns of its chosen weights.
Places: TypeAlias = Mapping[int, tuple[NDArray[np.int64], NDArray[np.int64]]]
#: In place of a row: of biases, and of the scales and shifts of a normalised layer. Then by the names that users have for them.
BIAS, SCALE, SHIFT = -1, -2, -3
ROWS: Mapping[str | None, int] = {None: BIAS, "scale": SCALE, "shift": SHIFT}
#: What stands for all of these of a layer; older recordings of a normalised batch have weights alone.
ALL, ALL_WEIGHTS = "all", "all weights"


class RecordedStep(NamedTuple):
    """A step: numbers by their names, among them its number ``step``, the first being 1; and arrays by theirs.

    Arrays that begin with ``weights.`` have a number for each chosen weight, layer after layer as `places_of` has them.
    """

    values: dict[str, Any]
    arrays: dict[str, Array]

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        return sum(array.nbytes for array in self.arrays.values())


def path_of(folder: Path, number: int) -> Path:
    """The file of a part; the first is 1."""
    return folder / f"part-{number:06d}.safetensors"


def numbers_in(folder: Path) -> list[int]:
    """The parts that a folder has."""
    return sorted(int(match[1]) for path in folder.glob("part-*") if (match := _NAME.fullmatch(path.name)))


class Part:
    """Steps that are written together. `size` is the bytes of their arrays."""

    def __init__(self, about: Mapping[str, Any], steps: Iterable[RecordedStep] = ()) -> None:
        self._about = about
        self.steps: list[RecordedStep] = []
        self.size = 0
        for step in steps:
            self.add(step)

    def add(self, step: RecordedStep) -> None:
        """One more."""
        self.steps.append(step)
        self.size += step.size

    def content(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Tensors and settings, as they will be in the file: the arrays of a name one after the other, and how long each is, if it is."""
        tensors, lengths = {}, {}
        for name in sorted({name for step in self.steps for name in step.arrays}):
            arrays = [step.arrays.get(name) for step in self.steps]
            lengths[name] = [0 if array is None else len(array) for array in arrays]
            tensors[name] = np.concatenate([array for array in arrays if array is not None])
        held = {"kind": _KIND, "version": _VERSION, "about": self._about, "steps": [step.values for step in self.steps]}
        return tensors, {_ENTRY: held | {"lengths": lengths}}

    def write(self, folder: Path, number: int) -> None:
        """Write the file in one piece, or leave what is there and raise OSError."""
        write_atomically(path_of(folder, number), *sealed(*self.content()))


def unpacked(tensors: Mapping[str, Array], settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[RecordedStep]]:
    """What a `Part` was made of, from its content; ValueError when it is none."""
    held = settings.get(_ENTRY, {})
    if held.get("kind") != _KIND or held["version"] not in (_BEFORE, _VERSION):
        raise ValueError(f"it is no part of a recording that this version reads, but {held.get('kind', 'another file')!r}")
    steps = [RecordedStep(values, {}) for values in held["steps"]]
    if held["version"] == _BEFORE:
        return held["about"], _of_version_before(held["about"], steps, tensors)
    # Files give them back in any order.
    for name, tensor in sorted(tensors.items()):
        begin = 0
        for step, length in zip(steps, held["lengths"][name], strict=True):
            if length:
                step.arrays[name] = tensor[begin : begin + length]
            begin += length
    return held["about"], steps


def _of_version_before(about: Mapping[str, Any], steps: list[RecordedStep], tensors: Mapping[str, Array]) -> list[RecordedStep]:
    """Steps as they are now."""
    sizes = {layer: rows.size for layer, (rows, _) in places_of(about).items()}
    for name, array in tensors.items():
        place, _, own = name.partition(".")
        steps[int(place)].arrays[own] = array
    for values, arrays in steps:
        names = [name for name in arrays if name.startswith(_WEIGHTS)]
        by_layer = {name: arrays.pop(name) for name in names}
        for own in dict.fromkeys(name.split(".", 2)[2] for name in names):
            parts = [by_layer.get(f"{_WEIGHTS}{layer}.{own}", np.zeros(size)) for layer, size in sizes.items()]
            arrays[_WEIGHTS + own] = np.concatenate(parts)
        for layer in sizes:
            values["kept"] = values.pop(f"kept.{layer}")
    return steps


def read_part(folder: Path, number: int) -> tuple[dict[str, Any], list[RecordedStep]]:
    """What a part says of the recording, and its steps; ValueError when it is damaged, or no part of one."""
    path = path_of(folder, number)
    content = unsealed(path)
    try:
        return unpacked(content.tensors, content.settings)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise ValueError(f"{str(path)!r} is no part of a recording: {error}") from error


def places_of(about: Mapping[str, Any]) -> Places:
    """The weights of each layer whose changes a recording has, from what it says of itself."""
    found = {}
    for name, chosen in about["weights"].items():
        if chosen in (ALL, ALL_WEIGHTS):
            n_in, n_out = about["layer_sizes"][int(name) :][:2]
            vectors = [BIAS, SCALE, SHIFT] if is_normalized(about, int(name)) else [BIAS]
            rows = np.append(np.arange(n_in), vectors if chosen == ALL else []).astype(np.int64)
            found[int(name)] = np.repeat(rows, n_out), np.tile(np.arange(n_out), rows.size)
        else:
            rows, columns = (np.array(each, np.int64) for each in chosen)
            found[int(name)] = rows, columns
    return found


def spans_of(about: Mapping[str, Any]) -> dict[int, slice]:
    """Where those of each layer are among all chosen weights."""
    sizes = [rows.size for rows, _ in places_of(about).values()]
    ends = np.cumsum(sizes, dtype=int).tolist()
    return {int(name): slice(end - size, end) for name, size, end in zip(about["weights"], sizes, ends, strict=True)}


def is_normalized(about: Mapping[str, Any], layer: int) -> bool:
    """Whether a recording has scales and shifts of a layer."""
    return about.get("normalization") is not None and layer < len(about["layer_sizes"]) - 2


def has_idle_biases(about: Mapping[str, Any], layer: int) -> bool:
    """Whether the mean over the batch is taken from a layer, and its biases with it."""
    return about.get("normalization") == "batch" and is_normalized(about, layer)


def stored(array: Array, dtype: DType) -> tuple[Array, int]:
    """`array` in the type of a recording, and the power of two that it was divided by: 0 unless that is float16."""
    if dtype != _HALF:
        return array.astype(dtype, copy=False), 0
    largest = float(np.abs(array).max(initial=0.0))
    exponent = int(np.frexp(largest)[1]) if 0 < largest < np.inf else 0
    return np.ldexp(array.astype(np.float64), -exponent).astype(dtype), exponent


def restored(array: Array, exponent: int) -> NDArray[np.float64]:
    """What `stored` was given, in float64, as exactly as its type allows."""
    return np.ldexp(array.astype(np.float64), exponent)
