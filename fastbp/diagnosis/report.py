"""What the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from fastbp._plots import axes
from fastbp._tables import html_table, text_table
from fastbp.diagnosis.finding import Finding, plural
from fastbp.diagnosis.layers import LayerStatistics

# Where updates are usual, about 1e-3 of the weights.
_USUAL = 1e-4, 1e-2
_HEAD = "layer", "shape", "activation", "weights", "outputs", "dead", "saturated", "gradient / weights", "update / weights"


@dataclass(frozen=True, repr=False, eq=False)
class Diagnosis:
    """What `Trainer.diagnose` found: printed, the findings and a table of the layers.

    Attributes
    ----------
    findings : tuple of Finding
        Empty where nothing is ill.
    layers : tuple of LayerStatistics
        One for each layer.
    loss : float
        Of the rows looked at, with the weights of before the next step.
    rows, n_rows : int
        Rows looked at, drawn by the trainer's seed where there are more than 2,000, and rows of the data.
    epoch, steps : int
        Where the run stood.
    """

    findings: tuple[Finding, ...]
    layers: tuple[LayerStatistics, ...]
    loss: float
    rows: int
    n_rows: int
    epoch: int
    steps: int

    def __repr__(self) -> str:
        names = list(dict.fromkeys(finding.name for finding in self.findings))
        return f"Diagnosis({', '.join(names) or 'nothing found'})"

    def __str__(self) -> str:
        found = [f"{number}. {finding}" for number, finding in enumerate(self.findings, 1)]
        return "\n\n".join([self._heading(), *found, text_table(_HEAD, self._cells())])

    def _heading(self) -> str:
        looked_at = f"{self.rows:,} of {plural(self.n_rows, 'row')}" if self.rows < self.n_rows else plural(self.n_rows, "row")
        found = plural(len(self.findings), "finding") if self.findings else "nothing found"
        when = f"after {plural(self.epoch, 'epoch')} and {plural(self.steps, 'step')}"
        return f"Diagnosis {when}, of {looked_at}, loss {self.loss:.4g}: {found}"

    def _cells(self) -> list[list[str]]:
        """A row for each layer: weights and outputs as mean +- standard deviation."""
        return [
            [
                str(each.layer), f"{each.n_in} x {each.n_out}", each.activation, f"{each.weight_mean:.2g} +- {each.weight_std:.2g}",
                f"{each.output_mean:.2g} +- {each.output_std:.2g}", str(each.dead), str(each.saturated), f"{each.gradient_ratio:.1e}",
                f"{each.update_ratio:.1e}",
            ]
            for each in self.layers
        ]  # fmt: skip

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        items = "".join(f"<li><b>{escape(each.name)}</b>: {escape(each.what)} {escape(each.advice)}</li>" for each in self.findings)
        return f"<p>{escape(self._heading())}</p><ol>{items}</ol>{html_table('', _HEAD, self._cells())}"

    def plot(self, ax: Any = None) -> Any:
        """Draw gradients and updates of each layer, over its weights; where updates are usual is shaded.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        """
        ax = axes(ax)
        numbers = [each.layer for each in self.layers]
        for name in ("gradient", "update"):
            ratios = [vars(each)[f"{name}_ratio"] or float("nan") for each in self.layers]
            ax.plot(numbers, ratios, marker="o", label=f"{name} / weights")
        ax.axhspan(*_USUAL, color="C1", alpha=0.15, label="usual updates")
        ax.set(yscale="log", xlabel="layer", ylabel="ratio of norms", xticks=numbers)
        ax.legend()
        return ax
