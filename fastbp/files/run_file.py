"""Training runs in files: all that `Trainer.resume` needs to go on as if nothing had happened.

Each part of a run has an entry of JSON under its name in the metadata, and its arrays as tensors ``part.name``; the model's are named as in
a model file, so that `MLP.load` reads them from here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from fastbp._typing import Array
from fastbp.files.model_file import ENTRY, Model, ModelT, build, check_version, describe
from fastbp.files.sealed import Content, existing, sealed, unsealed

_ENTRY, _KIND, _VERSION = "run", "fastbp.Trainer", 2
# Files of this version hold the entries of the parts in other places.
_OLD = 1
_MODEL = "model"

BuiltT = TypeVar("BuiltT")


class Stored(NamedTuple):
    """What a file holds beside the model."""

    settings: dict[str, Any]
    states: dict[str, dict[str, Any]]  # of the parts, by their names


def run_content(model: Model, settings: Mapping[str, Any], states: Mapping[str, Mapping[str, Any]]) -> list[bytes | memoryview]:
    """The file that holds a run with these settings, whose parts have these states, in pieces."""
    tensors: dict[str, Array] = {}
    values: dict[str, dict[str, Any]] = {}
    for part, state in states.items():
        tensors |= {_tensor(part, name): value for name, value in state.items() if isinstance(value, np.ndarray)}
        values[part] = {name: value for name, value in state.items() if not isinstance(value, np.ndarray)}
    run = {"kind": _KIND, "version": _VERSION, **settings, "parts": values}
    return sealed(tensors, {ENTRY: describe(model), _ENTRY: run})


def read_run(path: object, model_class: Callable[..., ModelT], build_run: Callable[[ModelT, Stored], BuiltT]) -> BuiltT:
    """What `build_run` makes of the model and of all else in the file at `path`; ValueError when it cannot."""
    place = existing(path, "run")
    content = unsealed(place)
    model = build(place, content, model_class)
    try:
        run = content.settings.get(_ENTRY, {})
        if run.get("kind") != _KIND:
            raise ValueError("it holds a model but no run; MLP.load reads it")
        check_version(run["version"], _OLD, _VERSION)
        parts = _parts_of_old(run) if run["version"] == _OLD else run["parts"]
        states = {part: values | _tensors_of(part, content) for part, values in parts.items()}
        return build_run(model, Stored(run, states))
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{str(place)!r} holds no run that can go on: {error}") from error


def _parts_of_old(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        _MODEL: {},
        "optimizer": run["memory"],
        "epoch": {name: run[name] for name in ("epoch", "steps", "current")},
        "history": {"stopped": run["stopped"]},
        "data": {"known": run["data"]},
    }


def _tensor(part: str, name: str) -> str:
    return name if part == _MODEL else f"{part}.{name}"


def _tensors_of(part: str, content: Content) -> dict[str, Array]:
    if part == _MODEL:
        return content.tensors
    begin = f"{part}."
    return {name.removeprefix(begin): array for name, array in content.tensors.items() if name.startswith(begin)}
