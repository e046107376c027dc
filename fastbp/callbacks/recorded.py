"""What is kept of a step: what its layers have read and their deltas, and for some weights how the optimizer went by the gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastbp import layout
from fastbp._typing import Array, DType, NDArray
from fastbp.files.recording_file import BIAS, SCALE, SHIFT, Places, RecordedStep, stored
from fastbp.kernels.codes import DECAY
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer
from fastbp.optimizers.linear import Linear, Values, Weights, linear
from fastbp.training.run import Run
from fastbp.training.under_way import Computed

# What a column of W is near to where its norm has been limited.
_AT_LIMIT = 1 - 1e-5
# Kinds of parameters of a layer; of one of another row than a weight's the number is minus the row.
_KINDS = "weights", "biases", "scales", "shifts"


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
        self._normalized = _Normalized(run.model, layers)

    def finish(self, run: Run, rows: NDArray[np.int64], computed: Computed, dtype: DType) -> RecordedStep:
        """The step, which has been made on these rows."""
        values: dict[str, Any] = {"step": run.steps, "epoch": run.epoch, "exponents": {}}
        arrays: dict[str, Array] = {"rows": rows.astype(np.int64), "shares": computed.shares}
        values["scale"] = self._scale(computed)
        for layer in self._layers:
            passed = self._normalized.passed(layer, computed)
            for kind, given in passed.items():
                arrays[f"{kind}.{layer}"], exponent = stored(given, dtype)
                if exponent:
                    values["exponents"][f"{kind}.{layer}"] = exponent
            if layer in self._normalized.averages:
                arrays[f"averages.{layer}"] = self._normalized.averages[layer]
            if layer in self._places:
                gradient = gradients(passed, *self._places[layer], idle_biases=layer in self._normalized.averages)
                found = self._of_weights(run, layer, values["scale"] * gradient, values)
                arrays |= {f"weights.{layer}.{name}": np.ascontiguousarray(array) for name, array in found.items() if np.any(array)}
        return RecordedStep(values, arrays)

    def _of_weights(self, run: Run, layer: int, gradient: Values, values: dict[str, Any]) -> dict[str, Values]:
        """How the chosen weights of a layer have changed, and why."""
        optimizer, old = self._optimizer, self._values[layer]
        new = self._chosen(run.model.network.parameters)[layer]
        rows, _ = self._places[layer]
        sources = {"l1": optimizer.l1 * np.sign(old)} if optimizer.l1 else {}
        if optimizer.clip_value is not None:
            sources["clip_value"] = np.clip(gradient, -optimizer.clip_value, optimizer.clip_value) - gradient
        trust = self._trust(run, layer)
        shaped = gradient + sum(sources.values(), np.zeros_like(gradient))
        after = self._chosen_of_slots(run.memory.slots)[layer]
        found = linear(self._code, self._rates, Weights(old, shaped, self._slots[layer], after, trust))
        rate = self._rate(layer)
        rate = np.where(rows == BIAS, rate * optimizer.bias_rate, rate)
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
        arrays = layout.views(flat, self._table)
        return {layer: _taken(arrays, layer, *places) for layer, places in self._places.items()}

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

    def _part_norms(self, flat: Array) -> dict[int, Values]:
        """Of each layer those of its weights, biases, scales and shifts; 0 of what it has not."""
        arrays = layout.views(flat, self._table)
        has = {kind: len(arrays.get(kind, ())) for kind in _KINDS}
        return {layer: np.array([_norm(arrays[kind][layer]) if layer < has[kind] else 0.0 for kind in _KINDS]) for layer in self._places}

    def _trust(self, run: Run, layer: int) -> Values:
        """Of LAMB, norm(p) / norm(u) for each chosen weight."""
        rows, _ = self._places[layer]
        if not self._norms:
            return np.ones(rows.size)
        of_step = self._part_norms(run.memory.slots[2])[layer]
        norms = self._norms[layer]
        ratios = np.divide(norms, of_step, out=np.ones(norms.size), where=(norms > 0) & (of_step > 0))
        return ratios[np.maximum(-rows, 0)]

    def _limited(self, run: Run, layer: int, rest: Values) -> Values:
        """What the limit of the norms of units has taken from the chosen weights: what is left unexplained of columns at the limit."""
        most, (rows, columns) = self._optimizer.max_norm, self._places[layer]
        assert most is not None
        norms = np.sqrt(np.square(run.model.weights[layer], dtype=np.float64).sum(axis=0))
        return np.where((rows >= 0) & (norms[columns] >= most * _AT_LIMIT), rest, 0.0)


def gradients(
    passed: Mapping[str, Array], rows: NDArray[np.int64], columns: NDArray[np.int64], *, idle_biases: bool = False
) -> Values:  # fmt: skip
    """Of some parameters of a layer, by what has passed it: the sum over the batch of what each row adds, in float64.

    Of a weight that is ``activations[r, i] * deltas[r, j]``, of a bias the delta, or nothing where the mean over the batch is taken away;
    of a scale ``standardized[r, j] * shift_deltas[r, j]``, of a shift the shift's delta.
    """
    found, own = np.zeros(rows.size), rows >= 0
    left, right = (passed[name][:, places[own]].astype(np.float64) for name, places in (("activations", rows), ("deltas", columns)))
    found[own] = np.einsum("rk,rk->k", left, right)
    for row, factors in ((BIAS, ["deltas"]), (SCALE, ["standardized", "shift_deltas"]), (SHIFT, ["shift_deltas"])):
        own = rows == row
        if np.any(own) and not (row == BIAS and idle_biases):
            terms = np.prod([passed[name][:, columns[own]].astype(np.float64) for name in factors], axis=0)
            found[own] = terms.sum(axis=0)
    return found


class _Normalized:
    """What is known of normalised layers before a step only: the way back to them, and the averages that predictions go by."""

    def __init__(self, model: MLP, layers: Sequence[int]) -> None:
        self._above = {layer: model.weights[layer + 1].astype(np.float64) for layer in layers if layer < len(model.scales)}
        averages = list(zip(model.running_means, model.running_variances, strict=True))
        #: By layer its means and variances.
        self.averages = {layer: np.stack(averages[layer]) for layer in layers if layer < len(averages)}

    def passed(self, layer: int, computed: Computed) -> dict[str, Array]:
        """What a layer has read, and its deltas; where it is normalised also x of y = scale x + shift, and dL/dy."""
        found = {"activations": computed.activations[layer], "deltas": computed.deltas[layer]}
        if layer in self._above:
            # Not by a BLAS, whose bits may depend on its threads.
            errors = np.einsum("rk,jk->rj", computed.deltas[layer + 1].astype(np.float64), self._above[layer])
            shift_deltas = (errors * computed.slopes[layer]).astype(found["deltas"].dtype)
            found |= {"standardized": computed.standardized[layer], "shift_deltas": shift_deltas}
        return found


def _taken(arrays: Mapping[str, Sequence[Array]], layer: int, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Values:
    found: Values = arrays["weights"][layer][np.maximum(rows, 0), columns].astype(np.float64)
    for kind, row in zip(_KINDS[1:], (BIAS, SCALE, SHIFT), strict=True):
        own = rows == row
        if np.any(own):
            found[own] = arrays[kind][layer][columns[own]]
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
