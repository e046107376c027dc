"""Several models, and the histories of their training, in one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.files.model_file import ENTRY, Model, ModelT, build, check_version, describe
from fastbp.files.sealed import Content, existing, sealed, unsealed

_ENTRY, _KIND, _VERSION = "ensemble", "fastbp.Ensemble", 1
# Before the names of arrays of a history.
_HISTORY = "history."


def ensemble_content(models: Sequence[Model], arrays: Sequence[dict[str, Array]], histories: Sequence[dict[str, Any]]) -> list[Any]:
    """The file that holds models, of which `arrays` are copies of their arrays, and the states of histories, in pieces."""
    tensors: dict[str, Array] = {}
    members = []
    for i, (model, own, history) in enumerate(zip(models, arrays, histories, strict=True)):
        tensors |= {f"{i}.{name}": array for name, array in own.items()}
        tensors |= {f"{i}.{_HISTORY}{name}": value for name, value in history.items() if isinstance(value, np.ndarray)}
        values = {name: value for name, value in history.items() if not isinstance(value, np.ndarray)}
        members.append({"model": describe(model), "history": values})
    return sealed(tensors, {_ENTRY: {"kind": _KIND, "version": _VERSION, "members": members}})


def read_ensemble(path: object, model_class: Callable[..., ModelT]) -> tuple[list[ModelT], list[dict[str, Any]]]:
    """Models and states of histories in the file at `path`; ValueError where it holds none."""
    place = existing(path, "ensemble")
    content = unsealed(place)
    try:
        ensemble = content.settings.get(_ENTRY, {})
        if ensemble.get("kind") != _KIND:
            raise ValueError(f"its metadata has no entry of kind {_KIND}")
        check_version(ensemble["version"], _VERSION, _VERSION)
        if not content.checked:
            raise ValueError("it holds no checksum")
        members = ensemble["members"]
        found = [_member(place, i, member, content, model_class) for i, member in enumerate(members)]
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{str(place)!r} is damaged, or holds no fastbp ensemble: {error}") from error
    return [model for model, _ in found], [history for _, history in found]


def _member(
    place: Path, number: int, member: dict[str, Any], content: Content, model_class: Callable[..., ModelT]
) -> tuple[ModelT, dict[str, Any]]:
    begin = f"{number}."
    own = {name.removeprefix(begin): array for name, array in content.tensors.items() if name.startswith(begin)}
    arrays = {name.removeprefix(_HISTORY): array for name, array in own.items() if name.startswith(_HISTORY)}
    return build(place, Content(own, {ENTRY: member["model"]}, True), model_class), member["history"] | arrays
