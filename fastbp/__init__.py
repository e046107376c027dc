"""fastbp trains multi-layer perceptrons by back-propagation on multicore CPUs."""

from typing import TYPE_CHECKING

from fastbp._table import later
from fastbp.activations import MODULES as _ACTIVATIONS
from fastbp.averages import MODULES as _AVERAGES
from fastbp.between import MODULES as _BETWEEN
from fastbp.callbacks import MODULES as _CALLBACKS
from fastbp.losses import MODULES as _LOSSES
from fastbp.mlp import MLP
from fastbp.optimizers import MODULES as _OPTIMIZERS
from fastbp.schedules import MODULES as _SCHEDULES
from fastbp.solvers import MODULES as _SOLVERS
from fastbp.together import MODULES as _TOGETHER
from fastbp.verification import verify

if TYPE_CHECKING:
    from fastbp import metrics as metrics
    from fastbp.activations.clipped import HardSigmoid, HardTanh, ReLU6, Softsign
    from fastbp.activations.custom import CustomActivation
    from fastbp.activations.exponential import CELU, ELU, SELU, Exponential, Softplus
    from fastbp.activations.gated import GELU, GELUTanh, HardSwish, Mish, SiLU
    from fastbp.activations.leaky import LeakyReLU
    from fastbp.activations.piecewise import Identity, ReLU
    from fastbp.activations.smooth import Sigmoid, Tanh
    from fastbp.activations.softmax import Softmax
    from fastbp.averages.kinds import EMA, SWA
    from fastbp.bands import Bands, confidence_bands
    from fastbp.between.normalizations import BatchNorm, LayerNorm
    from fastbp.callbacks.base import Callback
    from fastbp.callbacks.best_model import BestModel
    from fastbp.callbacks.certify import Certify
    from fastbp.callbacks.checkpoint import Checkpoint
    from fastbp.callbacks.csv_log import CSVLog
    from fastbp.callbacks.early_stopping import EarlyStopping
    from fastbp.callbacks.mlflow import MLflow
    from fastbp.callbacks.optuna_pruning import OptunaPruning
    from fastbp.callbacks.record import Record
    from fastbp.callbacks.tensorboard import TensorBoard
    from fastbp.diagnosis import Diagnosis
    from fastbp.distributed.mpi import MPI
    from fastbp.losses.categorical import CategoricalFocal
    from fastbp.losses.classification import BinaryCrossEntropy, CrossEntropy
    from fastbp.losses.custom import CustomLoss
    from fastbp.losses.log_link import Gamma, Poisson
    from fastbp.losses.margin import Focal, Hinge, SquaredHinge
    from fastbp.losses.quantile import Quantile
    from fastbp.losses.regression import SquaredError
    from fastbp.losses.robust import AbsoluteError, Huber, LogCosh
    from fastbp.metrics.custom import CustomMetric
    from fastbp.optimizers.adam import Adam, AdamW
    from fastbp.optimizers.adaptive import Adadelta, Adagrad
    from fastbp.optimizers.kin import LAMB, Adamax, AMSGrad, NAdam, RAdam
    from fastbp.optimizers.rmsprop import RMSprop
    from fastbp.optimizers.sgd import SGD
    from fastbp.optimizers.signs import IRpropMinus, Lion, Rprop
    from fastbp.schedules.course import Cosine, CosLog4, FlatCosine, OneCycle
    from fastbp.schedules.decay import CosineRestarts, ExponentialDecay, InverseScaling, MultiStep, PolynomialDecay, StepDecay
    from fastbp.schedules.joined import Sequence, Warmup
    from fastbp.schedules.plateau import Plateau
    from fastbp.solvers.lbfgs import LBFGS
    from fastbp.solvers.levenberg_marquardt import LevenbergMarquardt
    from fastbp.together.cross_validation import CrossValidation, cross_validate
    from fastbp.together.ensemble import Ensemble
    from fastbp.together.halving import halving_search
    from fastbp.together.rungs import HalvingSearch
    from fastbp.together.train import train_together
    from fastbp.trace import Trace
    from fastbp.trainer import Trainer
    from fastbp.training.divergence import DivergenceError
    from fastbp.training.history import History
    from fastbp.training.range_test import RangeTest

__version__ = "0.1.0"

# fmt: off
__all__ = [
    "CELU",
    "ELU",
    "EMA",
    "GELU",
    "LAMB",
    "LBFGS",
    "MLP",
    "MPI",
    "SELU",
    "SGD",
    "SWA",
    "AMSGrad",
    "AbsoluteError",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Bands",
    "BatchNorm",
    "BestModel",
    "BinaryCrossEntropy",
    "CSVLog",
    "Callback",
    "CategoricalFocal",
    "Certify",
    "Checkpoint",
    "CosLog4",
    "Cosine",
    "CosineRestarts",
    "CrossEntropy",
    "CrossValidation",
    "CustomActivation",
    "CustomLoss",
    "CustomMetric",
    "Diagnosis",
    "DivergenceError",
    "EarlyStopping",
    "Ensemble",
    "Exponential",
    "ExponentialDecay",
    "FlatCosine",
    "Focal",
    "GELUTanh",
    "Gamma",
    "HalvingSearch",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "Hinge",
    "History",
    "Huber",
    "IRpropMinus",
    "Identity",
    "InverseScaling",
    "LayerNorm",
    "LeakyReLU",
    "LevenbergMarquardt",
    "Lion",
    "LogCosh",
    "MLflow",
    "Mish",
    "MultiStep",
    "NAdam",
    "OneCycle",
    "OptunaPruning",
    "Plateau",
    "Poisson",
    "PolynomialDecay",
    "Quantile",
    "RAdam",
    "RMSprop",
    "RangeTest",
    "ReLU",
    "ReLU6",
    "Record",
    "Rprop",
    "Sequence",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "SquaredError",
    "SquaredHinge",
    "StepDecay",
    "Tanh",
    "TensorBoard",
    "Trace",
    "Trainer",
    "Warmup",
    "confidence_bands",
    "cross_validate",
    "halving_search",
    "train_together",
    "verify",
]
# fmt: on

# Imported when they are first asked for, so that scripts that do without start faster.
_OTHERS = {"CustomMetric": "fastbp.metrics.custom", "metrics": "fastbp.metrics", "RangeTest": "fastbp.training.range_test"}
_OTHERS |= {"Bands": "fastbp.bands", "confidence_bands": "fastbp.bands", "Diagnosis": "fastbp.diagnosis"}
_OTHERS |= {"Trainer": "fastbp.trainer", "History": "fastbp.training.history", "DivergenceError": "fastbp.training.divergence"}
_OTHERS |= {"Callback": "fastbp.callbacks.base", "MPI": "fastbp.distributed.mpi", "Trace": "fastbp.trace"}
_MODULES = _OTHERS | _CALLBACKS | _AVERAGES | _ACTIVATIONS | _BETWEEN | _LOSSES | _OPTIMIZERS | _SCHEDULES | _SOLVERS | _TOGETHER
__getattr__ = later(globals(), _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
