"""The model that an estimator holds: `coefs_` and `intercepts_` are views of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
from joblib.parallel import get_active_backend
from scipy import sparse

from fastbp._typing import Array
from fastbp.activations import Activation
from fastbp.data.rows import Rows
from fastbp.files.tensors import fill
from fastbp.mlp import MLP
from fastbp.processors.threads import check_threads

#: scikit-learn's names of activations that fastbp calls otherwise.
OTHER_NAMES = {"logistic": "sigmoid", "exp": "exponential"}
#: Numbers of a sparse matrix that are made dense at a time.
DENSE = 1 << 22


# Below so many multiply-adds one thread computes: of a step, whose time the clock then tells on several threads, and of one call.
_OF_STEP, _OF_CALL = 4_000_000, 50_000_000


def threads_here(threads: int | None, multiply_adds: int, *, timed: bool = False) -> int | None:
    """As many as asked for. By default one for little work, and within joblib's workers, as these have the processors already.

    joblib starts Numba in its workers with fewer threads than the user may have asked for: then it is these.
    """
    if threads is None:
        return 1 if multiply_adds < (_OF_STEP if timed else _OF_CALL) or is_worker() else None
    return min(threads, numba.config.NUMBA_NUM_THREADS) if is_worker() else check_threads(threads)  # type: ignore[attr-defined]


def is_worker() -> bool:
    """Whether this is a worker of joblib."""
    return bool(get_active_backend()[0].nesting_level > 0)


def our_names(activation: Any) -> Any:
    """An activation, or one for each hidden layer, with scikit-learn's names made ours."""
    if isinstance(activation, str):
        return OTHER_NAMES.get(activation, activation)
    return activation if isinstance(activation, Activation) else [our_names(each) for each in activation]


class Held:
    """A model that predicts.

    Attributes
    ----------
    model : MLP
    activation : str, Activation or sequence of them
        As the estimator was given it.
    """

    def __init__(self, model: MLP, activation: Any) -> None:
        self.model, self.activation = model, activation

    @property
    def parameters(self) -> tuple[list[Array], list[Array]]:
        """Weights and biases, as views."""
        return list(self.model.weights), list(self.model.biases)

    def write(self, coefs: Sequence[Array], intercepts: Sequence[Array]) -> None:
        """Take these parameters, where they are not the model's own."""
        for own, given in zip((*self.model.weights, *self.model.biases), (*coefs, *intercepts), strict=True):
            if own is not given:
                own[...] = given

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """All that training changes of the model: arrays, and what JSON holds."""
        return {f"model.{name}": array for name, array in self.model.named_arrays().items()}, {}

    def load_state(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        """Take it back; ValueError for that of another network."""
        fill({f"model.{name}": array for name, array in self.model.named_arrays().items()}, arrays)

    def predict(self, X: Any, threads: int | None) -> Array:
        """What the output layer gives, of a sparse matrix some rows at a time; in the type that a product of X and the weights has."""
        dtype = np.result_type(X.dtype, self.model.dtype)
        if sparse.issparse(X):
            matrix, most = X.tocsr(), max(1, DENSE // X.shape[1])
            parts = [self._outputs(matrix[i : i + most].toarray(), threads) for i in range(0, X.shape[0], most)]
            found = np.concatenate(parts)
        else:
            found = self._outputs(X, threads)
        return found.astype(dtype, copy=False)

    def _outputs(self, X: Array, threads: int | None) -> Array:
        few = self.model.inference.predict_few(X)
        if few is not None:
            return few
        return self.model.inference.predict(Rows(X), threads_here(threads, X.shape[0] * self.model.n_parameters))
