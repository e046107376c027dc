"""What a trainer tells of its run, which stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastbp._table import attribute
from fastbp.training.held import HeldByRun

if TYPE_CHECKING:
    from fastbp.diagnosis import Diagnosis
    from fastbp.trace import Trace
    from fastbp.training.range_test import RangeTest


class Looks(HeldByRun):
    """Base of the trainer: each of these is imported when it is first asked for."""

    def learning_rate_range_test(
        self, X: Any, y: Any, *, lowest: float = 1e-7, highest: float = 10.0, steps: int = 100, sample_weight: Any = None
    ) -> RangeTest:
        """Train a copy for up to `steps` steps, with a learning rate that grows from `lowest` to `highest` by the same factor each time.

        It ends where the loss explodes. Nothing of the trainer changes; while it lasts model and optimizer take twice their memory. Other
        schedules follow its steps. Data and errors are as of `fit`; also refused are rprop and irprop_minus, whose steps find their size.

        Returns
        -------
        RangeTest
            `learning_rates`, `losses`, `smoothed`, `suggestion`, and `plot`. It says how the suggestion is found.
        """
        found: RangeTest = attribute("fastbp.training.range_test", "range_test")(self.run, X, y, lowest, highest, steps, sample_weight)
        return found

    def diagnose(self, X: Any, y: Any, sample_weight: Any = None) -> Diagnosis:
        """Look for what is ill about the run: its data, its layers, its next step.

        Nothing of the trainer changes; while it lasts model and optimizer take three times their memory. Of more than 2,000 rows so many
        are looked at, drawn by the seed. Parameters and errors are those of `fit`.

        Returns
        -------
        Diagnosis
            `findings`, each with its numbers and an advice, `layers`, statistics of each, and `plot`. `fastbp.diagnosis` lists what may be
            found.
        """
        found: Diagnosis = attribute("fastbp.diagnosis", "diagnose")(self.run, X, y, sample_weight)
        return found

    def trace(self, X: Any, y: Any, sample_weight: Any = None) -> Trace:
        """Keep all numbers of one step of back-propagation on the rows of X, to ask which errors, rows and units move which weights.

        Nothing of the trainer changes. It is in float64, from the weights as they are, of training: with the statistics of this batch where
        layers are normalised. Its loss and gradients are those of `loss_and_gradients`. Parameters and errors are those of `fit`.

        Returns
        -------
        Trace
            Activations, sums, deltas and gradients of each layer.
        """
        found: Trace = attribute("fastbp.trace", "trace")(self.run, X, y, sample_weight)
        return found

    def _repr_html_(self) -> str:
        """A table for notebooks: how it trains, and the layers of the model."""
        run = self.run
        names = "loss", "optimizer", "batch_size", "accumulate", "class_weight", "average", "epoch", "steps"
        rows = [[name, str(getattr(run, name))] for name in names if getattr(run, name) is not None]
        table: str = attribute("fastbp._tables", "html_table")("Trainer", ["setting", "value"], rows)
        return table + self.model.summary().html()
