"""Models in safetensors files: no pickle, readable from any framework."""

from __future__ import annotations

import json
import os
import secrets
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastbp._typing import Array
from fastbp.activations import ACTIVATIONS, Activation

if TYPE_CHECKING:
    from fastbp.mlp import MLP

_KIND, _VERSION = "fastbp.MLP", 1


def write_model(path: str | PathLike[str], model: MLP) -> None:
    """Write `model` to `path`."""
    from safetensors.numpy import save

    settings = {
        "kind": _KIND,
        "version": _VERSION,
        "layer_sizes": list(model.layer_sizes),
        "activation": [_describe(activation) for activation in model.activations[:-1]],
        "output_activation": _describe(model.output_activation),
        "output_is_auto": model.output_is_auto,
        "dtype": model.dtype.name,
        "seed": model.seed,
    }
    write_atomically(Path(path), save(_tensors(model), {"fastbp": json.dumps(settings)}))


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path` by one with `content`, or leave it as it was and raise OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_model(path: str | PathLike[str], model_class: type[MLP]) -> MLP:
    """The model in the file at `path`. Its weights need not be finite: a model that diverged can be looked at."""
    from safetensors import SafetensorError, safe_open

    if not os.path.exists(path):
        raise FileNotFoundError(f"no model file at {os.fspath(path)!r}")
    try:
        with safe_open(path, framework="numpy") as file:
            settings = json.loads((file.metadata() or {}).get("fastbp", "{}"))
            model = model_class(init="zeros", **_arguments(settings))
            model.output_is_auto = settings["output_is_auto"]
            for name, own in _tensors(model).items():
                stored = file.get_tensor(name)
                if stored.shape != own.shape:
                    raise ValueError(f"{name} has shape {stored.shape}; expected {own.shape}")
                own[...] = stored
            return model
    except (SafetensorError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{os.fspath(path)!r} is damaged, or holds no fastbp model: {error}") from error


def _tensors(model: MLP) -> dict[str, Array]:
    return {f"weights.{i}": array for i, array in enumerate(model.weights)} | {f"biases.{i}": array for i, array in enumerate(model.biases)}


def _describe(activation: Activation) -> dict[str, Any]:
    return {"name": activation.name, **vars(activation)}


def _build(description: dict[str, Any]) -> Activation:
    settings = dict(description)
    return ACTIVATIONS[settings.pop("name")](**settings)


def _arguments(settings: dict[str, Any]) -> dict[str, Any]:
    if settings.get("kind") != _KIND:
        raise ValueError(f"its metadata has no entry of kind {_KIND}")
    if settings["version"] > _VERSION:
        raise ValueError(f"it has format version {settings['version']}; this fastbp reads up to {_VERSION}")
    return {
        "layer_sizes": settings["layer_sizes"],
        "activation": [_build(description) for description in settings["activation"]],
        "output_activation": _build(settings["output_activation"]),
        "dtype": settings["dtype"],
        "seed": settings["seed"],
    }
