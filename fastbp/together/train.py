"""Many trainers at once: each on a thread, all on one data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from fastbp._names import integer
from fastbp.callbacks.base import AnyCallback, Callback, check_callbacks
from fastbp.processors.threads import multiply_adds
from fastbp.together.crew import Crew, check_crew
from fastbp.together.shared import Shared, check_rows, per_trainer
from fastbp.together.watch import Member, Watch
from fastbp.trainer import Trainer
from fastbp.training.calls import Asked, raises_on, train
from fastbp.training.engine import Engine
from fastbp.training.guard import Guard
from fastbp.training.history import History
from fastbp.training.measures import Metrics, measures_of_fit
from fastbp.training.outside import deadline_of
from fastbp.training.progress import check_progress
from fastbp.training.sets import Parts, check_sets, told_of

#: What a user may give: an entry for each trainer, or a function of the trainer's number.
Callbacks: TypeAlias = Sequence[Iterable[AnyCallback] | AnyCallback] | Callable[[int], Iterable[AnyCallback] | AnyCallback]


class Settings(NamedTuple):
    """How a call goes about it."""

    threads: int
    shown: bool
    deadline: float | None
    raises: bool


class OneFit:
    """The fit of one of the trainers, when all has been checked."""

    def __init__(self, trainer: Trainer, asked: Asked) -> None:
        run, n_rows = trainer.run, asked.rows.n_rows
        batch = run.rows_of_step(n_rows)
        self.trainer, self._asked = trainer, asked
        self.samples = asked.epochs * n_rows
        self.step = multiply_adds(run.model.network, batch)
        self.length = self.step / batch * self.samples
        self.error: BaseException | None = None
        self.measures = asked.measures
        self._around: Callable[[], Member] | None = None

    def among(self, crew: Crew, watch: Watch) -> None:
        """Let it be one of a crew's."""
        self._around = lambda: Member(watch, crew.rounds_left)

    def __call__(self) -> None:
        """Train, in the thread that it is given."""
        assert self._around is not None
        run = self.trainer.run
        try:
            train(run, Engine(run), Guard(run), self._asked, self._around())
        except BaseException as error:
            self.error = error

    def scores(self) -> dict[str, float]:
        """What the model as it is now gives for the validation rows."""
        return self.measures.judge(self.trainer.model.turns.look(self.measures.look))[0]


def train_together(
    trainers: Sequence[Trainer],
    X: Any,
    y: Any,
    *,
    epochs: int | Sequence[int],
    rows: Sequence[Any] | None = None,
    validation_rows: Sequence[Any] | None = None,
    validation_data: tuple[Any, ...] | None = None,
    validation_split: float | None = None,
    metrics: Metrics = (),
    training_metrics: bool = False,
    sample_weight: Any = None,
    callbacks: Callbacks = (),
    progress: bool | str = "auto",
    time_limit: float | None = None,
    on_interrupt: str = "return",
    threads: int | None = None,
) -> list[History]:
    """Train many models side by side, each on a thread of its own, as many at a time as there are processors.

    Trainer i ends with the bits of ``trainers[i].fit(X[rows[i]], y[rows[i]], epochs=epochs, ...)`` alone. The data are read where they
    lie, and not copied. Models and settings may differ. Threads of Python do the work, which compiled runs of steps leave to each other;
    where fewer trainers are left than processors, the one with the longest steps uses several.

    Parameters
    ----------
    trainers : sequence of Trainer
        Of as many models.
    X, y : array-like
        As of `Trainer.fit`, all rows.
    epochs : int or sequence of int
        Of all, or of each.
    rows : sequence of arrays, optional
        For each trainer numbers of rows, which may come more than once, a mask of bools, or None: all rows. A fold, a bootstrap.
    validation_rows : sequence of arrays, optional
        Rows that each is validated on after every epoch, alike.
    validation_data : (X, y) or (X, y, sample_weight), optional
        In place of them a data set for all.
    validation_split : float, optional
        In place of them a share of each trainer's rows.
    metrics, training_metrics, sample_weight
        As of `Trainer.fit`.
    callbacks : sequence or function
        An entry for each trainer, such as ``fit`` takes; or a function that is given the number of the trainer, from 0 on, and gives
        that. No callback may be of two trainers. They are called in the threads of the fits.
    progress : bool or "auto"
        One bar for all.
    time_limit : float, optional
        In seconds, for all together: each has an even part of what is left when it begins.
    on_interrupt : "return" or "raise"
        Ctrl-C and SIGTERM stop all trainers at their next steps; then it returns, or raises KeyboardInterrupt.
    threads : int, optional
        How many compute at a time, as many as there are processors by default. No number changes a bit of the results.

    Returns
    -------
    list of History
        Those of the trainers. ``history.stopped`` tells of each why it ended.

    Raises
    ------
    ValueError, TypeError
        For data or arguments that do not fit; nothing has changed then. Errors about one trainer begin with ``trainers[i]:``.
    Exception
        What stopped one of them, such as a `DivergenceError`: the others are trained to their end first. A note tells whose it is.

    Examples
    --------
    >>> import fastbp, numpy as np
    >>> X = np.linspace(-1, 1, 90)[:, np.newaxis]
    >>> models = [fastbp.MLP([1, width, 1], activation="tanh", seed=0) for width in (4, 8, 16)]
    >>> trainers = [fastbp.Trainer(model, loss="squared_error", optimizer="adam", seed=0) for model in models]
    >>> folds = [np.flatnonzero(np.arange(90) % 3 != fold) for fold in range(3)]
    >>> histories = fastbp.train_together(trainers, X, X**2, rows=folds, epochs=20)
    >>> [history.stopped for history in histories]
    ['epochs', 'epochs', 'epochs']
    """
    settings = check_settings(threads, progress, time_limit, on_interrupt)
    fits = check_fits(
        trainers, Shared(X, y, validation_data), epochs=epochs, rows=rows, validation_rows=validation_rows,
        validation_split=validation_split, metrics=metrics, training_metrics=training_metrics, sample_weight=sample_weight,
        callbacks=callbacks,
    )  # fmt: skip
    work(fits, settings)
    raise_first(fits)
    return [fit.trainer.history for fit in fits]


