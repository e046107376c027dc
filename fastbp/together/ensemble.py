"""Several models as one: the mean of their predictions, and how far they disagree."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Any, NamedTuple, Self

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.labels import decided
from fastbp.files import ensemble_files, model_files
from fastbp.mlp import MLP
from fastbp.together.curves import draw, usual_metric
from fastbp.trainer import Trainer
from fastbp.training.history import History

Numbers = NDArray[np.float64]


class Uncertainty(NamedTuple):
    """What the models of an ensemble give, as float64.

    Attributes
    ----------
    mean, spread : ndarray of shape (n, n_outputs)
        Mean and standard deviation (by m - 1) over the models.
    entropy : ndarray, or None
        Of probabilities, in nats: ``H(mean)``, how uncertain the prediction is in all; of shape (n,) for softmax, (n, n_outputs) for
        sigmoid outputs.
    disagreement : ndarray, or None
        ``H(mean) - mean(H)``, the part of it that comes from the models being of different minds: large far from the training rows. What
        is left, the mean entropy of the models, is what they find in the data.
    """

    mean: Numbers
    spread: Numbers
    entropy: Numbers | None
    disagreement: Numbers | None


class Ensemble:
    """Models for the same task, whose mean is better than nearly each of them (B. Lakshminarayanan et al., NeurIPS 2017).

    Parameters
    ----------
    members : sequence of MLP or Trainer
        With the same inputs, outputs, output activation and classes. Models are not copied.

    Attributes
    ----------
    models : tuple of MLP
    histories : tuple of History
        Of the trainers, where they were given; kept in files.
    classes, feature_names
        As of the models.

    Raises
    ------
    ValueError, TypeError
        For models that do not go together.

    Examples
    --------
    >>> import fastbp, numpy as np
    >>> X = np.linspace(-1, 1, 90)[:, np.newaxis]
    >>> models = [fastbp.MLP([1, 8, 1], activation="tanh", seed=seed) for seed in range(4)]
    >>> trainers = [fastbp.Trainer(model, loss="squared_error", optimizer="adam", seed=i) for i, model in enumerate(models)]
    >>> _ = fastbp.train_together(trainers, X, X**2, epochs=200)
    >>> ensemble = fastbp.Ensemble(trainers)
    >>> inside, outside = ensemble.uncertainty([[0.0], [4.0]]).spread[:, 0]
    >>> bool(outside > 2 * inside)
    True
    """

    def __init__(self, members: Iterable[MLP | Trainer]) -> None:
        given = _checked(members)
        self.models: tuple[MLP, ...] = tuple(each.model if isinstance(each, Trainer) else each for each in given)
        self.histories: tuple[History, ...] = tuple(each.history for each in given if isinstance(each, Trainer))
        _check_alike(self.models)
        self.classes = self.models[0].classes

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Names of the columns, as of `MLP`."""
        return self.models[0].feature_names

    def predict_each(self, X: Any) -> Array:
        """What every model gives.

        Parameters
        ----------
        X : array-like of shape (n, n_inputs)

        Returns
        -------
        ndarray of shape (n_models, n, n_outputs)
        """
        return np.stack([model.predict(X) for model in self.models])

    def predict(self, X: Any) -> Array:
        """The mean of what the models give, of shape (n, n_outputs); parameters and errors are those of `MLP.predict`."""
        each = self.predict_each(X)
        mean: Array = each.mean(axis=0, dtype=np.float64).astype(each.dtype)
        return mean

    def predict_class(self, X: Any) -> Array:
        """The class of each row by the mean, as `MLP.predict_class`."""
        border = 0.5 if self.models[0].output_activation.name in ("sigmoid", "hard_sigmoid") else 0.0
        return decided(self.predict(X), self.classes, border)

    def uncertainty(self, X: Any) -> Uncertainty:
        """Mean and spread of what the models give; of probabilities also entropies.

        Parameters
        ----------
        X : array-like of shape (n, n_inputs)

        Returns
        -------
        Uncertainty
            `mean`, `spread`, `entropy`, `disagreement`.
        """
        each = self.predict_each(X).astype(np.float64)
        mean, output = each.mean(axis=0), self.models[0].output_activation.name
        spread = each.std(axis=0, ddof=1) if len(each) > 1 else np.zeros_like(mean)
        if output not in ("softmax", "sigmoid"):
            return Uncertainty(mean, spread, None, None)
        entropy = _entropy(mean, output)
        # Of rounding errors alone where all agree.
        disagreement = np.maximum(entropy - _entropy(each, output).mean(axis=0), 0.0)
        return Uncertainty(mean, spread, entropy, disagreement)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all models, with their histories, to one safetensors file with a checksum, in one piece or not at all.

        Parameters
        ----------
        path : str or path
            The tensors are named ``0.weights.0`` and so on: the number of the model comes first.

        Raises
        ------
        OSError
            When the file cannot be written; an older file of that name is then untouched.
        """
        files = ensemble_files()
        arrays = [model.turns.look(_copied, model) for model in self.models]
        states = [history.state() for history in self.histories] or [{}] * len(self.models)
        model_files().write(path, files.ensemble_content(self.models, arrays, states))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read an ensemble that `save` wrote.

        Raises
        ------
        OSError
            When there is no such file.
        ValueError
            When the file is damaged, or holds no ensemble.
        """
        models, states = ensemble_files().read_ensemble(path, MLP)
        found = cls(models)
        if all(states):
            found.histories = tuple(_history(state) for state in states)
        return found

    def plot(self, ax: Any = None, metric: str | None = None) -> Any:
        """Draw a metric of every model, and their mean, over the epochs.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        metric : str, optional
            A name in the histories; by default the validation loss where there is one, else the loss.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        ValueError
            Where there are no histories.
        """
        if not self.histories:
            raise ValueError("the ensemble has no histories: it was made of models; expected trainers")
        return draw(ax, self.histories, metric or usual_metric(self.histories))

    def __len__(self) -> int:
        return len(self.models)

    def __repr__(self) -> str:
        kinds = list(dict.fromkeys(map(repr, self.models)))
        return f"Ensemble({len(self)} models: {kinds[0]}{', ...' if len(kinds) > 1 else ''})"


