"""Nets as the command line names them: ``784-128-10,128,adam,sigmoid`` and, after a further comma, the loss."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass

from benchmarks.common import flops_of_training
from benchmarks.comparison.task import EXTRAS, Task

FORM = "LAYERS,BATCH,OPTIMIZER,ACTIVATION[,LOSS[,EXTRA]], such as 784-128-10,128,adam,sigmoid"
OPTIMIZERS = ("sgd", "adam", "nadam")
ACTIVATIONS = ("sigmoid", "tanh", "relu", "gelu")
LOSSES = ("cross_entropy", "squared_error")

# From a few kilobytes of weights to 100 MB, the odd ones filling neither vectors nor blocks nor shares of threads.
DEFAULT = (
    "64-64-8,32,sgd,sigmoid",
    "4-32-16-4,10000,adam,tanh,squared_error",
    "784-128-10,32,sgd,sigmoid",
    "784-128-10,128,adam,sigmoid",
    "784-512-512-10,128,adam,relu",
    "256-1024-1024-1024-10,256,adam,sigmoid",
    "1024-4096-4096-1000,1024,sgd,sigmoid",
    "97-33-7,61,adam,relu",
    "16-32-32-32-32-32-32-2,64,adam,tanh",
    "30-2000-1,100,sgd,relu,squared_error",
    "784-128-10,1,sgd,sigmoid",
    "333-257-129,100,adam,tanh",
    "1-64-64-1,256,adam,tanh,squared_error",
)

# Each with what a net may have beside, which costs a step something.
FEATURES = tuple(
    f"{net},{how}"
    for net in ("784-128-10,128", "784-512-512-10,128", "64-64-8,32")
    for how in ("adam,gelu", "nadam,relu", *(f"adam,relu,cross_entropy,{extra}" for extra in EXTRAS))
)

# An epoch: about this many operations, so that it lasts a part of a turn, within the other limits.
_FLOPS = 2e10
_BYTES = 64 * 2**20
_MOST_STEPS = 2000
_LEAST_STEPS, _LEAST_STEPS_OF_LARGE, _LARGE = 20, 4, 512
# Batches from this size on are the whole set.
_WHOLE = 4096


@dataclass(frozen=True)
class Spec:
    """A net as named on the command line."""

    sizes: tuple[int, ...]
    batch: int
    optimizer: str
    activation: str
    loss: str
    extra: str = ""

    def __str__(self) -> str:
        tail = f",{self.loss},{self.extra}" if self.extra else "" if self.loss == LOSSES[0] else f",{self.loss}"
        return f"{self.layers},{self.batch},{self.optimizer},{self.activation}{tail}"

    @property
    def layers(self) -> str:
        """``784-128-10``."""
        return "-".join(map(str, self.sizes))

    @property
    def flops(self) -> int:
        """Floating-point operations of a step."""
        return flops_of_training(self.sizes, self.batch)

    @property
    def rows(self) -> int:
        """Rows of the data set, a multiple of the batch."""
        if self.batch >= _WHOLE:
            return self.batch
        least = _LEAST_STEPS if self.batch < _LARGE else _LEAST_STEPS_OF_LARGE
        fitting = _BYTES // (4 * self.sizes[0] * self.batch)
        return self.batch * max(least, min(int(_FLOPS / self.flops), fitting, _MOST_STEPS))

    def task(self, threads: int, all_cores: bool, dtype: str = "float32") -> Task:
        """What the workers are sent."""
        return Task(self.sizes, self.batch, self.rows, self.optimizer, self.activation, self.loss, threads, all_cores, self.extra, dtype)


def parse(text: str) -> Spec:
    """Read a spec, or raise ArgumentTypeError saying what is wrong with it."""
    layers, *rest = text.split(",")
    if len(rest) == 3:
        rest.append(LOSSES[0])
    if len(rest) == 4:
        rest.append("")
    if len(rest) != 5:
        raise ArgumentTypeError(f"{text!r} has {text.count(',') + 1} parts; expected {FORM}")
    sizes = tuple(_positive(size, "layer size", text) for size in layers.split("-"))
    if len(sizes) < 2:
        raise ArgumentTypeError(f"{text!r}: expected at least an input and an output layer, such as 784-10")
    batch, optimizer, activation, loss, extra = rest
    for name, value, known in (
        ("optimizer", optimizer, OPTIMIZERS), ("activation", activation, ACTIVATIONS), ("loss", loss, LOSSES),
        ("extra", extra, ("", *EXTRAS)),
    ):  # fmt: skip
        if value not in known:
            raise ArgumentTypeError(f"{text!r}: {name} is {value!r}; expected {' or '.join(filter(None, known))}")
    if loss == "cross_entropy" and sizes[-1] == 1:
        raise ArgumentTypeError(f"{text!r}: cross_entropy needs at least 2 outputs; for one, end the spec with ,squared_error")
    return Spec(sizes, _positive(batch, "batch", text), optimizer, activation, loss, extra)


def _positive(number: str, name: str, text: str) -> int:
    if not (number.isascii() and number.isdigit() and int(number) > 0):
        raise ArgumentTypeError(f"{text!r}: {name} is {number!r}; expected a whole number from 1 on")
    return int(number)