def check_settings(threads: Any, progress: Any, time_limit: Any, on_interrupt: Any) -> Settings:
    """How a call goes about it; ValueError or TypeError for what cannot be."""
    return Settings(check_crew(threads), check_progress(progress), deadline_of(time_limit), raises_on(on_interrupt))


def check_fits(
    trainers: Any, data: Shared, *, epochs: Any, rows: Any = None, validation_rows: Any = None, validation_split: Any = None,
    metrics: Any = (), training_metrics: Any = False, sample_weight: Any = None, callbacks: Any = (), planned: int | None = None,
) -> list[OneFit]:  # fmt: skip
    """The fits, when all that they were given is in order."""
    given = check_trainers(trainers)
    with told_of("trainers[0]: "):
        count, n_rows = len(given), len(data.of(given[0].model)[0])
    every_epochs = epochs if isinstance(epochs, Sequence) and not isinstance(epochs, str) else [epochs] * count
    every_epochs = [integer(each, "epochs", least=0) for each in per_trainer(every_epochs, "epochs", count)]
    training, validation = check_rows(rows, "rows", count, n_rows), check_rows(validation_rows, "validation_rows", count, n_rows)
    listeners = check_callbacks_of_all(callbacks, count)
    fits = []
    for i, trainer in enumerate(given):
        with told_of(f"trainers[{i}]: "):
            run = trainer.run
            run.check_optimizer()
            X, validation_data = data.of(trainer.model)
            parts = Parts(training[i], validation[i])
            own, others = check_sets(run, X, data.y, sample_weight, validation_data, validation_split, parts)
            measures = measures_of_fit(run, metrics, training_metrics, own, others, sample_weight)
            fits.append(OneFit(trainer, Asked(data.X, own, measures, listeners[i], every_epochs[i], planned)))
    return fits


def check_trainers(given: Any) -> list[Trainer]:
    """`given` as trainers of as many models."""
    if isinstance(given, (str, Trainer)) or not isinstance(given, Iterable):
        raise TypeError(f"trainers is of type {type(given).__name__}; expected a list of trainers")
    trainers = list(given)
    if not trainers:
        raise ValueError("trainers is empty; expected at least one")
    models: dict[int, int] = {}
    for i, trainer in enumerate(trainers):
        if not isinstance(trainer, Trainer):
            raise TypeError(f"trainers[{i}] is of type {type(trainer).__name__}; expected a Trainer")
        first = models.setdefault(id(trainer.model), i)
        if first != i:
            raise ValueError(f"trainers[{first}] and trainers[{i}] train the same model; expected a model for each")
    return trainers


def check_callbacks_of_all(given: Any, count: int) -> list[list[Callback]]:
    """The callbacks of each trainer; ValueError or TypeError where they are none, or one is of two."""
    if isinstance(given, Callback):
        raise TypeError(
            f"callbacks is a {type(given).__name__}, which listens to one trainer; expected a list with an entry for each of the {count} "
            "trainers, or a function of the trainer's number that gives one"
        )
    if callable(given):
        entries = [given(i) for i in range(count)]
    else:
        entries = [()] * count if isinstance(given, Sequence) and not given else list(per_trainer(given, "callbacks", count))
    checked = [check_callbacks(() if entry is None else entry) for entry in entries]
    seen: dict[int, int] = {}
    for i, own in enumerate(checked):
        for callback in own:
            first = seen.setdefault(id(callback), i)
            if first != i:
                raise ValueError(f"callbacks: trainers {first} and {i} have the same {type(callback).__name__}; expected one for each")
    return checked


def work(fits: Sequence[OneFit], settings: Settings) -> None:
    """Train all; errors stay where they happened."""
    crew, samples = Crew(settings.threads), sum(fit.samples for fit in fits)
    with Watch(len(fits), samples, shown=settings.shown, deadline=settings.deadline, raises=settings.raises) as watch:
        for fit in fits:
            fit.among(crew, watch)
        crew.work(fits, watch.look, watch.give_up)


def raise_first(fits: Sequence[OneFit], *, but: type[BaseException] | tuple[()] = ()) -> None:
    """Raise what went wrong first by the order of the trainers, with a note that says whose it is."""
    failed = [(i, fit.error) for i, fit in enumerate(fits) if fit.error is not None and not isinstance(fit.error, but)]
    for number, error in failed[:1]:
        others = f"; so did {len(failed) - 1} more" if len(failed) > 1 else ""
        error.add_note(f"trainers[{number}] of {len(fits)} failed, the others have been trained{others}")
        raise error
