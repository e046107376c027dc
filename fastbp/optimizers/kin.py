"""Kin of Adam, with its running means and another rule: Adamax, NAdam, RAdam, AMSGrad, LAMB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from fastbp._names import real
from fastbp._typing import Array, NDArray
from fastbp.kernels import codes
from fastbp.optimizers.adam import Adam
from fastbp.optimizers.base import Coefficients, Factors, Remembered
from fastbp.schedules import Setting, is_scheduled


@dataclass(repr=False, eq=False)
class Adamax(Adam):
    """Adam with the largest gradient so far, which fades, in place of the mean of squares.

    ``m = beta_1 * m + (1 - beta_1) * g``, ``u = max(beta_2 * u, abs(g) + epsilon)``,
    ``p -= learning_rate / (1 - beta_1**t) * m / u`` at step t, where g is the gradient plus ``weight_decay * p``
    (D. P. Kingma, J. Ba, arXiv:1412.6980, section 7.1).

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.002
        This and the others as of `Adam`.
    """

    name: ClassVar[str] = "adamax"
    code: ClassVar[int] = codes.ADAMAX

    learning_rate: Setting = 2e-3

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """Rate, penalty, beta_1, 1 - beta_1, beta_2, epsilon."""
        rate = self.learning_rate / (1 - self.beta_1**steps)
        return [rate, self.weight_decay, self.beta_1, 1 - self.beta_1, self.beta_2, self.epsilon]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.Adamax, by PyTorch's documentation."""
        g = g + self.weight_decay * p
        memory["m"] = self.beta_1 * memory.get("m", 0.0) + (1 - self.beta_1) * g
        memory["u"] = np.maximum(self.beta_2 * memory.get("u", 0.0), np.abs(g) + self.epsilon)
        moved: Array = p - self.learning_rate / (1 - self.beta_1**t) * memory["m"] / memory["u"]
        return moved


@dataclass(repr=False, eq=False)
class NAdam(Adam):
    """Adam with Nesterov's look-ahead: this step's gradient and the next step's momentum count.

    m and v are Adam's. With ``mu_t = beta_1 * (1 - 0.96**(t * momentum_decay) / 2)`` and their product M_t over the steps,
    ``p -= learning_rate * ((1 - mu_t) / (1 - M_t) * g + mu_(t+1) / (1 - M_(t+1)) * m) / (sqrt(v_hat) + epsilon)``, where g is the gradient
    plus ``weight_decay * p`` (T. Dozat, ICLR workshop 2016). The rule is PyTorch's.

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.002
        This and the others as of `Adam`.
    momentum_decay : float, default 0.004
    """

    name: ClassVar[str] = "nadam"
    code: ClassVar[int] = codes.NADAM
    n_factors: ClassVar[int] = 1

    learning_rate: Setting = 2e-3
    momentum_decay: float = 4e-3

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        real(self.momentum_decay, "momentum_decay")

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """The two rates, penalty, beta_1, 1 - beta_1, beta_2, 1 - beta_2, correction of sqrt(v), epsilon."""
        now, ahead = self._momentum(steps), self._momentum(steps + 1)
        products = np.cumprod([factors[0], *now])[1:]
        factors[0] = products[-1]
        rates = [self.learning_rate * (1 - now) / (1 - products), self.learning_rate * ahead / (1 - products * ahead)]
        correction = 1 / np.sqrt(1 - self.beta_2**steps)
        return [*rates, self.weight_decay, self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2, correction, self.epsilon]

    def _momentum(self, steps: Any) -> Any:
        return self.beta_1 * (1 - 0.5 * 0.96 ** (steps * self.momentum_decay))

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others for all of them."""
        return [cls(), cls(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4, weight_decay=0.05, momentum_decay=0.1)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.NAdam, by PyTorch's documentation."""
        g = g + self.weight_decay * p
        self._remember(g, memory)
        now, ahead = self._momentum(t), self._momentum(t + 1)
        memory["M"] = memory.get("M", 1.0) * now
        m_hat = ahead * memory["m"] / (1 - memory["M"] * ahead) + (1 - now) * g / (1 - memory["M"])
        moved: Array = p - self.learning_rate * m_hat / (np.sqrt(memory["v"] / (1 - self.beta_2**t)) + self.epsilon)
        return moved


