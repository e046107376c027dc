"""The network of an estimator: fastbp's model, trained by scikit-learn's updates in the compiled kernels."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from fastbp import layout
from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows, as_they_lie
from fastbp.mlp import MLP
from fastbp.optimizers import SGD, Adam, Optimizer
from fastbp.processors.threads import task_choices
from fastbp.sklearn.held import DENSE, Held, our_names, threads_here
from fastbp.sklearn.losses import Criterion
from fastbp.sklearn.rules import AdamRule, Penalties, VelocityRule
from fastbp.trainer import Trainer
from fastbp.training.engine import Engine
from fastbp.training.memory import Memory
from fastbp.training.pace import Pace
from fastbp.training.run import Run


class Network(Held):
    """A model and what its updates remember.

    Parameters
    ----------
    coefs, intercepts : sequence of ndarray
        The parameters that it begins with.
    activation : str, Activation or sequence of them
    out_activation : str
        scikit-learn's name.
    rule : VelocityRule or AdamRule
    before : Network, optional
        Of the same sizes: what its updates remember is gone on with.
    """

    def __init__(
        self, coefs: Sequence[Array], intercepts: Sequence[Array], activation: Any, out_activation: str,
        rule: VelocityRule | AdamRule, before: Network | None = None,
    ) -> None:  # fmt: skip
        sizes = [coefs[0].shape[0], *(coef.shape[1] for coef in coefs)]
        self._criterion, self._rule = Criterion(out_activation, sizes[-1]), rule
        output = self._criterion.output
        model = MLP(sizes, activation=our_names(activation), output_activation=output, init="zeros", dtype=coefs[0].dtype, seed=0)
        super().__init__(model, activation)
        self._n_parameters = model.n_parameters
        self._run = Run(
            model, self._criterion.loss, rule, batch_size=None, shuffle=False, seed=0, threads=None, precision="float32"
        )  # fmt: skip
        self._run.take_output()
        if before is not None:
            self.memory.load_state(before.memory.state())
        self._trainer: Trainer | None = None
        self._begin()
        self.write(coefs, intercepts)

    def _begin(self) -> None:
        self._engine = Engine(self._run)
        self.forget()

    def forget(self) -> None:
        """Keep no data."""
        self._data: tuple[Any, Any, Any] = (None, None, None)  # X and y, and X and targets as they are read
        self._rule.penalties.begin(0, np.ones(0))
        self._engine.let_go()

    def __getstate__(self) -> dict[str, Any]:
        """Without what computes, and without data."""
        return {name: value for name, value in vars(self).items() if name not in ("_engine", "_data")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    @property
    def memory(self) -> Memory:
        """What updates remember."""
        return self._run.memory

    @property
    def trainer(self) -> Trainer:
        """One that goes on with the model, and with what its updates remember, by fastbp's own loss and optimizer."""
        if self._trainer is None:
            rule = self._rule
            own: Optimizer
            if isinstance(rule, AdamRule):
                own = Adam(rule.learning_rate, rule.beta_1, rule.beta_2, rule.epsilon)
            else:
                momentum = min(float(rule.momentum), 1 - 1e-9)
                own = SGD(rule.learning_rate, momentum, rule.nesterov and momentum > 0)
            self._trainer = Trainer(self.model, loss=self._criterion.name, optimizer=own, batch_size=200)
            self._trainer.run.memory.load_state(self.memory.state() | {"factors": np.ones(0)})
        return self._trainer

    def set_alpha(self, alpha: float) -> None:
        """The L2 penalty of the steps to come."""
        if alpha != self._rule.penalties.alpha:
            self._rule.penalties = Penalties(alpha)

    def set_rate(self, rate: float) -> None:
        """The learning rate of the steps to come; the velocity stays what it is."""
        rule, rate = self._rule, max(rate, 1e-30)
        if rate != rule.learning_rate:
            self.memory.flat *= float(rule.learning_rate) / rate
            rule.learning_rate = rate

    @property
    def rate(self) -> float:
        """The learning rate of the last steps."""
        return float(self._rule.learning_rate)

    def remembered(self) -> list[list[Array]]:
        """Copies of what updates remember, for each weight matrix and then each bias vector."""
        self.memory.adapt(self._rule)
        return [[array.copy() for array in self._arrays(slot)] for slot in self.memory.slots]

    def remember(self, slots: Sequence[Sequence[Array]], steps: int) -> None:
        """Take back the same, after so many steps."""
        self.memory.adapt(self._rule)
        self.memory.steps = steps
        for slot, arrays in zip(self.memory.slots, slots, strict=True):
            for own, given in zip(self._arrays(slot), arrays, strict=True):
                own[...] = given

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """What updates remember, too."""
        arrays, values = super().state()
        memory = self.memory.state()
        arrays |= {f"memory.{name}": value for name, value in memory.items() if isinstance(value, np.ndarray)}
        of_memory = {name: value for name, value in memory.items() if not isinstance(value, np.ndarray)}
        return arrays, values | {"memory": of_memory, "rate": self.rate}

    def load_state(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        """Take it back."""
        super().load_state(arrays, values)
        self.set_rate(values["rate"])
        of_memory = {name.removeprefix("memory."): array for name, array in arrays.items() if name.startswith("memory.")}
        self.memory.load_state(values["memory"] | of_memory)

    def _arrays(self, slot: Array) -> list[Array]:
        weights, biases = layout.matrices(slot, self.model.network.table)
        return [*weights, *biases]

    def epoch(self, X: Any, y: Array, sample_weight: Array | None, order: NDArray[np.int64], batch: int, threads: int | None) -> float:
        """One update for each batch of the rows in this order; the mean of the losses that scikit-learn reports, by the batches' rows."""
        begins = np.arange(0, order.size, batch)
        sizes = np.diff([*begins, order.size])
        of_rows, sums = self._weights(sample_weight, order, begins, sizes)
        self._trainer, memory = None, self.memory
        memory.adapt(self._rule)
        self._rule.penalties.begin(memory.steps, sums)
        choices = task_choices(self.model.network, batch, threads_here(threads, 3 * batch * self._n_parameters, timed=True))
        if self._engine.pace.choices != choices:
            self._engine.pace = Pace(choices)
        parts = [self._train(*part, batch) for part in self._parts(X, y, of_rows, order, batch)]
        losses = np.concatenate([losses for part in parts for losses in part]).astype(np.float64)
        constants = self._criterion.constants(y)
        if constants is not None:
            own = constants if sample_weight is None else constants * sample_weight
            losses += np.add.reduceat(own[order], begins) / sums
        with np.errstate(over="ignore", invalid="ignore"):
            return float((losses * sizes).sum() / order.size)

    def _weights(
        self, sample_weight: Array | None, order: NDArray[np.int64], begins: NDArray[np.int64], sizes: NDArray[np.int64]
    ) -> tuple[Array | None, Array]:
        """What the loss of each row counts, where they do not all count 1; and the sum of the sample weights of each batch."""
        factor = self._criterion.factor
        if sample_weight is None:
            return None if factor == 1 else np.full((order.size, 1), float(factor)), sizes.astype(np.float64)
        own = sample_weight[order].astype(np.float64)
        sums = np.add.reduceat(own, begins)
        if (sums == 0).any():
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        weights = np.empty((order.size, 1))
        weights[order, 0] = own * np.repeat(factor * sizes / sums, sizes)
        return weights, sums

    def _train(self, rows: Rows, order: NDArray[np.int64], batch: int) -> list[Array]:
        """The updates of an epoch, or of a part of it; Python sees control every 50 ms."""
        engine, losses, begin = self._engine, [], 0
        while begin < order.size:
            tasks, count = engine.pace.next()
            count = min(count, -(-(order.size - begin) // batch))
            started = time.perf_counter()
            losses.append(engine.train(rows, order, begin, batch, count, tasks))
            engine.pace.record(tasks, count, time.perf_counter() - started)
            begin += count * batch
        return losses

    def _parts(
        self, X: Any, y: Array, weights: Array | None, order: NDArray[np.int64], batch: int
    ) -> Iterator[tuple[Rows, NDArray[np.int64]]]:
        """Rows and their order: all of them, or of a sparse matrix so many batches at a time as are not large when dense."""
        known = self._data
        if known[0] is not X or known[1] is not y:
            targets = self._criterion.targets(y)
            self._data = known = X, y, (X.tocsr(), targets) if sparse.issparse(X) else Rows(X, targets)
        if isinstance(known[2], Rows):
            yield known[2] if weights is None else known[2].choice(None, weights), order
            return
        matrix, targets = known[2]
        most = max(1, DENSE // (X.shape[1] * batch)) * batch
        for begin in range(0, order.size, most):
            own = order[begin : begin + most]
            yield Rows(matrix[own].toarray(), targets[own], None if weights is None else weights[own]), as_they_lie(own.size)

    def loss_and_gradients(
        self, X: Any, y: Array, sample_weight: Array | None, threads: int | None
    ) -> tuple[float, list[Array], list[Array]]:
        """Of all rows, as scikit-learn has them; a sparse matrix is made dense."""
        order, begins, sizes = as_they_lie(y.shape[0]), np.zeros(1, np.int64), np.array([y.shape[0]])
        of_rows, sums = self._weights(sample_weight, order, begins, sizes)
        if sparse.issparse(X):
            X = X.toarray()
        self._run.threads = threads_here(threads, 3 * order.size * self._n_parameters)
        loss, flat = self._engine.gradients(Rows(X, self._criterion.targets(y), of_rows), order)
        weights, biases = layout.matrices(flat, self.model.network.table)
        penalty = self._rule.penalties.alpha / sums[0]
        constants = self._criterion.constants(y)
        if constants is not None:
            loss += float(np.average(constants, weights=sample_weight))
        for gradient, coef in zip(weights, self.model.weights, strict=True):
            loss += 0.5 * penalty * float(np.dot(coef.ravel(), coef.ravel()))
            gradient += penalty * coef
        return loss, weights, biases
