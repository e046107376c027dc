"""fastbp trains multi-layer perceptrons by back-propagation on multicore CPUs."""

from typing import TYPE_CHECKING, Any

from fastbp._table import attribute
from fastbp.activations import MODULES, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from fastbp.callbacks.base import Callback
from fastbp.mlp import MLP
from fastbp.optimizers import SGD, Adam, AdamW, RMSprop
from fastbp.trainer import Trainer
from fastbp.training.divergence import DivergenceError
from fastbp.training.history import History
from fastbp.verification import verify

if TYPE_CHECKING:
    from fastbp.activations.clipped import HardSigmoid, HardTanh, ReLU6, Softsign
    from fastbp.activations.custom import CustomActivation
    from fastbp.activations.exponential import CELU, ELU, SELU, Exponential, Softplus
    from fastbp.activations.gated import GELU, GELUTanh, HardSwish, Mish, SiLU
    from fastbp.callbacks.checkpoint import Checkpoint

__version__ = "0.1.0"

# fmt: off
__all__ = [
    "CELU", "ELU", "GELU", "MLP", "SELU", "SGD", "Adam", "AdamW", "Callback", "Checkpoint", "CustomActivation", "DivergenceError",
    "Exponential", "GELUTanh", "HardSigmoid", "HardSwish", "HardTanh", "History", "Identity", "LeakyReLU", "Mish", "RMSprop", "ReLU",
    "ReLU6", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh", "Trainer", "verify",
]
# fmt: on

# Imported when they are first asked for, so that scripts that do without start faster.
_MODULES = {"Checkpoint": "fastbp.callbacks.checkpoint"} | MODULES


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'fastbp' has no attribute {name!r}")
    globals()[name] = value = attribute(_MODULES[name], name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
