"""The settings and the history of a run for MLflow."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from fastbp.callbacks.epoch_log import EpochLog
from fastbp.callbacks.extras import extra
from fastbp.callbacks.seen import Seen
from fastbp.training.part import State
from fastbp.training.run import Run

# MLflow takes so many numbers at once, and parameters of so many characters.
_MOST, _LONGEST = 1000, 500
# What becomes of MLflow's run, by why fit has ended; it is finished otherwise.
_STATUS = {"interrupted": "KILLED", "terminated": "KILLED", "error": "FAILED", "diverged": "FAILED"}


class MLflow(EpochLog):
    """Logs settings and history to MLflow: parameters when the run begins, and after each epoch all that the history has of it.

    The step is the epoch, the first being 1. A run that is resumed, or trained on by another `fit`, goes on in the same run of
    MLflow, in which each epoch is once: those that it has are asked for when ``fit`` begins, and what is missing is logged. (MLflow
    forgets nothing: it keeps epochs that divergence has taken back.) Where ``mlflow.start_run()`` is under way the epochs go there;
    otherwise a run is made, and ended as FINISHED, KILLED after Ctrl-C or SIGTERM, or FAILED.

    Needs MLflow: ``pip install "fastbp[mlflow]"``.

    Parameters
    ----------
    experiment : str, optional
        Its name; it is made where there is none of it. By default MLflow's own.
    run_name : str, optional
    tracking_uri : str, optional
        Of the server, the database or the folder. By default what MLflow is set to.
    params : dict, optional
        Parameters to log beside those of model, loss, optimizer and batches.

    Attributes
    ----------
    run_id : str or None
        Of MLflow's run; None before the first ``fit``.

    Raises
    ------
    ImportError
        When MLflow is not installed.
    OSError
        From ``fit``: before it trains, when MLflow takes nothing, and at its end. In between it is a warning, and the epoch is logged
        after the next.
    """

    def __init__(
        self,
        experiment: str | None = None,
        *,
        run_name: str | None = None,
        tracking_uri: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self._mlflow = extra("mlflow", "mlflow")
        for name, given in (("experiment", experiment), ("run_name", run_name), ("tracking_uri", tracking_uri)):
            if given is not None and not isinstance(given, str):
                raise TypeError(f"{name} is {given!r} of type {type(given).__name__}; expected a string")
        self.experiment, self.run_name, self.tracking_uri, self.params = experiment, run_name, tracking_uri, dict(params or {})
        self.run_id: str | None = None
        self._is_mine = False  # made here, and to be ended here
        self._seen = Seen()
        self._known: dict[str, set[int]] = {}  # the steps that MLflow has, by names

    def begin(self, run: Run) -> int:
        """Find or make MLflow's run; what it has is known then, and whatever it lacks is to be added."""
        with _told():
            client = self._client()
            if self.run_id is None or not self._seen.knows(run):
                self._seen = Seen()
                self._make(client, run)
            elif self._is_mine:
                client.update_run(self.run_id, status="RUNNING")
            names = run.history.names()
            self._known = {name: {each.step for each in client.get_metric_history(self.run_id, name)} for name in names}
        return 0

    def add(self, run: Run, first: int) -> None:
        """Log what MLflow has not."""
        metric, now = extra("mlflow.entities", "mlflow").Metric, int(time.time() * 1000)
        fresh = [
            (name, value, epoch + 1)
            for epoch in range(first, len(run.history))
            for name, value in run.history.row(epoch).items()
            if value is not None and epoch + 1 not in self._known.setdefault(name, set())
        ]
        with _told():
            for place in range(0, len(fresh), _MOST):
                part = fresh[place : place + _MOST]
                self._client().log_batch(self.run_id, metrics=[metric(name, float(value), now, step) for name, value, step in part])
                for name, _, step in part:
                    self._known[name].add(step)
        self._seen.note(run)

    def on_fit_end(self, run: Run) -> None:
        """Log what is missing, and say how it ended."""
        begun = self._begun
        super().on_fit_end(run)
        if begun and self._is_mine:
            with _told():
                self._client().set_terminated(self.run_id, _STATUS.get(run.history.stopped, "FINISHED"))

    def _client(self) -> Any:
        return self._mlflow.MlflowClient(tracking_uri=self.tracking_uri)

    def _make(self, client: Any, run: Run) -> None:
        active = self._mlflow.active_run()
        self._is_mine = active is None
        if active is None:
            experiment = client.get_experiment_by_name(self.experiment or "Default")
            number = experiment.experiment_id if experiment else client.create_experiment(self.experiment or "Default")
            active = client.create_run(number, run_name=self.run_name)
        self.run_id = active.info.run_id
        param = extra("mlflow.entities", "mlflow").Param
        client.log_batch(self.run_id, params=[param(name, str(value)[:_LONGEST]) for name, value in (described(run) | self.params).items()])

    def state(self) -> State:
        """Which run of MLflow's it is."""
        return {"run_id": self.run_id, "is_mine": self._is_mine, "seen": self._seen.described()}

    def load_state(self, state: State) -> None:
        """Go on in it."""
        self.run_id, self._is_mine, self._seen = state["run_id"], state["is_mine"], Seen.from_description(state["seen"])


def described(run: Run) -> dict[str, Any]:
    """The settings of a run, by the names of MLflow's parameters."""
    model = run.model
    optimizer = {f"optimizer.{name}": value for name, value in vars(run.optimizer).items()}
    return {
        "model": repr(model),
        "layer_sizes": "-".join(map(str, model.layer_sizes)),
        "n_parameters": model.n_parameters,
        "model_seed": model.seed,
        "loss": str(run.loss),
        "optimizer": run.optimizer.name,
        **optimizer,
        **{name: getattr(run, name) for name in ("batch_size", "accumulate", "average", "class_weight", "shuffle", "seed")},
    }


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Errors of MLflow as what they are for training: something could not be written."""
    try:
        yield
    except extra("mlflow.exceptions", "mlflow").MlflowException as error:
        raise OSError(f"MLflow: {error}") from error
