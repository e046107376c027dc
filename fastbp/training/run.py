"""All that training changes, in one object."""

from __future__ import annotations

import copy
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.averages import Average, described_average
from fastbp.data.frames import Names
from fastbp.data.labels import ClassWeight, described, from_description
from fastbp.data.rows import Rows
from fastbp.data.validation import all_finite, check_inputs
from fastbp.files import model_files, run_files
from fastbp.losses import Loss, describe_loss, described_loss
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer
from fastbp.schedules import is_scheduled
from fastbp.solvers import Method, as_method, describe_method, described_method
from fastbp.training.averaged import Averaged
from fastbp.training.checked_before import CheckedBefore
from fastbp.training.fingerprint import Fingerprint
from fastbp.training.history import History
from fastbp.training.listeners import Listeners
from fastbp.training.memory import Memory
from fastbp.training.parameters import Parameters
from fastbp.training.part import Part, State
from fastbp.training.plan import Planned
from fastbp.training.plateaus import Plateaus
from fastbp.training.position import Position
from fastbp.training.shards import Processes, check_shards
from fastbp.training.targets import Targets
from fastbp.training.under_way import UnderWay

if TYPE_CHECKING:
    from fastbp.files.run_file import Stored

PartT = TypeVar("PartT", bound=Part)


