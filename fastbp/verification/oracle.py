"""The kernels on one thread against the oracle, over every way through them."""

from __future__ import annotations

import numpy as np

from fastbp.optimizers import Optimizer
from fastbp.verification import reference
from fastbp.verification.deviation import Deviation, Findings, compare, compare_norms, layers
from fastbp.verification.paths import PATHS, Path, pairs
from fastbp.verification.problems import net_after_training, random_weights

# Adam and RMSprop divide by the size of a gradient, so that one which nearly cancels, and is left with few digits, moves its parameter as
# far as any other. So errors are measured over an array as a whole, and come near the root of those of a single number.
_LIMITS = {"float64": 1e-11, "float32": 1e-3}
_LOSS_LIMITS = {"float64": 1e-12, "float32": 1e-5}


def predictions_losses_and_gradients_follow_the_oracle() -> Findings:
    """`predict`, `evaluate` and `loss_and_gradients`, with weights of the rows, in both types."""
    return Findings([each for path in PATHS for dtype in ("float64", "float32") for each in _computed(path, dtype)])


def training_in_float64_follows_the_oracle() -> Findings:
    """Parameters and losses of a few steps with each optimizer, on the paths that `paths` chooses for it."""
    return Findings([each for pair in pairs() for each in _trained(*pair, "float64")])


def training_in_float32_follows_the_oracle() -> Findings:
    """The same in float32."""
    return Findings([each for pair in pairs() for each in _trained(*pair, "float32")])


def _computed(path: Path, dtype: str) -> list[Deviation]:
    (X, t), w = path.data(dtype), random_weights(path.rows, seed=1)
    trainer = path.trainer("sgd", dtype, threads=1)
    net, limit = reference.net_of(trainer.model), 256 * float(np.finfo(dtype).eps)
    loss, *gradients = trainer.loss_and_gradients(X, t, w)
    wanted_loss, *wanted = reference.loss_and_gradients(net, path.loss, X, t, w)
    found = {
        "predict": (trainer.model.predict(X), reference.forward(net, X).outputs[-1]),
        "evaluate's loss": (trainer.evaluate(X, t, w)["loss"], reference.losses(net, path.loss, X, t, w, training=False).sum()),
        "loss_and_gradients' loss": (loss, wanted_loss),
    }
    ours, theirs = ([array for kind in kinds for array in kind] for kinds in (gradients, wanted))
    for name, *pair in zip(layers(trainer.model), ours, theirs, strict=True):
        found[f"gradient of {name}"] = tuple(pair)
    return [compare(f"{path}, {dtype}: {name}", *pair, limit=limit) for name, pair in found.items()]


def _trained(path: Path, optimizer: Optimizer, dtype: str) -> list[Deviation]:
    (X, t), order = path.data(dtype), path.order
    trainer = path.trainer(optimizer, dtype, threads=1)
    start = reference.net_of(trainer.model).parameters
    net, losses = net_after_training(trainer, X[order], t[order], epochs=path.epochs, batch_size=path.batch)
    history = trainer.fit(X, t, epochs=path.epochs)
    where, arrays = f"{path}, {optimizer}, {dtype}:", trainer.model.trained_arrays()
    deviations = [compare(f"{where} history.loss", history.loss, losses, limit=_LOSS_LIMITS[dtype])]
    for name, found, wanted, before in zip(layers(trainer.model), arrays.values(), net.parameters, start, strict=True):
        # Where a parameter hardly moves, it is its own rounding that counts.
        scale = float(np.linalg.norm(wanted - before) + 0.01 * np.linalg.norm(wanted))
        deviations.append(compare_norms(f"{where} {name}", found, wanted, limit=_LIMITS[dtype], scale=scale))
    return deviations
