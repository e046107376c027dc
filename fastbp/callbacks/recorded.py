"""What is kept of a step: what its layers have read and their deltas, and for some weights how the optimizer went by the gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastbp import layout
from fastbp._typing import Array, DType, NDArray
from fastbp.files.recording_file import Places, RecordedStep, stored
from fastbp.kernels.codes import DECAY
from fastbp.optimizers import Optimizer
from fastbp.optimizers.linear import Linear, Values, Weights, linear
from fastbp.training.run import Run
from fastbp.training.under_way import Computed

# What a column of W is near to where its norm has been limited.
_AT_LIMIT = 1 - 1e-5


class StepRecord:
    """One step, from before it to after it.

    Parameters
    ----------
    run : Run
        It is about to make the step.
    layers : sequence of int
        Whose activations and deltas are kept.
    places : Places
        Of which weights.
    """

    def __init__(self, run: Run, layers: Sequence[int], places: Places) -> None:
        self.steps, self._layers, self._places = run.steps, layers, places
        optimizer, memory = run.optimizer, run.memory
        assert isinstance(optimizer, Optimizer)
        memory.adapt(optimizer)
        plan, done = run.plan.now, memory.steps
        self._optimizer = optimizer.at(np.array([done + 1]), plan)
        self._code = optimizer.code
        self._rates = optimizer.rates(done, 1, run.model.dtype, memory.factors.copy(), plan)[0].astype(np.float64)
        self._table = run.model.network.table
        self._values = self._chosen(run.model.network.parameters)
        self._slots = self._chosen_of_slots(memory.slots)
        # LAMB goes by the norms of whole layers.
        self._norms = self._part_norms(run.model.network.parameters) if optimizer.name == "lamb" else {}

    def finish(self, run: Run, rows: NDArray[np.int64], computed: Computed, dtype: DType) -> RecordedStep:
        """The step, which has been made on these rows."""
        values: dict[str, Any] = {"step": run.steps, "epoch": run.epoch, "exponents": {}}
        arrays: dict[str, Array] = {"rows": rows.astype(np.int64), "shares": computed.shares}
        for layer in self._layers:
            for kind, given in (("activations", computed.activations[layer]), ("deltas", computed.deltas[layer])):
                arrays[f"{kind}.{layer}"], exponent = stored(given, dtype)
                if exponent:
                    values["exponents"][f"{kind}.{layer}"] = exponent
        values["scale"] = self._scale(computed)
        for layer in self._places:
            found = self._of_weights(run, layer, computed, values)
            arrays |= {f"weights.{layer}.{name}": np.ascontiguousarray(array) for name, array in found.items() if np.any(array)}
        return RecordedStep(values, arrays)

    def _of_weights(self, run: Run, layer: int, computed: Computed, values: dict[str, Any]) -> dict[str, Values]:
        """How the chosen weights of a layer have changed, and why."""
        optimizer, old = self._optimizer, self._values[layer]
        new = self._chosen(run.model.network.parameters)[layer]
        rows, columns = self._places[layer]
        gradient = values["scale"] * gradients(computed.activations[layer], computed.deltas[layer], rows, columns)
        sources = {"l1": optimizer.l1 * np.sign(old)} if optimizer.l1 else {}
        if optimizer.clip_value is not None:
            sources["clip_value"] = np.clip(gradient, -optimizer.clip_value, optimizer.clip_value) - gradient
        trust = self._trust(run, layer)
        shaped = gradient + sum(sources.values(), np.zeros_like(gradient))
        after = self._chosen_of_slots(run.memory.slots)[layer]
        found = linear(self._code, self._rates, Weights(old, shaped, self._slots[layer], after, trust))
        rate = self._rate(layer)
        rate = np.where(rows < 0, rate * optimizer.bias_rate, rate)
        beside = {name: rate * array for name, array in found.beside.items()}
        decay = np.where((rows < 0) & (not optimizer.decay_biases), 0.0, rate * self._rates[DECAY])
        beside["decoupled_weight_decay"] = -decay * old
        values[f"kept.{layer}"] = float(found.kept)
        sources["weight_decay"] = found.decay + np.zeros_like(old)
        kept = {f"source.{name}": array for name, array in sources.items()} | {f"beside.{name}": array for name, array in beside.items()}
        kept |= _filled(found, rate, old) | {"before": old, "after": new}
        if optimizer.max_norm is not None:
            kept["beside.max_norm"] = self._limited(run, layer, new - old - _change(kept, gradient))
        return kept

    def _chosen(self, flat: Array) -> dict[int, Values]:
        """The chosen numbers of each layer among the flat ones, as float64."""
        weights, biases = layout.matrices(flat, self._table)
        return {layer: _taken(weights[layer], biases[layer], *places) for layer, places in self._places.items()}

    def _chosen_of_slots(self, slots: Array) -> dict[int, Values]:
        found = [self._chosen(slot) for slot in slots]
        return {layer: np.array([each[layer] for each in found]) for layer in self._places}

    def _rate(self, layer: int) -> Any:
        return 1.0 if self._optimizer.layer_rates is None else self._optimizer.layer_rates[layer]

    def _scale(self, computed: Computed) -> float:
        """What all gradients are multiplied with where their norm is limited."""
        most = self._optimizer.clip_norm
        if most is None:
            return 1.0
        assert computed.gradient is not None
        norm = float(np.sqrt(np.square(computed.gradient, dtype=np.float64).sum()))
        return min(1.0, most / (norm + 1e-6))

    def _part_norms(self, flat: Array) -> dict[int, tuple[float, float]]:
        weights, biases = layout.matrices(flat, self._table)
        return {layer: (_norm(weights[layer]), _norm(biases[layer])) for layer in self._places}

    def _trust(self, run: Run, layer: int) -> Values:
        """Of LAMB, norm(p) / norm(u) for each chosen weight."""
        rows, _ = self._places[layer]
        if not self._norms:
            return np.ones(rows.size)
        of_step = self._part_norms(run.memory.slots[2])[layer]
        ratios = [p / u if p > 0 and u > 0 else 1.0 for p, u in zip(self._norms[layer], of_step, strict=True)]
        return np.where(rows < 0, ratios[1], ratios[0])

    def _limited(self, run: Run, layer: int, rest: Values) -> Values:
        """What the limit of the norms of units has taken from the chosen weights: what is left unexplained of columns at the limit."""
        most, (rows, columns) = self._optimizer.max_norm, self._places[layer]
        assert most is not None
        norms = np.sqrt(np.square(run.model.weights[layer], dtype=np.float64).sum(axis=0))
        return np.where((rows >= 0) & (norms[columns] >= most * _AT_LIMIT), rest, 0.0)


def gradients(activations: Array, deltas: Array, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Values:
    """Of some weights: the sum over the batch of ``activations[r, i] * deltas[r, j]``, in float64; of a bias that of the deltas."""
    left = np.where(rows < 0, 1.0, activations[:, rows].astype(np.float64))
    found: Values = np.einsum("rk,rk->k", left, deltas[:, columns].astype(np.float64))
    return found


def _taken(weights: Array, biases: Array, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Values:
    found: Values = np.where(rows < 0, biases[columns], weights[rows, columns]).astype(np.float64)
    return found


def _filled(found: Linear, rate: Any, like: Values) -> dict[str, Values]:
    """The factors of the sum, one for each weight."""
    factors = {"direct": rate * found.direct, "carried": rate * found.carried, "taken": found.taken, "memory": found.memory}
    return {name: np.broadcast_to(np.asarray(value, np.float64), like.shape) for name, value in factors.items()}


def _change(kept: Mapping[str, Values], gradient: Values) -> Values:
    """What the sum says that the weights have changed by."""
    beside: Values = sum((array for name, array in kept.items() if name.startswith("beside.")), np.zeros_like(gradient))
    given = gradient + sum((array for name, array in kept.items() if name.startswith("source.")), np.zeros_like(gradient))
    return beside - kept["carried"] * kept["memory"] - kept["direct"] * given


def _norm(array: Array) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).sum()))
