"""What is kept of a step: what its layers have read and their deltas, and for some weights how the optimizer went by the gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastbp import layout
from fastbp._typing import Array, DType, NDArray
from fastbp.callbacks.chosen import KINDS, flat_places
from fastbp.files.recording_file import BIAS, SCALE, SHIFT, Places, RecordedStep, stored
from fastbp.kernels.codes import DECAY
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer
from fastbp.optimizers.linear import Values, Weights, linear, needs_gradients
from fastbp.training.run import Run
from fastbp.training.under_way import Computed

# What a column of W is near to where its norm has been limited.
_AT_LIMIT = 1 - 1e-5


class Before(NamedTuple):
    """What is known before a step only."""

    steps: int  # that have been made
    optimizer: Optimizer
    numbers: Values  # (1 + slots, weights) the chosen weights, and what the optimizer remembers of each
    norms: Mapping[int, Values]  # of LAMB, which goes by the norms of whole layers
    normalized: _Normalized


class Recorder:
    """Of the steps of a call of ``fit``.

    Parameters
    ----------
    run : Run
    layers : sequence of int
        Whose activations and deltas are kept.
    places : Places
        Of which weights.
    dtype : dtype
        Of activations and deltas.
    """

    def __init__(self, run: Run, layers: Sequence[int], places: Places, dtype: DType) -> None:
        self.run, self._layers, self._places, self._dtype = run, layers, places, dtype
        self._flat = flat_places(places, run.model)
        self._rows = _joined(rows for rows, _ in places.values()).astype(np.int64)

    def before(self) -> Before:
        """Look at the run, which is about to make a step."""
        run, optimizer = self.run, self.run.copy_of_optimizer()
        assert isinstance(optimizer, Optimizer)
        run.memory.adapt(optimizer)
        norms = self._part_norms(run.model.network.parameters) if optimizer.name == "lamb" else {}
        return Before(run.steps, optimizer, self._numbers(), norms, _Normalized(run.model, self._layers))

    def step(self, before: Before, batch: NDArray[np.int64], computed: Computed) -> RecordedStep:
        """The step, which has been made on these rows."""
        scale = _scale(before.optimizer, computed)
        exponents: dict[str, int] = {}
        values = {"step": self.run.steps, "epoch": self.run.epoch, "exponents": exponents, "scale": scale}
        arrays: dict[str, Array] = {"rows": batch.astype(np.int64), "shares": computed.shares}
        passed = {layer: before.normalized.passed(layer, computed) for layer in self._layers}
        for layer, kinds in passed.items():
            for kind, given in kinds.items():
                arrays[f"{kind}.{layer}"], exponent = stored(given, self._dtype)
                if exponent:
                    exponents[f"{kind}.{layer}"] = exponent
        arrays |= {f"averages.{layer}": averages for layer, averages in before.normalized.averages.items()}
        if self._flat.size:
            gradient = scale * self._gradients(before, passed)
            values["kept"], found = self._of_weights(before, computed.rates.astype(np.float64), gradient)
            arrays |= _filled(found, self._flat.size)
        return RecordedStep(values, arrays)

    def _of_weights(self, before: Before, rates: Values, gradient: Values) -> tuple[float, dict[str, Any]]:
        """How the chosen weights have changed, and why: what is kept of memory, and numbers, or one for all, by their names."""
        optimizer, numbers, now = before.optimizer, before.numbers, self._numbers()
        old, new = numbers[0], now[0]
        sources = {"l1": optimizer.l1 * np.sign(old)} if optimizer.l1 else {}
        if optimizer.clip_value is not None:
            sources["clip_value"] = np.clip(gradient, -optimizer.clip_value, optimizer.clip_value) - gradient
        shaped = gradient + sum(sources.values()) if sources else gradient
        found = linear(optimizer.code, rates, Weights(old, shaped, numbers[1:], now[1:], self._trust(before)))
        rate = self._rate(optimizer)
        beside = {name: rate * array for name, array in found.beside.items()}
        if rates[DECAY]:
            spared = (self._rows < 0) & (not optimizer.decay_biases)
            beside["decoupled_weight_decay"] = -np.where(spared, 0.0, rate * rates[DECAY]) * old
        sources["weight_decay"] = found.decay
        kept = {f"source.{name}": array for name, array in sources.items()} | {f"beside.{name}": array for name, array in beside.items()}
        kept |= {"direct": rate * found.direct, "carried": rate * found.carried, "taken": found.taken, "memory": found.memory}
        kept |= {"before": old, "after": new}
        if optimizer.max_norm is not None:
            kept["beside.max_norm"] = self._limited(optimizer.max_norm, new - old - _change(kept, gradient))
        return float(found.kept), kept

    def _numbers(self) -> Values:
        """The chosen weights, and what the optimizer remembers of each."""
        slots = self.run.memory.slots
        found = np.empty((1 + len(slots), self._flat.size))
        found[0] = self.run.model.network.parameters[self._flat]
        found[1:] = slots.take(self._flat, axis=1)
        return found

    def _gradients(self, before: Before, passed: Mapping[int, Mapping[str, Array]]) -> Values:
        """Of the chosen weights; 0 where nothing that is kept goes by them."""
        optimizer, averages = before.optimizer, before.normalized.averages
        if optimizer.clip_value is None and optimizer.max_norm is None and not needs_gradients(optimizer.code):
            return np.zeros(self._flat.size)
        return _joined(gradients(passed[layer], *places, idle_biases=layer in averages) for layer, places in self._places.items())

    def _rate(self, optimizer: Optimizer) -> Any:
        """The factor of the steps of each chosen weight, or of all."""
        if optimizer.layer_rates is None and optimizer.bias_rate == 1:
            return 1.0
        layers = np.repeat(list(self._places), [rows.size for rows, _ in self._places.values()])
        rates = np.ones(layers.size) if optimizer.layer_rates is None else np.array(optimizer.layer_rates)[layers]
        return np.where(self._rows == BIAS, rates * optimizer.bias_rate, rates)

    def _part_norms(self, flat: Array) -> dict[int, Values]:
        """Of each layer those of its weights, biases, scales and shifts; 0 of what it has not."""
        arrays = layout.views(flat, self.run.model.network.table)
        has = {kind: len(arrays.get(kind, ())) for kind in KINDS}
        return {layer: np.array([_norm(arrays[kind][layer]) if layer < has[kind] else 0.0 for kind in KINDS]) for layer in self._places}

    def _trust(self, before: Before) -> Values:
        """Of LAMB, norm(p) / norm(u) for each chosen weight."""
        if not before.norms:
            return np.ones(self._flat.size)
        of_step, found = self._part_norms(self.run.memory.slots[2]), []
        for layer, (rows, _) in self._places.items():
            norms, own = before.norms[layer], of_step[layer]
            ratios = np.divide(norms, own, out=np.ones(norms.size), where=(norms > 0) & (own > 0))
            found.append(ratios[np.maximum(-rows, 0)])
        return _joined(found)

    def _limited(self, most: float, rest: Values) -> Values:
        """What the limit of the norms of units has taken from the chosen weights: what is left unexplained of columns at the limit."""
        at_limit = []
        for layer, (_, columns) in self._places.items():
            norms = np.sqrt(np.square(self.run.model.weights[layer], dtype=np.float64).sum(axis=0))
            at_limit.append(norms[columns] >= most * _AT_LIMIT)
        return np.where((self._rows >= 0) & _joined(at_limit), rest, 0.0)


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


def _joined(arrays: Iterable[Array]) -> Array:
    """Those of the layers, one after the other."""
    found = list(arrays)
    return np.concatenate(found) if found else np.empty(0)


def _filled(found: Mapping[str, Any], size: int) -> dict[str, Values]:
    """What is not 0 for all weights, a number for each."""
    numbers = np.empty((len(found), size))
    for row, value in zip(numbers, found.values(), strict=True):
        row[...] = value
    there: list[bool] = np.any(numbers, axis=1).tolist()
    return {f"weights.{name}": row for name, row, some in zip(found, numbers, there, strict=True) if some}


def _scale(optimizer: Optimizer, computed: Computed) -> float:
    """What all gradients are multiplied with where their norm is limited."""
    if optimizer.clip_norm is None:
        return 1.0
    assert computed.gradient is not None
    return min(1.0, optimizer.clip_norm / (_norm(computed.gradient) + 1e-6))


def _change(kept: Mapping[str, Values], gradient: Values) -> Values:
    """What the sum says that the weights have changed by."""
    beside: Values = sum((array for name, array in kept.items() if name.startswith("beside.")), np.zeros_like(gradient))
    given = gradient + sum((array for name, array in kept.items() if name.startswith("source.")), np.zeros_like(gradient))
    return beside - kept["carried"] * kept["memory"] - kept["direct"] * given


def _norm(array: Array) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).sum()))
