"""The integers by which kernels know activations, losses, optimizers and element types. Importing them compiles nothing."""

from __future__ import annotations

import numpy as np

ACTIVATIONS = IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, SOFTMAX = range(6)

LOSSES = NO_LOSS, SQUARED_ERROR, CROSS_ENTROPY, BINARY_CROSS_ENTROPY = range(4)
#: Numbers that a loss may be set by.
LOSS_SETTINGS = 4

RULES = NO_UPDATE, SGD, MOMENTUM, RMSPROP, RMSPROP_MOMENTUM, ADAM = range(6)
#: Numbers that an optimizer's rule may use at a step.
COEFFICIENTS = 12

# Kernels that are compiled for themselves and called by their address.
GATHER, FORWARD, ERROR, DELTA, GRADIENT, UPDATE, UPDATE_ROWS, SHARDS, HITS, OUTPUT, TASK = range(11)

# What a run does with each batch: a training step; its losses and hits; the output layer's values.
TRAIN, SCORE, PREDICT = range(3)

# Element types that rows are read in; the kernels' branches follow this order.
DTYPES = tuple(np.dtype(name) for name in ("f4", "f8", "u1", "i2", "i4", "i8"))
F4, F8, U1, I2, I4, I8 = range(6)
