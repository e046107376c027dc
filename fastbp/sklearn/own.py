"""What scikit-learn has not: training by fastbp's own loop, with its losses, optimizers, dropout, normalisation and callbacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scipy import sparse

from fastbp._typing import Array
from fastbp.callbacks.base import Callback
from fastbp.losses import CrossEntropy, Loss
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer
from fastbp.sklearn.held import OTHER_NAMES, Held, our_names, threads_here
from fastbp.trainer import Trainer
from fastbp.training.run import Run

# Multiply-adds: the trainer chooses by what a step has.
_MUCH = 1 << 62
_THEIRS = {ours: theirs for theirs, ours in OTHER_NAMES.items()}


class Judge(Callback):
    """Asks after each epoch whether training ends."""

    changes_data = False

    def __init__(self, judge: Callable[[Run], bool]) -> None:
        self._judge = judge

    def on_epoch_end(self, run: Run) -> bool:
        """Whether it does."""
        return self._judge(run)


class Own(Held):
    """A model and its trainer.

    Parameters
    ----------
    coefs, intercepts : sequence of ndarray
        The parameters that it begins with.
    activation : str, Activation or sequence of them
    loss : str or Loss
    optimizer : str or Optimizer
    between : dict
        Of `MLP`: normalization, dropout, input_dropout.
    shuffle : bool
    seed : int
    threads : int or None
    """

    def __init__(
        self, coefs: Sequence[Array], intercepts: Sequence[Array], activation: Any, loss: str | Loss, optimizer: str | Optimizer,
        *, between: dict[str, Any], shuffle: bool, seed: int, threads: int | None,
    ) -> None:  # fmt: skip
        sizes = [coefs[0].shape[0], *(coef.shape[1] for coef in coefs)]
        model = MLP(sizes, activation=our_names(activation), init=(coefs, intercepts), dtype=coefs[0].dtype, seed=seed, **between)
        self.trainer = Trainer(model, loss=loss, optimizer=optimizer, shuffle=shuffle, seed=seed, threads=threads_here(threads, _MUCH))
        super().__init__(model, activation)

    @property
    def out_activation(self) -> str:
        """scikit-learn's name of it, where it has one."""
        name = self.model.output_activation.name
        return _THEIRS.get(name, name)

    def fit(
        self, X: Any, y: Array, sample_weight: Array | None, *, epochs: int, batch: int, callbacks: Sequence[Callback],
        judge: Callable[[Run], bool], progress: bool | str, time_limit: float | None,
    ) -> None:  # fmt: skip
        """Up to so many epochs; a sparse matrix is made dense, and classes are numbers where the loss takes these."""
        trainer = self.trainer
        trainer.batch_size = batch
        rows = X.toarray() if sparse.issparse(X) else X
        # Rows of several labels are left to the loss to refuse.
        of_classes = isinstance(trainer.loss, CrossEntropy) and y.shape[1] > 1 and (y.sum(axis=1) == 1).all()
        targets = y.argmax(axis=1) if of_classes else y
        trainer.fit(
            rows, targets, epochs=epochs, sample_weight=sample_weight, callbacks=[*callbacks, Judge(judge)], progress=progress,
            time_limit=time_limit, on_interrupt="raise",
        )  # fmt: skip
