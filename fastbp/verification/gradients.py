"""Back-propagation against central differences of the loss, in float64, through the public API alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.activations import ACTIVATIONS, Activation, Tanh
from fastbp.between import NORMALIZATIONS
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
# Of the first 4000 the ones whose relus stay furthest from their kinks (|z| > 0.04), each of them alive on some row.
SEEDS = {None: 2857, "batch": 3186, "layer": 461}
_STEP = 1e-5
_LIMIT, _LIMIT_OF_EACH = 1e-8, 1e-7


def gradients_equal_central_differences() -> Findings:
    """Every weight and bias of a small net of each kind, with weights of the rows, and each loss without, too."""
    deviations = []
    for hidden, loss, output in KINDS:
        for normalization in NORMALIZATIONS:
            trainer, data = small_net(hidden, loss, output, normalization)
            where = f"loss_and_gradients of {hidden} net, {normalization} normalisation, {loss}, {output} output:"
            deviations += gradient_deviations(trainer, *data, where=where)
        trainer, data = small_net(hidden, loss, output)
        # Weights are of the loss, whatever comes before it.
        for given, told in ((data, ", weighted rows"), (data[:2], ""))[: 2 if hidden == Tanh() else 1]:
            where = f"loss_and_gradients of {hidden} net, {loss}, {output} output{told}:"
            deviations += gradient_deviations(trainer, *given, where=where)
    return Findings(deviations)


def small_net(
    hidden: Activation, loss: Loss, output: Activation, normalization: str | None = None
) -> tuple[Trainer, tuple[Array, Array, Array]]:
    """A trainer of a 3-4-3-2 net, and inputs, targets and weights of five rows, clear of all kinks."""
    seed = SEEDS[normalization]
    model = random_model([3, 4, 3, 2], seed=seed, activation=hidden, output_activation=output, normalization=normalization)
    data = random_inputs(5, 3, seed=seed), random_targets(loss, 5, 2, seed=seed), random_weights(5, seed=seed)
    check_far_from_kinks(model, data[0])
    return Trainer(model, loss=loss), data


def check_far_from_kinks(model: MLP, X: Array) -> None:
    """Raise ValueError where a difference would be taken over the kink of an activation, which is no derivative."""
    net = reference.net_of(model)
    normalized = reference.forward(net, X, reference.no_masks(net, len(X))).normalized
    for activation, z in zip(model.activations, normalized, strict=True):
        for kink in activation.kinks:
            nearest = float(np.abs(z - kink).min())
            if nearest <= 100 * _STEP:
                raise ValueError(f"a logit is {nearest:g} from {kink:g}; expected more than {100 * _STEP:g}: take another seed")


def gradient_deviations(trainer: Trainer, *data: Any, where: str = "") -> list[Deviation]:
    """All gradients together, and one by one, so that no small gradient hides behind the large ones."""
    _, *gradients = trainer.loss_and_gradients(*data)
    arrays = [array for kind in gradients for array in kind]
    wanted = central_differences(trainer, *data)
    both = [np.concatenate([array.ravel() for array in each]) for each in (arrays, wanted)]
    scale = sum(float(np.linalg.norm(each)) for each in both)
    deviations = [compare_norms(f"{where} all gradients", *both, limit=_LIMIT, scale=scale)]
    for name, found, slopes in zip(layers(trainer.model), arrays, wanted, strict=True):
        # Two losses of size 1 agree to 1e-16, of which the step makes 1e-11.
        each = 1e-2 + np.abs(slopes)
        deviations.append(compare(f"{where} d{name}", found, slopes, limit=_LIMIT_OF_EACH, scale=each))
    return deviations


def central_differences(trainer: Trainer, *data: Any) -> list[Array]:
    """dL/dp of every weight and bias, scale and shift, in the order of ``model.trained_arrays()``."""
    slopes = []
    for array in trainer.model.trained_arrays().values():
        slopes.append(np.empty(array.shape))
        for place in np.ndindex(array.shape):
            held = array[place]
            array[place] = held + _STEP
            above = _loss(trainer, *data)
            array[place] = held - _STEP
            below = _loss(trainer, *data)
            array[place] = held
            slopes[-1][place] = (above - below) / (2 * _STEP)
    return slopes


def _loss(trainer: Trainer, *data: Any) -> float:
    """That which the gradients are of: in training, where it is another one."""
    return float(trainer.loss_and_gradients(*data)[0] if trainer.model.between.is_used else trainer.evaluate(*data)["loss"])
