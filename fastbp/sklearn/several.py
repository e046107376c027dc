"""Several networks in place of one: an estimator that trains them side by side, and gives the mean of what they give."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fastbp._typing import Array
from fastbp.mlp import MLP
from fastbp.sklearn.convert import Convertible
from fastbp.sklearn.held import Held, is_worker
from fastbp.together.crew import Crew, check_crew
from fastbp.together.watch import Watch


class _Fit:
    """The fit of one of them, for a crew."""

    step, length = 0, 0.0

    def __init__(self, fit: Callable[[], Any]) -> None:
        self._fit = fit
        self.error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self._fit()
        except BaseException as error:
            self.error = error


class Several(Convertible):
    """An estimator of `n_models` networks: its own, and those of copies that differ in `random_state`."""

    #: The copies, once all are fitted.
    _others: tuple[Any, ...] = ()

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit all."""
        known, self._others = self._others, ()
        own = super().fit  # type: ignore[misc]
        if self.n_models == 1:
            return own(X, y, sample_weight=sample_weight)
        self._validate_params()
        others = [self._like(each, each.random_state) for each in known] if self._goes_on(known) else self._copies()
        given = (None, None) if self._validation is None else self._validation
        fits = [_Fit(functools.partial(own, X, y, sample_weight=sample_weight))]
        fits += [_Fit(functools.partial(other.fit, X, y, sample_weight, *given)) for other in others]
        crew = Crew(1 if is_worker() else check_crew(self.threads))
        try:
            with Watch(len(fits), 0, shown=False, deadline=None, raises=True) as watch:
                crew.work(fits, watch.look, lambda: self._give_up(others))
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
        finally:
            self._give_up(others, False)
        for fit in fits:
            if fit.error is not None:
                raise fit.error
        self._others = tuple(others)
        return self

    def _copies(self) -> list[Any]:
        """Copies that are not fitted."""
        seeds = check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=self.n_models - 1)
        return [self._like(type(self)(), int(seed)) for seed in seeds]

    def _goes_on(self, known: Sequence[Any]) -> bool:
        return bool(self.warm_start) and len(known) == self.n_models - 1

    def _like(self, other: Any, random_state: int) -> Any:
        """Another with copies of its settings, callbacks among them, but one network and a random state of its own."""
        return other.set_params(**clone(self).get_params() | {"n_models": 1, "progress": False, "random_state": random_state})

    def _give_up(self, others: Any, given_up: bool = True) -> None:
        """Let all end after the epoch under way, or no more."""
        for each in (self, *others):
            vars(each).update(_given_up=given_up)

    def _fit_stochastic(self, *arguments: Any) -> None:
        if arguments[-1] and self.n_models > 1:
            raise ValueError(f"partial_fit trains one network; n_models is {self.n_models}")
        super()._fit_stochastic(*arguments)

    @property
    def models_(self) -> list[MLP]:
        """The fitted models; the first is `model_`."""
        check_is_fitted(self)
        return [each.model_ for each in (self, *self._others)]

    def _outputs(self, X: Any) -> Array:
        """The outputs for checked rows: in the mean, where there are others."""
        outputs = self._ready().predict(X, self.threads)
        if not self._others:
            return outputs
        # Which are given what has been checked.
        every = [outputs, *(Held(model, None).predict(X, self.threads) for model in self.models_[1:])]
        mean: Array = np.mean(every, axis=0, dtype=np.float64).astype(outputs.dtype)
        return mean

    def _check_convertible(self) -> None:
        super()._check_convertible()
        if self.n_models > 1:
            raise ValueError(f"n_models is {self.n_models}; scikit-learn has one network")
