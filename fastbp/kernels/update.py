"""Updates: each optimizer's rule over the flat vector of parameters.

The coefficients of a step (learning rate, decay, bias corrections) come from Python, one row of `rates` a step, in the order in which the
optimizer's `coefficients` method lists them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange

from fastbp._jit import kernel, scalar
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, WEIGHT, Network, Rule, Workspace
from fastbp.kernels.codes import ADAM, RMSPROP, SGD
from fastbp.kernels.product import share
from fastbp.kernels.subnormal import flush_subnormals, restore

_TILE = 16


@kernel
def update(network: Network, workspace: Workspace, rule: Rule, step: int, tasks: int) -> None:
    """Change the parameters by the gradients, and keep the transposed weights the same as the weights."""
    if tasks == 1:
        update_share(network, workspace, rule, step, 1, 0)
        return
    for task in prange(tasks):
        mode = flush_subnormals()
        update_share(network, workspace, rule, step, tasks, np.int64(task))
        restore(mode)


@scalar
def update_share(network: Network, workspace: Workspace, rule: Rule, step: int, tasks: int, task: Any) -> None:
    """The part of every layer's parameters that belongs to `task`; with the code NO_UPDATE only the transposed weights are written."""
    table = network.table
    for layer in range(table.shape[0]):
        n_in, n_out, weight, bias = table[layer, N_IN], table[layer, N_OUT], table[layer, WEIGHT], table[layer, BIAS]
        begin, end = share(n_in, tasks, task, _TILE)
        _update_range(network.parameters, rule, step, weight + begin * n_out, weight + end * n_out)
        if layer > 0:
            _transpose(network.parameters, workspace.transposed, weight, n_in, n_out, begin, end)
        begin, end = share(n_out, tasks, task, _TILE)
        _update_range(network.parameters, rule, step, bias + begin, bias + end)


@scalar
def _update_range(parameters: Any, rule: Rule, step: int, begin: int, end: int) -> None:
    p, g, rates = parameters[begin:end], rule.gradients[begin:end], rule.rates[step]
    if rule.code == SGD:
        _sgd(p, g, rates, rule.slots, begin)
    elif rule.code == RMSPROP:
        _rmsprop(p, g, rates, rule.slots, begin)
    elif rule.code == ADAM:
        _adam(p, g, rates, rule.slots, begin)


@scalar
def _transpose(parameters: Any, transposed: Any, weight: int, n_in: int, n_out: int, begin: int, end: int) -> None:
    """Rows `begin` to `end` of W to columns of its transpose, tile by tile, so that neither side leaves the cache between two uses."""
    for k0 in range(begin, end, _TILE):
        for j0 in range(0, n_out, _TILE):
            for j in range(j0, min(j0 + _TILE, n_out)):
                for k in range(k0, min(k0 + _TILE, end)):
                    transposed[weight + j * n_in + k] = parameters[weight + k * n_out + j]


@scalar
def _sgd(p: Any, g: Any, rates: Any, slots: Any, begin: int) -> None:
    """V = momentum v + g; p -= rate v, or with Nesterov's look-ahead p -= rate (g + momentum v)."""
    rate, penalty, momentum, nesterov = rates[0], rates[1], rates[2], rates[3]
    if slots.shape[0] == 0:
        for i in range(p.size):
            p[i] -= rate * (g[i] + penalty * p[i])
        return
    velocity = slots[0, begin : begin + p.size]
    for i in range(p.size):
        slope = g[i] + penalty * p[i]
        v = momentum * velocity[i] + slope
        velocity[i] = v
        p[i] -= rate * (slope + momentum * v if nesterov > 0 else v)


@scalar
def _rmsprop(p: Any, g: Any, rates: Any, slots: Any, begin: int) -> None:
    """S = alpha s + (1 - alpha) g**2; p -= rate g / (sqrt(s) + epsilon), with momentum over the quotient, centred by the mean of g."""
    rate, penalty, alpha, fresh, epsilon, momentum, centered = rates[0], rates[1], rates[2], rates[3], rates[4], rates[5], rates[6]
    square = slots[0, begin : begin + p.size]
    if slots.shape[0] == 1:
        for i in range(p.size):
            slope = g[i] + penalty * p[i]
            s = alpha * square[i] + fresh * slope * slope
            square[i] = s
            p[i] -= rate * slope / (math.sqrt(s) + epsilon)
        return
    velocity = slots[1, begin : begin + p.size]
    mean = slots[2, begin : begin + p.size]
    for i in range(p.size):
        slope = g[i] + penalty * p[i]
        s = alpha * square[i] + fresh * slope * slope
        m = centered * (mean[i] + fresh * (slope - mean[i]))
        square[i] = s
        mean[i] = m
        v = momentum * velocity[i] + slope / (math.sqrt(max(s - m * m, type(s)(0))) + epsilon)
        velocity[i] = v
        p[i] -= rate * v


@scalar
def _adam(p: Any, g: Any, rates: Any, slots: Any, begin: int) -> None:
    """M = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g**2; p = keep p - rate m / (sqrt(v) correction + epsilon)."""
    rate, penalty, keep, b1, fresh1, b2, fresh2, correction, epsilon = (
        rates[0], rates[1], rates[2], rates[3], rates[4], rates[5], rates[6], rates[7], rates[8],
    )  # fmt: skip
    first = slots[0, begin : begin + p.size]
    second = slots[1, begin : begin + p.size]
    for i in range(p.size):
        slope = g[i] + penalty * p[i]
        m = b1 * first[i] + fresh1 * slope
        v = b2 * second[i] + fresh2 * slope * slope
        first[i] = m
        second[i] = v
        p[i] = keep * p[i] - rate * m / (math.sqrt(v) * correction + epsilon)
