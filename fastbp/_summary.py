"""A table of a model's layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastbp._tables import html_table, text_table

_HEAD = "layer", "shape", "activation", "normalization", "dropout", "parameters"


@dataclass(frozen=True, repr=False)
class Summary:
    """The layers of a model; printed, a table, and in notebooks one, too.

    Attributes
    ----------
    title : str
        The model in a line.
    layers : tuple of dict
        Of each layer ``layer``, ``shape``, ``activation``, ``normalization``, ``dropout`` (text, empty where none) and ``parameters``.
    n_parameters : int
    """

    title: str
    layers: tuple[dict[str, Any], ...]
    n_parameters: int

    def __repr__(self) -> str:
        return f"{self.title}\n{text_table(_HEAD, self._cells())}"

    def _cells(self) -> list[list[str]]:
        rows = [[f"{each[name]:,}" if name == "parameters" else str(each[name]) for name in _HEAD] for each in self.layers]
        return [*rows, ["total", *[""] * (len(_HEAD) - 2), f"{self.n_parameters:,}"]]

    def html(self) -> str:
        """The table for a browser."""
        return html_table(self.title, _HEAD, self._cells())

    _repr_html_ = html


def summary_of(model: Any) -> Summary:
    """As `MLP.summary`."""
    between, last, layers = model.between, len(model.weights) - 1, []
    dropouts = [*between.rates(last), 0]
    for layer, (W, activation) in enumerate(zip(model.weights, model.activations, strict=True)):
        hidden = layer < last
        dropout = between.dropout if dropouts[layer] < 0 else dropouts[layer]
        layers.append(
            {
                "layer": layer,
                "shape": f"{W.shape[0]} x {W.shape[1]}",
                "activation": "auto" if not hidden and model.output_is_auto else str(activation),
                "normalization": str(between.normalization) if hidden and between.normalization else "",
                "dropout": str(dropout) if dropout else "",
                "parameters": W.size + W.shape[1] * (3 if hidden and between.normalization else 1),
            }
        )
    return Summary(repr(model), tuple(layers), model.n_parameters)