def _checked(members: Any) -> list[MLP | Trainer]:
    if isinstance(members, (str, MLP, Trainer)) or not isinstance(members, Iterable):
        raise TypeError(f"members is of type {type(members).__name__}; expected a list of models or of trainers")
    given = list(members)
    if not given:
        raise ValueError("members is empty; expected at least one model")
    for i, each in enumerate(given):
        if not isinstance(each, (MLP, Trainer)):
            raise TypeError(f"members[{i}] is of type {type(each).__name__}; expected an MLP or a Trainer")
    if len({isinstance(each, Trainer) for each in given}) > 1:
        raise TypeError("members holds models and trainers; expected the ones or the others")
    return given


def _check_alike(models: tuple[MLP, ...]) -> None:
    """Raise ValueError for models whose mean would mean nothing."""
    for i, model in enumerate(models):
        for what, of in _ALIKE.items():
            own, first = of(model), of(models[0])
            if own != first:
                raise ValueError(f"members[{i}] has {what} {own}, members[0] {first}; expected models for the same task")


_ALIKE: dict[str, Any] = {
    "inputs": lambda model: model.layer_sizes[0],
    "outputs": lambda model: model.layer_sizes[-1],
    "output activation": lambda model: str(model.output_activation),
    "classes": lambda model: model.classes,
    "feature names": lambda model: model.feature_names and sorted(model.feature_names),
}


def _entropy(probabilities: Numbers, output: str) -> Numbers:
    """``-sum p log p``: over the classes, or of yes and no for each output."""
    if output == "sigmoid":
        return _surprise(probabilities) + _surprise(1 - probabilities)
    found: Numbers = _surprise(probabilities).sum(axis=-1)
    return found


def _surprise(probabilities: Numbers) -> Numbers:
    found: Numbers = -probabilities * np.log(np.where(probabilities > 0, probabilities, 1.0))
    return found


def _copied(model: MLP) -> dict[str, Array]:
    return {name: array.copy() for name, array in model.named_arrays().items()}


def _history(state: dict[str, Any]) -> History:
    history = History()
    history.load_state(state)
    return history