class Run:
    """A model, how it is trained, and all that training changes, part by part.

    Callbacks are given it. Its parts (`declare`) are kept to go back to, written to checkpoints and read from them by what each says of
    itself: a new piece of state is a class made from `Part` and a line in ``__init__``.

    Attributes
    ----------
    model : MLP
    optimizer : Optimizer or Solver
        Its settings may be changed between steps; it may be another one then, too.
    history : History
    loss : Loss
    batch_size, shuffle, seed, threads, precision, missing_targets, class_weight, average, accumulate, mixup, shards, distributed
        As the `Trainer` was given them.
    resumed : bool
        Whether it came from a file, and ``fit`` has not been called since.
    measured : list of str
        What the history has, or will have, of each epoch of the last ``fit`` beside times.
    under_way : UnderWay or None
        The data of the call of ``fit`` under way, and what its steps compute.
    """

    def __init__(
        self, model: MLP, loss: Loss, optimizer: Method, *, batch_size: int | None, shuffle: bool, seed: int, threads: int | None,
        precision: str, missing_targets: str = "error", class_weight: ClassWeight = None,
        average: Average | None = None, accumulate: int = 1, mixup: float = 0.0, shards: int = 1, distributed: Processes | None = None,
    ) -> None:  # fmt: skip
        loss.check_range(model.dtype)
        check_shards(shards, distributed)
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.missing_targets, self.class_weight, self.average, self.accumulate = missing_targets, class_weight, average, accumulate
        self.mixup, self.shards, self.distributed = mixup, shards, distributed
        self.targets = Targets(model, loss, missing_targets, class_weight)
        self.objective = loss.objective(model.dtype, masked=self.targets.may_miss)
        self.batch_size, self.shuffle, self.seed, self.threads, self.precision = batch_size, shuffle, seed, threads, precision
        self.resumed = False
        self.measured = ["loss"]
        self.under_way: UnderWay | None = None
        self.checked_before = CheckedBefore()
        self._checked: tuple[Any, Any] = (None, None)  # an optimizer that has been, and a copy of it as it was then
        self.scheduled: dict[str, Any] = {}  # of its settings, and the model's, those that change from step to step
        self.parts: dict[str, Part] = {}
        self.by_steps: dict[str, Part] = {}
        self.between_steps: dict[str, Part] = {}
        self._of_numbers: list[Part] = []
        self.parameters = self.declare("model", Parameters(model))
        self.memory = self.declare("optimizer", Memory(optimizer, model))
        self.averages = self.declare("average", Averaged(model, average))
        self.plan = self.declare("plan", Planned())
        self.position = self.declare("epoch", Position())
        self.history = self.declare("history", History())
        self.plateaus = self.declare("plateaus", Plateaus(self.plan, self.history))
        self.data = self.declare("data", Fingerprint())
        self.listeners = self.declare("callbacks", Listeners())
        if not isinstance(optimizer, Optimizer):
            self.check_optimizer()

    def declare(self, name: str, part: PartT) -> PartT:
        """Let `part` be a piece of the run; `name` is what it is called in files."""
        self.parts[name] = part
        (self.by_steps if part.by_steps else self.between_steps)[name] = part
        if part.numbers() is not None:
            self._of_numbers.append(part)
        return part

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return self.position.epoch

    @property
    def steps(self) -> int:
        """Updates done."""
        return self.position.steps

    @property
    def losses(self) -> NDArray[np.float64]:
        """The loss of each batch of the epoch under way so far."""
        return self.position.losses

    def take_output(self) -> None:
        """Let the model's ``output_activation="auto"`` stand for what the loss asks for; ValueError when its output does not suit it."""
        model = self.model
        output = self.loss.default_output() if model.output_is_auto else model.output_activation
        self.loss.check_output(output, model.layer_sizes[-1])
        if model.output_is_auto:
            model.settle_output(output)
        self._output = model.output_activation

    def match_output(self) -> None:
        """The same again where another trainer has changed it since."""
        if self._output is not self.model.output_activation:
            self.take_output()

    def keep_output(self) -> None:
        """Let it stay so, before the first step."""
        self.match_output()
        if self.model.output_is_auto:
            self.model.keep_output()

    def check(self, X: Any, y: Any, sample_weight: Any = None, *, names: Names = None, training: bool = False) -> Rows:
        """A data set for the model and the loss; ValueError or TypeError when it is none. Frames are taken by `names`, or the model's.

        For `training` classes have their weights.
        """
        inputs = check_inputs(X, self.model.layer_sizes[0], self.model.dtype, names or self.model.feature_names)
        targets = self.targets.check(y, inputs.shape[0])
        return Rows(inputs, targets, self.targets.weights(targets, sample_weight, training=training))

    def check_optimizer(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range; the name of an optimizer becomes one."""
        if self._is_checked():
            return
        self.optimizer = as_method(self.optimizer)
        self.optimizer.check_all(self.model.dtype)
        if not isinstance(self.optimizer, Optimizer):
            self.optimizer.check_trainer(
                self.loss.name, self.model.n_parameters, self.model.between, self.accumulate, self.average, self.mixup,
                self.shards,
            )  # fmt: skip
        else:
            self.optimizer.limits(self.model.network.layers, self.model.dtype)
        self._checked = self.optimizer, copy.copy(self.optimizer)
        settings = vars(self.optimizer) | {"dropout": self.model.between.dropout}
        self.scheduled = {name: value for name, value in settings.items() if is_scheduled(value)}

    def _is_checked(self) -> bool:
        known, as_it_was = self._checked
        return self.optimizer is known and vars(known) == vars(as_it_was)

    def copy_of_optimizer(self) -> Method:
        """One that nobody changes, with its settings as they are."""
        return self._checked[1] if self._is_checked() else copy.copy(self.optimizer)

    def rows_of_step(self, n_rows: int) -> int:
        """Rows of an update, out of so many; the last of an epoch may have less."""
        return n_rows if self.optimizer.takes_whole_set else min((self.batch_size or n_rows) * self.accumulate, n_rows)

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None) -> dict[str, float]:
        """Loss and accuracy over a data set, as `Trainer.evaluate`."""
        rows = self.check(X, y, sample_weight)
        self.match_output()
        return self.model.turns.look(self.scores, rows)

    def scores(self, rows: Rows, outputs: Array | None = None) -> dict[str, float]:
        """The same over a data set that has been checked; `outputs` gets the predictions, of the same pass."""
        loss, accuracy = self.model.inference.score(rows, self.objective, max(1, self.answers), self.threads, outputs)
        return {"loss": loss, "accuracy": accuracy / self.targets.share_there(rows)} if self.answers else {"loss": loss}

    @property
    def answers(self) -> int:
        """Right answers that a row may have; 0 where they are not counted."""
        return self.loss.answers(self.model.layer_sizes[-1])

    @property
    def follows_plan(self) -> bool:
        """Whether steps depend on how many a call of ``fit`` will make."""
        return self.averages.is_used or bool(self.scheduled)

    def make_plan(self, epochs: int, n_rows: int) -> None:
        """Tell schedules how many steps there will be."""
        self.memory.adapt(self.optimizer)
        current, per_epoch = self.position.current, -(-n_rows // self.rows_of_step(n_rows))
        under_way = current.done if current is not None and current.rows == n_rows else 0
        self.plan.begin(self.memory.steps, epochs * per_epoch - under_way, per_epoch, resumed=self.resumed)
        self.plateaus.begin(self.scheduled, self.epoch)

    def numbers(self) -> list[Array]:
        """All vectors that steps change."""
        return [numbers for part in self._of_numbers if (numbers := part.numbers()) is not None]

    def is_finite(self) -> bool:
        """Whether all numbers are that training goes on from."""
        return all(map(all_finite, self.numbers()))

    def recognise(self, rows: Rows) -> str | None:
        """Remember the data; what is other about them than about those of the run that was resumed, if it was just now."""
        difference = self.data.learn(rows.fingerprint())
        return difference if self.resumed else None

    def check_storable(self) -> None:
        """Raise ValueError or TypeError where a file could not hold it."""
        self._settings()
        model_files().describe(self.model)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it to a file, as `Trainer.save`; of several processes one does."""
        if self.distributed is not None and not self.distributed.is_first:
            return
        model_files().write(path, self.model.turns.look(self.content))

    def content(self) -> list[bytes | memoryview]:
        """The file that holds it, in pieces."""
        self.check_optimizer()
        states = {name: part.state() for name, part in self.parts.items()}
        content: list[bytes | memoryview] = run_files().run_content(self.model, self._settings(), states)
        return content

    @classmethod
    def read(cls, path: str | PathLike[str], threads: int | None, distributed: Processes | None = None) -> Run:
        """The run in a file, as `Trainer.resume`."""

        def build(model: MLP, stored: Stored) -> Run:
            settings = {name: stored.settings[name] for name in ("batch_size", "shuffle", "seed", "precision")}
            later = {
                "missing_targets": stored.settings.get("missing_targets", "error"),
                "class_weight": from_description(stored.settings.get("class_weight")),
                "average": described_average(stored.settings.get("average")),
                "accumulate": stored.settings.get("accumulate", 1),
                "mixup": stored.settings.get("mixup", 0.0),
                "shards": stored.settings.get("shards", 1),
                "distributed": distributed,
            }
            loss, optimizer = described_loss(stored.settings["loss"]), described_method(stored.settings["optimizer"])
            run = cls(model, loss, optimizer, threads=threads, **settings, **later)
            run.take_output()
            run.load(stored.states)
            return run

        run: Run = run_files().read_run(path, MLP, build)
        return run

    def load(self, states: dict[str, State]) -> None:
        """Be the run whose parts are these; one that the file does not know stays as it begins."""
        for name, part in self.parts.items():
            if name in states:
                part.load_state(states[name])
        self.plateaus.follow(self.epoch)
        self.averages.show(self.steps)
        self.resumed = True

    def _settings(self) -> dict[str, Any]:
        return {
            "loss": describe_loss(self.loss),
            "optimizer": describe_method(self.optimizer),
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "seed": self.seed,
            "precision": self.precision,
            "missing_targets": self.missing_targets,
            "class_weight": described(self.class_weight),
            "average": self.average and self.average.described(),
            "accumulate": self.accumulate,
            "mixup": self.mixup,
            "shards": self.shards,
        }
