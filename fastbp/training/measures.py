"""What is evaluated after each epoch, and by ``evaluate``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fastbp._names import flag
from fastbp._table import attribute
from fastbp._typing import Array
from fastbp.data.rows import Rows
from fastbp.training.history import History
from fastbp.training.run import Run

if TYPE_CHECKING:
    from fastbp.metrics import Metric

#: Scores by their names.
Scores: TypeAlias = dict[str, float]
#: What the kernels found, and where metrics are to be computed the outputs, too.
Seen: TypeAlias = tuple[Scores, Array | None]

#: What a user may give.
Metrics: TypeAlias = "Iterable[str | Metric | Callable[..., Any]] | str | Metric | Callable[..., Any]"

_METRICS = "fastbp.metrics"


class Measures:
    """Of each data set the loss, accuracy and metrics: of `validation` all, of `training`, where it is given, metrics alone."""

    def __init__(self, run: Run, metrics: dict[str, Metric], validation: Rows | None, training: Rows | None = None) -> None:
        self._run, self._metrics, self.validation, self._training = run, metrics, validation, training

    @property
    def are_any(self) -> bool:
        """Whether there is something to evaluate."""
        return self.validation is not None or self._training is not None

    @property
    def names(self) -> list[str]:
        """What the history will have of each epoch beside times."""
        found = ["loss", *(self._metrics if self._training is not None else ())]
        if self.validation is not None:
            scores = ["loss", *(["accuracy"] if self._run.answers else []), *self._metrics]
            found += [f"val_{name}" for name in dict.fromkeys(scores)]
        return found

    def look(self) -> list[Seen | None]:
        """What the model as it is now gives for each set: nothing of the user's is called."""
        return [None if rows is None else self._look_at(rows) for rows in (self.validation, self._training)]

    def _look_at(self, rows: Rows) -> Seen:
        run = self._run
        # The training loss is that of the steps.
        counted = rows is self.validation or "accuracy" in self._metrics
        if self._metrics.keys() <= ({"accuracy"} if run.answers else set()):
            return run.scores(rows) if counted else {}, None
        if not counted:
            return {}, run.model.inference.predict(rows, run.threads)
        outputs: Array = np.empty((rows.n_rows, run.model.layer_sizes[-1]), run.model.dtype)
        return run.scores(rows, outputs), outputs

    def judge(self, seen: list[Seen | None]) -> tuple[Scores, Scores]:
        """Scores of validation and of training."""
        validation, training = (
            {} if rows is None or each is None else self._judge(rows, *each)
            for rows, each in zip((self.validation, self._training), seen, strict=True)
        )
        return validation, {name: training[name] for name in self._metrics if name in training}

    def _judge(self, rows: Rows, scores: Scores, outputs: Array | None) -> Scores:
        if outputs is None:
            return scores
        run = self._run
        answers = attribute(_METRICS, "Answers")(
            run.loss, run.model.output_activation, run.model.classes, rows.chosen_targets(), outputs, rows.weights(slice(None))
        )
        return scores | {name: metric(answers) for name, metric in self._metrics.items() if name not in scores}


def measures_of_fit(run: Run, metrics: Any, training_metrics: bool, rows: Rows, validation: Rows | None, sample_weight: Any) -> Measures:
    """Those of a ``fit``; ValueError or TypeError for metrics that cannot be, or not there."""
    checked = check_metrics(run, metrics)
    on_training = flag(training_metrics, "training_metrics")
    if on_training and not checked:
        raise ValueError("training_metrics is True and there are no metrics; expected metrics=['f1'], say")
    if checked and not on_training and validation is None:
        raise ValueError("metrics need data: expected validation_data, validation_split or training_metrics=True")
    return Measures(run, checked, validation, _without_class_weights(run, rows, sample_weight) if on_training else None)


def _without_class_weights(run: Run, rows: Rows, sample_weight: Any) -> Rows:
    """Training rows as validation rows are weighed."""
    if run.class_weight is None:
        return rows
    part = slice(None) if rows.chosen is None else rows.chosen
    return rows.choice(rows.chosen, run.targets.weights_in(part, rows.targets, sample_weight, training=False))


def check_metrics(run: Run, given: Any) -> dict[str, Metric]:
    """Metrics by their names in the history; ValueError, TypeError or ImportError for one that cannot be."""
    if isinstance(given, (list, tuple)) and not given:
        return {}
    metrics: dict[str, Metric] = attribute(_METRICS, "as_metrics")(given, run.loss, run.model.layer_sizes[-1])
    known = History()
    for name, metric in metrics.items():
        own = name == "accuracy" and metric.name == "accuracy"
        if not own and (name == "accuracy" or name.startswith(("val_", "_")) or hasattr(known, name)):
            raise ValueError(f"a metric cannot be called {name!r}, which is something else in a history; give it another name")
    return metrics


def evaluate(run: Run, X: Any, y: Any, sample_weight: Any, metrics: Any) -> Scores:
    """As `Trainer.evaluate`."""
    checked = check_metrics(run, metrics)
    if not checked:
        return run.evaluate(X, y, sample_weight)
    rows = run.check(X, y, sample_weight)
    run.match_output()
    measures = Measures(run, checked, rows)
    return measures.judge(run.model.turns.look(measures.look))[0]
