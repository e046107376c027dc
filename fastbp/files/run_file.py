"""Training runs in files: all that `Trainer.resume` needs to go on as if nothing had happened."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from fastbp import layout
from fastbp._typing import Array
from fastbp.files.model_file import ENTRY, build, check_version, describe, fill, tensors_of
from fastbp.files.sealed import Content, as_path, existing, sealed, unsealed, write_atomically
from fastbp.losses import describe_loss, described_loss
from fastbp.mlp import MLP
from fastbp.optimizers import OPTIMIZERS, Optimizer
from fastbp.training.epoch import Epoch
from fastbp.training.history import History
from fastbp.training.memory import Memory

if TYPE_CHECKING:
    from fastbp.trainer import Trainer

_ENTRY, _KIND, _VERSION = "run", "fastbp.Trainer", 1
# Columns of the history; of the last two an epoch may have no entry.
_COLUMNS, _OPTIONAL = ("loss", "seconds", "samples_per_second"), ("val_loss", "val_accuracy")


def write_run(path: object, trainer: Trainer) -> None:
    """Write `trainer` to `path`."""
    write_atomically(as_path(path), *run_content(trainer))


def run_content(trainer: Trainer) -> list[bytes | memoryview]:
    """The file that holds `trainer`, in pieces."""
    trainer._check_optimizer()
    tensors = tensors_of(trainer.model) | _slots(trainer) | _history_arrays(trainer.history)
    if trainer._current is not None:
        tensors["epoch.losses"] = trainer._current.losses
    return sealed(tensors, {ENTRY: describe(trainer.model), _ENTRY: _describe(trainer)})


def read_run(path: object, trainer_class: type[Trainer], threads: int | None) -> Trainer:
    """The trainer in the file at `path`."""
    place = existing(path, "run")
    content = unsealed(place)
    model = build(place, content, MLP)
    try:
        run = content.settings.get(_ENTRY, {})
        if run.get("kind") != _KIND:
            raise ValueError("it holds a model but no run; MLP.load reads it")
        check_version(run["version"], 1, _VERSION)
        return _build(content, run, model, trainer_class, threads)
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{str(place)!r} holds no run that can go on: {error}") from error


def _describe(trainer: Trainer) -> dict[str, Any]:
    current = trainer._current
    return {
        "kind": _KIND,
        "version": _VERSION,
        "loss": describe_loss(trainer.loss),
        "optimizer": _describe_optimizer(trainer.optimizer),
        "batch_size": trainer.batch_size,
        "shuffle": trainer.shuffle,
        "seed": trainer.seed,
        "precision": trainer.precision,
        "epoch": trainer.epoch,
        "steps": trainer.steps,
        "memory": {"name": trainer._memory.name, "slots": len(trainer._memory.slots), "steps": trainer._memory.steps},
        "current": current and {field.name: getattr(current, field.name) for field in fields(current) if field.name != "losses"},
        "stopped": trainer.history.stopped,
        "data": trainer._data,
    }


def _describe_optimizer(optimizer: Optimizer) -> dict[str, Any]:
    if OPTIMIZERS.get(optimizer.name) is not type(optimizer):
        raise TypeError(f"optimizer is of type {type(optimizer).__name__}; a file can hold {', '.join(OPTIMIZERS)}")
    return {"name": optimizer.name, **asdict(optimizer)}


def _build(content: Content, run: dict[str, Any], model: MLP, trainer_class: type[Trainer], threads: int | None) -> Trainer:
    optimizer = dict(run["optimizer"])
    trainer = trainer_class(
        model,
        loss=described_loss(run["loss"]),
        optimizer=OPTIMIZERS[optimizer.pop("name")](**optimizer),
        batch_size=run["batch_size"],
        shuffle=run["shuffle"],
        seed=run["seed"],
        threads=threads,
        precision=run["precision"],
    )
    trainer.epoch, trainer.steps, trainer._data, trainer._resumed = run["epoch"], run["steps"], run["data"], True
    memory, size = run["memory"], model.network.size
    slots = layout.aligned_zeros(memory["slots"] * size, model.dtype).reshape(-1, size)
    trainer._memory = Memory(memory["name"], slots, memory["steps"])
    fill(_slots(trainer), content.tensors)
    trainer.history = _history(content.tensors)
    trainer.history.stopped = run["stopped"]
    if run["current"] is not None:
        losses = content.tensors["epoch.losses"].astype(np.float64)
        trainer._current = Epoch(losses=losses, **run["current"])
    return trainer


def _slots(trainer: Trainer) -> dict[str, Array]:
    """The optimizer's memory by its names in a file, one array for each of the model's."""
    tensors: dict[str, Array] = {}
    for number, slot in enumerate(trainer._memory.slots):
        weights, biases = layout.matrices(slot, trainer.model.network.table)
        tensors |= {f"optimizer.{number}.weights.{i}": array for i, array in enumerate(weights)}
        tensors |= {f"optimizer.{number}.biases.{i}": array for i, array in enumerate(biases)}
    return tensors


def _history_arrays(history: History) -> dict[str, Array]:
    tensors = {f"history.{name}": np.array(getattr(history, name), np.float64) for name in _COLUMNS}
    for name in _OPTIONAL:
        values = getattr(history, name)
        tensors[f"history.{name}"] = np.array(values, np.float64)
        tensors[f"history.{name}.given"] = np.array([value is not None for value in values], np.uint8)
    return tensors


def _history(tensors: dict[str, Array]) -> History:
    history = History(**{name: tensors[f"history.{name}"].tolist() for name in _COLUMNS})
    for name in _OPTIONAL:
        given = tensors[f"history.{name}.given"].tolist()
        values = tensors[f"history.{name}"].tolist()
        setattr(history, name, [value if known else None for value, known in zip(values, given, strict=True)])
    return history
