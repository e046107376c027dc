"""Models in files: readable from any framework."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from fastbp._typing import Array, DType
from fastbp.activations import Activation, Identity, described_activation
from fastbp.between import Between, described_between
from fastbp.data.frames import Names
from fastbp.data.labels import Classes
from fastbp.files.sealed import Content, as_path, existing, sealed, unsealed, write_atomically
from fastbp.files.tensors import fill

#: The entry of a file's metadata that describes the model.
ENTRY = "fastbp"
_KIND, _VERSION = "fastbp.MLP", 2
# Of models with something between their layers, which a reader of version 2 would leave out of predictions.
_NEWEST = 3
# Files of this version hold no checksum.
_UNSEALED = 1


class Model(Protocol):
    """What a model is to its file."""

    layer_sizes: tuple[int, ...]
    activations: tuple[Activation, ...]
    output_is_auto: bool
    dtype: DType
    seed: int
    between: Between
    feature_names: Names
    classes: Classes

    def named_arrays(self) -> dict[str, Array]:
        """Views of its arrays by their names in a file."""


ModelT = TypeVar("ModelT", bound=Model)


def model_content(model: Model) -> list[bytes | memoryview]:
    """The file that holds `model`, in pieces."""
    return sealed(model.named_arrays(), {ENTRY: describe(model)})


def write(path: object, content: list[bytes | memoryview]) -> None:
    """Write a file to `path`, in one piece or not at all."""
    write_atomically(as_path(path), *content)


def read_model(path: object, model_class: Callable[..., ModelT]) -> ModelT:
    """The model in the file at `path`, which may be that of a run. Its weights need not be finite: one that diverged can be looked at."""
    place = existing(path, "model")
    return build(place, unsealed(place), model_class)


def describe(model: Model) -> dict[str, Any]:
    """What it takes to build a model like this one, in terms of JSON."""
    return {
        "kind": _KIND,
        "version": _NEWEST if model.between.is_used else _VERSION,
        "layer_sizes": list(model.layer_sizes),
        "activation": [activation.described() for activation in model.activations[:-1]],
        "output_activation": model.activations[-1].described(),
        "output_is_auto": model.output_is_auto,
        "dtype": model.dtype.name,
        "seed": model.seed,
        "feature_names": model.feature_names,
        "classes": model.classes,
        **model.between.described(),
    }


def build(path: Path, content: Content, model_class: Callable[..., ModelT]) -> ModelT:
    """The model that the file at `path` holds."""
    try:
        description = content.settings.get(ENTRY, {})
        if description.get("kind") != _KIND:
            raise ValueError(f"its metadata has no entry of kind {_KIND}")
        check_version(description["version"], _UNSEALED, _NEWEST)
        if not content.checked and description["version"] != _UNSEALED:
            raise ValueError("it holds no checksum")
        model = model_class(init="zeros", **_arguments(description))
        # What "auto" stood for it stays, unless it stood for nothing yet.
        vars(model)["output_is_auto"] = description["output_is_auto"] and isinstance(model.activations[-1], Identity)
        vars(model)["feature_names"] = _names(description)
        fill(model.named_arrays(), content.tensors)
        return model
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{str(path)!r} is damaged, or holds no fastbp model: {error}") from error


def check_version(version: int, oldest: int, newest: int) -> None:
    """Raise ValueError for a format that this fastbp does not read."""
    if not oldest <= version <= newest:
        raise ValueError(f"it has format version {version}; this fastbp reads versions {oldest} to {newest}")


def _names(description: dict[str, Any]) -> Names:
    """The names of features, which files of earlier versions do not have."""
    names = description.get("feature_names")
    if names is None:
        return None
    strings = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not strings or not len(names) == len(set(names)) == description["layer_sizes"][0]:
        raise ValueError(f"its feature_names are {names!r:.60}; expected a name for each input")
    return tuple(names)


def _arguments(description: dict[str, Any]) -> dict[str, Any]:
    return {
        "layer_sizes": description["layer_sizes"],
        "activation": [described_activation(activation) for activation in description["activation"]],
        "output_activation": described_activation(description["output_activation"]),
        "dtype": description["dtype"],
        "seed": description["seed"],
        "classes": description.get("classes"),
        **described_between(description),
    }
