"""fastbp trains multi-layer perceptrons by back-propagation on multicore CPUs."""

from fastbp.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from fastbp.callbacks.base import Callback
from fastbp.callbacks.checkpoint import Checkpoint
from fastbp.mlp import MLP
from fastbp.optimizers import SGD, Adam, AdamW, RMSprop
from fastbp.trainer import Trainer
from fastbp.training.divergence import DivergenceError
from fastbp.training.history import History
from fastbp.verification import verify

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
