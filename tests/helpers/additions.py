"""What fastbp has room for and does not have: an activation that needs z, a loss with a setting, a rule with a factor.

All three are variants of units, as those in kernels/curves/, kernels/errors/ and kernels/rules/ are. Run with the JIT off, where they are
plain Python. Prints what the tests look at.
"""

import json
import sys
from dataclasses import dataclass

import numpy as np

import fastbp
from fastbp import activations, losses, optimizers
from fastbp.activations import Activation
from fastbp.compiling.units import variant
from fastbp.kernels import curves, errors, update
from fastbp.kernels.codes import NO_UPDATE, OWN_ACTIVATION, UPDATE, UPDATE_ROWS
from fastbp.kernels.dispatch import by_code
from fastbp.losses import Loss
from fastbp.optimizers import Optimizer
from fastbp.verification.gradients import gradient_deviations, small_net
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets

CODE = 17
# Of an activation whose derivative is kept.
ACTIVATION_CODE = OWN_ACTIVATION + 999


def bent(z, settings=()):
    return (np.sqrt(z * z + 1) - 1) / 2 + z


def bent_derivative(z, settings=()):
    return z / (2 * np.sqrt(z * z + 1)) + 1


class Bent(Activation):
    """a = (sqrt(z**2 + 1) - 1) / 2 + z, with a derivative written by z."""

    name = "bent"
    code = ACTIVATION_CODE
    needs_z = True

    def reference(self, z):
        return bent(z)

    def reference_derivative(self, z):
        return bent_derivative(z)


@dataclass(frozen=True)
class Scaled(Loss):
    """factor (a - t)**2."""

    name = "scaled"
    code = CODE
    factor: float = 3.0

    def reference(self, z, targets, output):
        error = output.reference(z) - targets
        return self.factor * (error**2).mean(axis=1), output.reference_backward(z, 2 * self.factor * error / z.shape[1])


@dataclass
class Fading(Optimizer):
    """A rate that is multiplied by 1 - fading / (t + 1) at step t."""

    name = "fading"
    code = CODE
    n_slots = 0
    n_factors = 1
    learning_rate: float = 0.1
    fading: float = 1.0

    def check(self):
        pass

    def coefficients(self, steps, factors):
        products = np.cumprod([factors[0], *(1 - self.fading / (steps + 1))])[1:]
        factors[0] = products[-1]
        # As the twelfth coefficient, the last.
        return [0.0] * 11 + [0.1 * products]

    @classmethod
    def cases(cls):
        return [cls()]

    def reference(self, p, g, memory, t):
        memory["product"] = memory.get("product", 1.0) * (1 - self.fading / (t + 1))
        return p - 0.1 * memory["product"] * g


def _scaled(x, t, settings, j):
    error = x - t
    return settings[0] * error * error, 2 * settings[0] * error


def _fading(p, at, count, g, c, slots, size):
    p[at : at + count] -= c[11] * g[:count]


def add():
    """To the tables of both sides."""
    for table, cls in ((losses.LOSSES, Scaled), (optimizers.OPTIMIZERS, Fading), (activations.ACTIVATIONS, Bent)):
        table._places[cls.name] = __name__, cls.__name__
    Loss.allowed = tuple(activations.ACTIVATIONS)
    curves.add_by_logit(ACTIVATION_CODE, bent, bent_derivative)
    errors.add_elementwise(CODE, _scaled, of_predictions=True)
    rules = {NO_UPDATE: update.keep, CODE: _fading}
    blocks, rows = (
        by_code({code: way(rule) for code, rule in rules.items()}, update.unknown) for way in (update.blockwise, update.rowwise)
    )
    variant(update.update_block_of(blocks), UPDATE, CODE, "update_block_fading")
    variant(update.update_rows_of(rows), UPDATE_ROWS, CODE, "update_rows_fading")


def trained(rows, batch_size, folder):
    """The worst error of a run beside the oracle, and whether one that was saved and resumed in the middle of it has the same bits."""
    plain, stopped = (
        fastbp.Trainer(
            random_model([4, 9, 6, 2], activation=Bent(), output_activation=Bent()),
            loss=Scaled(1.5), optimizer=Fading(fading=0.5), batch_size=batch_size, shuffle=False, seed=0,
        )
        for _ in range(2)
    )  # fmt: skip
    X, t = random_inputs(rows, 4), random_targets(Scaled(), rows, 2)
    net, values = net_after_training(plain, X, t, epochs=4, batch_size=batch_size)
    history = plain.fit(X, t, epochs=4)
    stopped.fit(X, t, epochs=1)
    stopped.fit(X, t, epochs=1)
    stopped.save(f"{folder}/run")
    again = fastbp.Trainer.resume(f"{folder}/run")
    again.fit(X, t, epochs=2)
    pairs = zip([*plain.model.weights, *plain.model.biases], net.parameters, strict=True)
    return {
        "errors": [*(float(np.abs(a - b).max()) for a, b in pairs), float(np.abs(np.array(history.loss) - values).max())],
        "resumed": again.model.network.parameters.tobytes() == plain.model.network.parameters.tobytes(),
        "loss": str(again.loss),
    }


def main(folder):
    add()
    kinds = [(Bent(), Scaled(), Bent()), (Bent(), Scaled(0.5), fastbp.Softmax()), (fastbp.Tanh(), Scaled(), Bent())]
    gradients = []
    for kind in kinds:
        trainer, (X, t, w) = small_net(*kind)
        gradients += gradient_deviations(trainer, X, t, w)
        X, t = random_inputs(20, 3), random_targets(kind[1], 20, 2)
        gradients += gradient_deviations(trainer, X, t)
    told = {"gradients": [str(each) for each in gradients if not each.passed], "compared": len(gradients)}
    print(json.dumps(told | {name: trained(*shape, folder) for name, shape in {"panels": (40, 20), "few": (10, 3), "one": (4, 1)}.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
