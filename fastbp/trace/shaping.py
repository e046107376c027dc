"""What the next step does to the inputs and to the units: noise, and which it leaves out."""

from __future__ import annotations

import numpy as np

from fastbp._random import random_key
from fastbp._textbook import Array
from fastbp.kernels.dropout import INPUTS, NOISE, UNITS
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.loader import drawn
from fastbp.training.run import Run


def shaped(run: Run, given: Array) -> tuple[Array, list[Array]]:
    """The inputs in float64, with noise, and what they and the units of each hidden layer are multiplied with."""
    between, rows = run.model.between, len(given)
    inputs, sizes = given.astype(np.float64), run.model.layer_sizes[:-1]
    if between.input_noise > 0:
        inputs = inputs + between.input_noise * _numbers(run, NOISE, rows, sizes[0], normal=True).astype(np.float64)
    shares = [between.input_dropout, *between.rates(len(sizes) - 1)]
    if between.is_scheduled:
        shares[1:] = [float(between.rates_of_steps(np.array([_steps(run) + 1]), run.plan.now)[0])] * (len(sizes) - 1)
    purposes = [INPUTS, *(UNITS + layer for layer in range(len(sizes) - 1))]
    return inputs, [_mask(run, *each, rows) for each in zip(purposes, sizes, shares, strict=True)]


def _mask(run: Run, purpose: int, units: int, share: float, rows: int) -> Array:
    """0 for who is left out, the factor of what is left for the others."""
    if share == 0:
        return np.broadcast_to(np.float64(1), (rows, units))
    left_out = _numbers(run, purpose, rows, units) < run.model.dtype.type(share)
    return np.where(left_out, 0.0, 1 / (1 - share))


def _numbers(run: Run, purpose: int, rows: int, units: int, normal: bool = False) -> Array:
    """Those of the next step (rows, units), as the kernels draw them."""
    lanes = BYTES // run.model.dtype.itemsize
    padded = -(-rows // lanes) * lanes
    out = np.zeros(units * padded, run.model.dtype)
    drawn().draw(out, random_key(run.seed), run.position.steps, purpose, units, normal)
    return out.reshape(units, padded).T[:rows]


def _steps(run: Run) -> int:
    """Those that the optimizer has made."""
    return run.memory.steps if run.memory.name == run.optimizer.name else 0