@dataclass(repr=False, eq=False)
class RAdam(Adam):
    """Adam that leaves v out while it knows too little of it, and takes its variance into account from then on.

    m and v are Adam's. With ``n_t = n - 2 t beta_2**t / (1 - beta_2**t)`` and ``n = 2 / (1 - beta_2) - 1``,
    ``p -= learning_rate * m_hat`` while n_t is at most 5, then
    ``p -= learning_rate * m_hat * r_t * sqrt(1 - beta_2**t) / (sqrt(v) + epsilon)`` with
    ``r_t**2 = (n_t - 4) (n_t - 2) n / ((n - 4) (n - 2) n_t)``, where g is the gradient plus ``weight_decay * p``
    (L. Liu et al., ICLR 2020). The rule is PyTorch's.

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.001
        This and the others as of `Adam`.
    """

    name: ClassVar[str] = "radam"
    code: ClassVar[int] = codes.RADAM

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """The rate with v and the one without, of which one is 0, penalty, beta_1, 1 - beta_1, beta_2, 1 - beta_2, epsilon."""
        rate, known = self.learning_rate / (1 - self.beta_1**steps), self._rectified(steps)
        adaptive, plain = rate * known, np.where(known > 0, 0.0, rate)
        return [adaptive, plain, self.weight_decay, self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2, self.epsilon]

    def _rectified(self, steps: Any) -> Any:
        """r_t sqrt(1 - beta_2**t); 0 where v is left out."""
        n = 2 / (1 - self.beta_2) - 1
        power = self.beta_2**steps
        n_t = n - 2 * steps * power / (1 - power)
        with np.errstate(invalid="ignore"):
            square = (n_t - 4) * (n_t - 2) * n / ((n - 4) * (n - 2) * n_t) * (1 - power)
            return np.where(n_t > 5, np.sqrt(square), 0.0)

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and some with which v counts early."""
        return [cls(), cls(0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.05)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.RAdam, by PyTorch's documentation."""
        g = g + self.weight_decay * p
        self._remember(g, memory)
        known = float(self._rectified(t))
        change = memory["m"] / (1 - self.beta_1**t)
        moved: Array = p - self.learning_rate * (change * known / (np.sqrt(memory["v"]) + self.epsilon) if known else change)
        return moved


@dataclass(repr=False, eq=False)
class AMSGrad(Adam):
    """Adam divided by the largest v so far, so that no step grows again (S. Reddi, S. Kale, S. Kumar, ICLR 2018).

    ``w = max(w, v)`` and ``p -= learning_rate * m_hat / (sqrt(w / (1 - beta_2**t)) + epsilon)``, m and v as in `Adam`, whose settings it
    has. As PyTorch's ``Adam(amsgrad=True)``.
    """

    name: ClassVar[str] = "amsgrad"
    code: ClassVar[int] = codes.AMSGRAD

    @property
    def n_slots(self) -> int:
        """The two running means, and the largest of the second."""
        return 3

    def _moved(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        self._remember(g, memory)
        memory["w"] = np.maximum(memory.get("w", 0.0), memory["v"])
        root = np.sqrt(memory["w"] / (1 - self.beta_2**t))
        moved: Array = p - self.learning_rate * memory["m"] / (1 - self.beta_1**t) / (root + self.epsilon)
        return moved


@dataclass(repr=False, eq=False)
class LAMB(Adam):
    """Adam with steps as large as the weights: for very large batches (Y. You et al., ICLR 2020).

    ``u = m_hat / (sqrt(v_hat) + epsilon) + weight_decay * p`` with Adam's m_hat and v_hat, and for the weights of a layer together, and for
    its biases, ``p -= learning_rate * norm(p) / norm(u) * u``, where a norm of 0 makes the quotient 1.

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.001
    beta_1, beta_2 : float in [0, 1), default 0.9 and 0.999
    epsilon : float, default 1e-6
    weight_decay : float or Schedule, default 0.01
        Of every weight and bias.
    """

    name: ClassVar[str] = "lamb"
    code: ClassVar[int] = codes.LAMB
    #: The norms are of whole layers.
    is_apart: ClassVar[bool] = True

    epsilon: float = 1e-6
    weight_decay: Setting = 0.01

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        if is_scheduled(self.decoupled_weight_decay) or self.decoupled_weight_decay:
            raise ValueError("decoupled_weight_decay goes with other optimizers; LAMB has weight_decay")

    @property
    def n_slots(self) -> int:
        """The two running means, and the direction of the step."""
        return 3

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """Rate, correction of m, decay, beta_1, 1 - beta_1, beta_2, 1 - beta_2, correction of sqrt(v), epsilon."""
        corrections = 1 / (1 - self.beta_1**steps), 1 / np.sqrt(1 - self.beta_2**steps)
        first = [self.learning_rate, corrections[0], self.weight_decay, self.beta_1, 1 - self.beta_1]
        return [*first, self.beta_2, 1 - self.beta_2, corrections[1], self.epsilon]

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others for all of them."""
        return [cls(), cls(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4, weight_decay=0.3)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """The paper's algorithm 2, with the identity for phi."""
        self._remember(g, memory)
        u = memory["m"] / (1 - self.beta_1**t) / (np.sqrt(memory["v"] / (1 - self.beta_2**t)) + self.epsilon) + self.weight_decay * p
        norms = np.sqrt((p**2).sum()), np.sqrt((u**2).sum())
        moved: Array = p - self.learning_rate * (norms[0] / norms[1] if min(norms) > 0 else 1.0) * u
        return moved
