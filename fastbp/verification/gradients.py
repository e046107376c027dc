"""Back-propagation against central differences of the loss, in float64, through the public API alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.activations import ACTIVATIONS, Activation, Tanh
from fastbp.losses import LOSSES, Loss
from fastbp.mlp import MLP
from fastbp.trainer import Trainer
from fastbp.verification import reference
from fastbp.verification.deviation import Deviation, Findings, compare, compare_norms, layers
from fastbp.verification.problems import random_inputs, random_model, random_targets, random_weights

HIDDEN = [case for cls in ACTIVATIONS.values() if not (cls.output_only or cls.steep) for case in cls.cases()]
#: A loss and an output activation that it may follow.
ENDS = [(loss, output) for cls in LOSSES.values() for loss in cls.cases() for output in loss.outputs()]
#: Hidden activation, loss and output activation: each activation with each loss, in hidden layers and in the output layer.
KINDS = [
    *((hidden, loss, loss.default_output()) for hidden in HIDDEN for cls in LOSSES.values() for loss in cls.cases()),
    *((Tanh(), loss, output) for loss, output in ENDS if output != loss.default_output()),
]
# Of the first 4000 the one whose relus stay furthest from their kinks (|z| > 0.04), each of them alive on some row.
SEED = 2857
_STEP = 1e-5
_LIMIT, _LIMIT_OF_EACH = 1e-8, 1e-7


def gradients_equal_central_differences() -> Findings:
    """Every weight and bias of a small net of each kind, with weights of the rows, and each loss without, too."""
    deviations = []
    for hidden, loss, output in KINDS:
        trainer, data = small_net(hidden, loss, output)
        # Weights are of the loss, whatever comes before it.
        for given, told in ((data, ", weighted rows"), (data[:2], ""))[: 2 if hidden == Tanh() else 1]:
            where = f"loss_and_gradients of {hidden} net, {loss}, {output} output{told}:"
            deviations += gradient_deviations(trainer, *given, where=where)
    return Findings(deviations)


def small_net(hidden: Activation, loss: Loss, output: Activation) -> tuple[Trainer, tuple[Array, Array, Array]]:
    """A trainer of a 3-4-3-2 net, and inputs, targets and weights of five rows, clear of all kinks."""
    model = random_model([3, 4, 3, 2], seed=SEED, activation=hidden, output_activation=output)
    data = random_inputs(5, 3, seed=SEED), random_targets(loss, 5, 2, seed=SEED), random_weights(5, seed=SEED)
    check_far_from_kinks(model, data[0])
    return Trainer(model, loss=loss), data


def check_far_from_kinks(model: MLP, X: Array) -> None:
    """Raise ValueError where a difference would be taken over the kink of an activation, which is no derivative."""
    logits = reference.forward(reference.net_of(model), X).logits
    for activation, z in zip(model.activations, logits, strict=True):
        for kink in activation.kinks:
            nearest = float(np.abs(z - kink).min())
            if nearest <= 100 * _STEP:
                raise ValueError(f"a logit is {nearest:g} from {kink:g}; expected more than {100 * _STEP:g}: take another seed")


def gradient_deviations(trainer: Trainer, *data: Any, where: str = "") -> list[Deviation]:
    """All gradients together, and one by one, so that no small gradient hides behind the large ones."""
    _, weights, biases = trainer.loss_and_gradients(*data)
    arrays = [*weights, *biases]
    wanted = central_differences(trainer, *data)
    both = [np.concatenate([array.ravel() for array in each]) for each in (arrays, wanted)]
    scale = sum(float(np.linalg.norm(each)) for each in both)
    deviations = [compare_norms(f"{where} all gradients", *both, limit=_LIMIT, scale=scale)]
    for name, found, slopes in zip(layers(arrays), arrays, wanted, strict=True):
        # Two losses of size 1 agree to 1e-16, of which the step makes 1e-11.
        each = 1e-2 + np.abs(slopes)
        deviations.append(compare(f"{where} d{name}", found, slopes, limit=_LIMIT_OF_EACH, scale=each))
    return deviations


def central_differences(trainer: Trainer, *data: Any) -> list[Array]:
    """dL/dp of every weight and bias, in the order of ``[*weights, *biases]``."""
    slopes = []
    for array in [*trainer.model.weights, *trainer.model.biases]:
        slopes.append(np.empty(array.shape))
        for place in np.ndindex(array.shape):
            held = array[place]
            array[place] = held + _STEP
            above = trainer.evaluate(*data)["loss"]
            array[place] = held - _STEP
            below = trainer.evaluate(*data)["loss"]
            array[place] = held
            slopes[-1][place] = (above - below) / (2 * _STEP)
    return slopes
