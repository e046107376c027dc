"""A few short runs whose results are stored bit by bit, for each level of vector instructions that the kernels may be compiled for.

``golden.json`` holds their losses and the SHA-256 of what they leave behind; `make_golden.py` writes it. Whatever enters a run is exact, so
that nothing but the kernels can change its bits: weights and data are whole numbers by powers of two, from a bit generator whose stream
NumPy guarantees, rows are not shuffled, and Adam, whose bias corrections come from NumPy's `power`, which rounds otherwise on other
processors, trains in float32, where that rounding is lost.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastbp._typing import Array
from fastbp.mlp import MLP
from fastbp.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from fastbp.trainer import Trainer
from fastbp.verification.deviation import Deviation, Findings, compare
from fastbp.verification.level import level

FILE = Path(__file__).with_name("golden.json")
# Of losses on a level of which no bits are stored.
_LIMITS = {"float64": 1e-12, "float32": 1e-5}


class Run(NamedTuple):
    """Three epochs on a net."""

    sizes: tuple[int, ...]
    rows: int
    batch: int | None
    activation: str
    loss: str
    optimizer: Optimizer
    dtype: str


#: Each loss and each optimizer that is in every kernel. The others are compared with the oracle.
RUNS = {
    "sgd": Run((6, 10, 2), 40, None, "tanh", "squared_error", SGD(0.125), "float64"),
    "nesterov": Run((9, 17, 4), 23, 5, "sigmoid", "cross_entropy", SGD(0.0625, momentum=0.875, nesterov=True), "float64"),
    "rmsprop, centered": Run(
        (20, 33, 12, 3), 61, 24, "tanh", "binary_cross_entropy", RMSprop(0.005, momentum=0.5, centered=True), "float64"
    ),
    "rmsprop in shards": Run((7, 19, 1), 700, None, "leaky_relu", "squared_error", RMSprop(0.005), "float32"),
    "adam": Run((130, 300, 70, 10), 96, 32, "relu", "cross_entropy", Adam(0.001), "float32"),
    "adamw row by row": Run((6, 40, 2), 12, 1, "sigmoid", "binary_cross_entropy", AdamW(0.01), "float32"),
}


def stored_runs_come_out_bit_by_bit() -> Findings:
    """The hashes of this level; where none are stored, the losses."""
    stored, here = json.loads(FILE.read_text()), level()
    deviations = []
    for name, run in RUNS.items():
        losses, digest = train(run)
        wanted = [float.fromhex(loss) for loss in stored["losses"][name]]
        measured = compare(f"{name}, {run.dtype}: history.loss", losses, wanted, limit=_LIMITS[run.dtype])
        if here in stored["hashes"]:
            known = stored["hashes"][here][name]
            told = f"{measured.where} {measured.found} for {measured.wanted}"
            error = 0.0 if digest == known else max(measured.error, float(np.finfo(run.dtype).eps))
            measured = Deviation(f"{name}, {run.dtype}: the hash of its results", error, 0, f"{digest[:12]} ({told})", known[:12])
        deviations.append(measured)
    if here in stored["hashes"]:
        return Findings(deviations, f"hashes of {here}")
    return Findings(deviations, f"no hashes are stored for {here}, so losses are compared, which differ by rounding alone")


def train(run: Run) -> tuple[list[float], str]:
    """The losses of a run, and a hash of these and of the parameters."""
    weights = [_numbers(1, 2 * i, shape) for i, shape in enumerate(pairwise(run.sizes))]
    biases = [_numbers(1, 2 * i + 1, (n_out,)) for i, n_out in enumerate(run.sizes[1:])]
    scaled = [weight * 2.0 ** -(len(weight).bit_length() // 2) for weight in weights]
    model = MLP(run.sizes, activation=run.activation, init=(scaled, biases), dtype=run.dtype)
    trainer = Trainer(model, loss=run.loss, optimizer=run.optimizer, batch_size=run.batch, shuffle=False, threads=1, seed=0)
    losses = trainer.fit(_numbers(2, 0, (run.rows, run.sizes[0])), _targets(run), epochs=3).loss
    left = [*model.weights, *model.biases, np.array(losses)]
    return losses, hashlib.sha256(b"".join(array.tobytes() for array in left)).hexdigest()


def results() -> dict[str, Any]:
    """What is stored of all runs, as it comes out here: {name: (losses in hexadecimal, hash)}."""
    done = {name: train(run) for name, run in RUNS.items()}
    return {name: ([loss.hex() for loss in losses], digest) for name, (losses, digest) in done.items()}


def _numbers(key: int, part: int, shape: tuple[int, ...]) -> Array:
    """Multiples of 2**-15 in [-1, 1)."""
    raw = np.random.Philox(key=np.array([key, part], np.uint64)).random_raw(int(np.prod(shape)))
    numbers: Array = (raw >> np.uint64(48)).astype(np.float64).reshape(shape) / 2**15 - 1
    return numbers


def _targets(run: Run) -> Array:
    if run.loss == "cross_entropy":
        return np.arange(run.rows) % run.sizes[-1]
    numbers = _numbers(3, 0, (run.rows, run.sizes[-1]))
    return (numbers + 1) / 2 if run.loss == "binary_cross_entropy" else numbers
