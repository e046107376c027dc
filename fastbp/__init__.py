"""fastbp trains multi-layer perceptrons by back-propagation on multicore CPUs."""

from typing import TYPE_CHECKING, Any

from fastbp.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from fastbp.callbacks.base import Callback
from fastbp.compiling.loading import loading
from fastbp.mlp import MLP
from fastbp.optimizers import SGD, Adam, AdamW, RMSprop
from fastbp.trainer import Trainer
from fastbp.training.divergence import DivergenceError
from fastbp.training.history import History
from fastbp.verification import verify

if TYPE_CHECKING:
    from fastbp.callbacks.checkpoint import Checkpoint

__version__ = "0.1.0"

__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "Callback",
    "Checkpoint",
    "DivergenceError",
    "History",
    "Identity",
    "LeakyReLU",
    "RMSprop",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Trainer",
    "verify",
]

# Imported when they are first asked for, so that scripts that do without start faster.
_MODULES = {"Checkpoint": "fastbp.callbacks.checkpoint"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'fastbp' has no attribute {name!r}")
    from importlib import import_module

    with loading:
        globals()[name] = value = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
