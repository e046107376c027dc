"""The integers by which kernels know activations, losses, optimizers and element types. Importing them compiles nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

#: Activations in every compiled kernel.
CORE_ACTIVATIONS = IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, SOFTMAX = range(6)
#: Those compiled when a network has them.
OTHER_ACTIVATIONS = (
    ELU, CELU, SELU, GELU, GELU_TANH, SILU, MISH, SOFTPLUS, SOFTSIGN, HARD_SIGMOID, HARD_TANH, HARD_SWISH, RELU6, EXPONENTIAL,
    ASCENDING,
) = range(6, 21)  # fmt: skip
ACTIVATIONS = (*CORE_ACTIVATIONS, *OTHER_ACTIVATIONS)
#: The first of the codes of activations that users have made, and by code their functions of z, the value and the derivative.
OWN_ACTIVATION = 1000
OWN_ACTIVATIONS: dict[int, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {}
#: Numbers that an activation may be set by. A layer has these, and after them the share of its outputs that dropout leaves out (below 0:
#: that of the step), epsilon and momentum of its normalisation, and of the inputs the share left out and the deviation of noise.
ACTIVATION_SETTINGS, LAYER_SETTINGS = 2, 7
DROPOUT, EPSILON, MOMENTUM_OF_MEANS, INPUT_DROPOUT, INPUT_NOISE = range(2, 7)

#: Kinds of parameters of a layer: weights, biases, and where it is normalised scales and shifts.
PARTS = 4
#: The variant of GATHER that mixes each row with another.
MIXED = 1
#: The variant of APART whose gradients are there already, and the parts of a step that it is asked for, in their order: sums of squares of
#: gradients; the rule; sums of squares for LAMB; its step; what follows the update. Their sum is in ``limits.apart``.
GIVEN = 2
SQUARES, RULE, NORMS, TRUST, AFTER = 1, 2, 4, 8, 16
#: The variant of APART that makes the gradients of some layers, and leaves the parameters alone.
BY_LAYERS = 3
#: What a layer's logits are normalised over.
NO_NORM, BATCH_NORM, LAYER_NORM = range(3)

#: Losses in every compiled kernel.
CORE_LOSSES = NO_LOSS, SQUARED_ERROR, CROSS_ENTROPY, BINARY_CROSS_ENTROPY = range(4)
#: Those compiled when a run asks for them.
OTHER_LOSSES = (
    ABSOLUTE_ERROR, HUBER, LOG_COSH, QUANTILE, POISSON, GAMMA, HINGE, SQUARED_HINGE, FOCAL, SMOOTHED_CROSS_ENTROPY,
    WEIGHTED_BINARY_CROSS_ENTROPY, CATEGORICAL_FOCAL,
) = range(4, 16)  # fmt: skip
LOSSES = (*CORE_LOSSES, *OTHER_LOSSES)
#: Those that are reported as scikit-learn does, of `fastbp.sklearn` alone.
REPORTED_LOSSES = CLIPPED_CROSS_ENTROPY, CLIPPED_BINARY_CROSS_ENTROPY, HALF_SQUARED_ERROR = range(50, 53)
#: Losses of predictions act(z), whose deltas are dL/da first and are then multiplied by the derivative; the others take z.
OF_PREDICTIONS = SQUARED_ERROR, ABSOLUTE_ERROR, HUBER, LOG_COSH, HALF_SQUARED_ERROR
#: Room for the numbers that most losses are set by.
LOSS_SETTINGS = 4
#: Added to the code of a loss that leaves out targets which are NaN.
MASKED = 100
#: The first of the codes of losses that users have made, and by code their functions of a prediction and a target, value and derivative.
OWN_LOSS = 1000
OWN_LOSSES: dict[int, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {}
#: What a right answer is: of none, of outputs on their side of one half, of rows whose largest output is the right one.
NO_ACCURACY, SIDES, LARGEST = range(3)

#: Rules in every compiled kernel.
CORE_RULES = NO_UPDATE, SGD, ADAM = range(3)
#: Those compiled when a run asks for them.
OTHER_RULES = (
    MOMENTUM, RMSPROP, RMSPROP_MOMENTUM, ADAGRAD, ADADELTA, ADAMAX, NADAM, RADAM, AMSGRAD, LION, RPROP, IRPROP_MINUS, LAMB,
) = range(3, 16)  # fmt: skip
RULES = (*CORE_RULES, *OTHER_RULES)
#: Numbers that an optimizer's rule may use at a step, and all that there are of a step: after these the share of weights that decays, the
#: share of the way that an average of the weights goes to them, the share of outputs that dropout leaves out, and the factor of an L2
#: penalty on weights alone, which the loss contains.
COEFFICIENTS, RATES = 12, 16
DECAY, AVERAGE, DROPOUT_OF_STEP, L2 = 12, 13, 14, 15
#: What limits a step, the same for all: gradients by their norm and by their size, the L1 penalty, the norm of the weights of a unit,
#: the factor of the rate of biases, whether they decay. Then a factor of the rate for each layer. 0 where there is no limit.
CLIP_NORM, CLIP_VALUE, L1, MAX_NORM, BIAS_RATE, DECAY_BIASES, LAYER_RATES = range(7)

# Kernels that are compiled for themselves and called by their address.
GATHER, FORWARD, ERROR, DELTA, GRADIENT, UPDATE, UPDATE_ROWS, SHARDS, HITS, OUTPUT, TASK, APART = range(12)
# Those of networks with normalisation, dropout or noise, and the code of the variants of FORWARD and DELTA that leave to them what comes
# between two layers.
SHAPED_UNITS = SHAPED_FORWARD, SHAPED_DELTA, SHAPED_GRADIENT = range(12, 15)
BARE = 1
#: What every run goes through, what steps do beside, and what passes do whose losses are asked for.
EVERY_RUN, TRAINING = (GATHER, FORWARD, TASK), (ERROR, DELTA, GRADIENT, UPDATE, UPDATE_ROWS, SHARDS)
SCORING = ERROR, HITS, OUTPUT
# After these, two for each layer: the loops of its activation and of the derivative, where they are not in every kernel.
ACTIVATE, DERIVE = 15, 16

# What a run does with each batch: a training step; its losses and hits; the output layer's values; both, of a loss of logits, or of one of
# predictions, which leaves these.
TRAIN, SCORE, PREDICT, SCORE_LOGITS, SCORE_PREDICTIONS = range(5)

# What is summed over the rows of a target that is known: 1, and by their weights 1, abs(e), e**2 and abs(e) / abs(t) of the errors e, and
# the squares of t less its mean.
COUNT, WEIGHT, ABSOLUTE, SQUARED, RELATIVE, SPREAD = range(6)

# Element types that rows are read in; the kernels' branches follow this order.
DTYPES = tuple(np.dtype(name) for name in ("f4", "f8", "u1", "i2", "i4", "i8"))
F4, F8, U1, I2, I4, I8 = range(6)


def is_of_predictions(loss: int) -> bool:
    """Whether the loss of a code is one `OF_PREDICTIONS`, as those of users are."""
    return loss >= OWN_LOSS or loss % MASKED in OF_PREDICTIONS


def keeps_derivative(activation: int) -> bool:
    """Whether the forward pass keeps the derivative of the activation of a code, which its output does not tell."""
    return activation in (GELU, GELU_TANH, SILU, MISH, HARD_SWISH) or activation >= OWN_ACTIVATION
