"""Back-propagation as the textbook derives it, in text, with the numbers of a trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from fastbp._names import integer
from fastbp._textbook import Array
from fastbp.trace.units import carried, check_row, largest, name_of

if TYPE_CHECKING:
    from fastbp.trace.ledger import Trace

#: act'(z) by a, where the textbook writes it so.
_SLOPES = {"sigmoid": "{a} * (1 - {a})", "tanh": "1 - {a}**2"}


def explain(trace: Trace, row: int, terms: int) -> str:
    """As `Trace.explain`."""
    return "\n".join(_Derivation(trace, check_row(trace, row), integer(terms, "terms", least=1)).lines())


class _Derivation:
    """The derivation of one update, by a row; of each layer the units that count most."""

    def __init__(self, trace: Trace, row: int, terms: int) -> None:
        self.trace, self.row, self.terms = trace, row, terms
        self.last = len(trace.weights) - 1
        self.rate = trace.learning_rate
        self.units = [largest(each[row], terms) for each in carried(trace)]

    def lines(self) -> Iterator[str]:
        """All of it."""
        yield from self._heading()
        yield from self._forward()
        yield from self._error()
        yield from self._backward()
        yield from self._gradients()

    def _heading(self) -> Iterator[str]:
        trace, rows = self.trace, len(self.trace.inputs)
        sizes = "-".join(map(str, trace.layer_sizes))
        yield f"One step of back-propagation: net {sizes}, loss {trace.loss_name}, {rows} row{'s' if rows > 1 else ''}"
        yield f"Row {self.row}, whose share of the loss is {_number(trace.shares[self.row])}"
        if any(len(units) < size for units, size in zip(self.units, trace.layer_sizes, strict=True)):
            yield f"Of each layer the {self.terms} units that carry most of this row's error"

    def _forward(self) -> Iterator[str]:
        trace, row = self.trace, self.row
        yield "\nForward: z = b + sum of a W, a = act(z)"
        for layer, name in enumerate(trace.activation_names):
            for j in self.units[layer + 1]:
                z, y = trace.sums[layer][row, j], trace.normalized[layer][row, j]
                sums = self._sum(trace.activations[layer][row], trace.weights[layer][:, j], first=trace.biases[layer][j])
                yield _line(name_of(trace, layer + 1, j), f"z = {sums} = {_number(z)}")
                if trace.normalized[layer] is not trace.sums[layer]:
                    yield _line("", f"normalised: {_number(y)}")
                yield _line("", f"a = {name}({_number(y)}) = {_number(trace.activations[layer + 1][row, j])}")

    def _error(self) -> Iterator[str]:
        trace, row = self.trace, self.row
        share = trace.shares[row]
        yield f"\nError: {trace.loss_name}"
        if trace.targets.shape == trace.activations[-1].shape:
            for k in self.units[-1]:
                a, target = trace.activations[-1][row, k], trace.targets[row, k]
                yield _line(name_of(trace, self.last + 1, k), f"a - target = {_number(a)} - {_number(target)} = {_number(a - target)}")
        own = trace.losses[row] / share if share else 0.0
        yield _line("loss", f"{_number(own)} of this row, times its share {_number(share)} = {_number(trace.losses[row])}")
        yield _line("", f"{_number(trace.loss)} of all rows")

    def _backward(self) -> Iterator[str]:
        yield "\nBackward: delta = dL/dz"
        for layer in range(self.last, -1, -1):
            for j in self.units[layer + 1]:
                yield from self._delta(layer, int(j))

    def _delta(self, layer: int, j: int) -> Iterator[str]:
        trace, row = self.trace, self.row
        name, delta = name_of(trace, layer + 1, j), trace.deltas[layer][row, j]
        errors, slopes = trace.errors[layer], trace.slopes[layer]
        if errors is None or slopes is None:
            yield _line(name, f"delta = {self._at_once(j, delta)}{_number(delta)}")
            return
        error, slope = errors[row, j], slopes[row, j]
        back = self._from_target(j) if layer == self.last else f"{self._sum(trace.weights[layer + 1][j], trace.deltas[layer + 1][row])} = "
        yield _line(name, f"dL/da = {back}{_number(error)}")
        written = _SLOPES.get(trace.net.activations[layer].name, "").format(a=_factor(trace.activations[layer + 1][row, j]))
        yield _line("", f"act'(z) = {written}{' = ' if written else ''}{_number(slope)}")
        plain = trace.normalized[layer] is trace.sums[layer]
        how = f"{_number(error)} * {_number(slope)} =" if plain else "through the normalisation"
        yield _line("", f"delta = {how} {_number(delta)}")

    def _from_target(self, k: int) -> str:
        """DL/da of the squared error, which the textbook writes down."""
        trace, row = self.trace, self.row
        if trace.loss_function.name != "squared_error":
            return ""
        difference = trace.activations[-1][row, k] - trace.targets[row, k]
        return f"2 * {_factor(difference)} * {_number(trace.shares[row] / trace.layer_sizes[-1])} = "

    def _at_once(self, k: int, delta: float) -> str:
        """The formula of losses whose delta is what the output lacks."""
        trace, row = self.trace, self.row
        if trace.targets.shape != trace.activations[-1].shape:
            return ""
        a, target = trace.activations[-1][row, k], trace.targets[row, k]
        for share in (trace.shares[row], trace.shares[row] / trace.layer_sizes[-1]):
            if np.isclose(delta, share * (a - target), rtol=1e-9, atol=0):
                return f"{_number(share)} * ({_number(a)} - {_number(target)}) = "
        return ""

    def _gradients(self) -> Iterator[str]:
        rate = "rate" if self.rate is None else _number(self.rate)
        yield "\nGradients: sum over the rows of a delta; update: W - rate * gradient"
        for layer in range(self.last + 1):
            for i in self.units[layer]:
                for j in self.units[layer + 1]:
                    terms = self._sum(self.trace.activations[layer][:, i], self.trace.deltas[layer][:, j])
                    value, gradient = self.trace.weights[layer][i, j], self.trace.weight_gradients[layer][i, j]
                    yield from self._update(f"W{layer}[{i}, {j}]", terms, value, gradient, rate)
            for j in self.units[layer + 1]:
                terms = self._sum(self.trace.deltas[layer][:, j])
                yield from self._update(f"b{layer}[{j}]", terms, self.trace.biases[layer][j], self.trace.bias_gradients[layer][j], rate)

    def _update(self, name: str, terms: str, value: float, gradient: float, rate: str) -> Iterator[str]:
        yield _line(f"d{name}", f"{terms} = {_number(gradient)}")
        new = "" if self.rate is None else f" = {_number(value - self.rate * gradient)}"
        yield _line(name, f"{_number(value)} - {rate} * {_factor(gradient)}{new}")

    def _sum(self, *factors: Array, first: float | None = None) -> str:
        """A sum of products: the largest terms, and what the others add up to."""
        products: Array = np.prod(factors, axis=0)
        shown = largest(products, self.terms)
        parts = [] if first is None else [_number(first)]
        parts += [" * ".join(_factor(each[k]) for each in factors) for k in shown]
        if len(products) > len(shown):
            rest = products.sum() - products[shown].sum()
            parts.append(f"{_factor(rest)} of {len(products) - len(shown)} others")
        return " + ".join(parts)


def _number(value: float) -> str:
    return f"{value:.6g}"


def _factor(value: float) -> str:
    return f"({_number(value)})" if value < 0 else _number(value)


def _line(name: str, text: str) -> str:
    return f"{name:>10}  {text}"
