"""Estimators of several networks: the mean of estimators with other seeds."""

import os
import pickle
import signal

import numpy as np
import pytest
from sklearn.base import clone

import fastbp
from fastbp.sklearn import MLPClassifier, MLPRegressor

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 4))
LABELS = np.where(X[:, 0] > 0, "yes", "no")
NUMBERS = X[:, 0] * X[:, 1]
SETTINGS = {"hidden_layer_sizes": (5,), "max_iter": 8, "tol": 0, "random_state": 3}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def alone(estimator):
    """Estimators with one network and the seeds that the networks have."""
    seeds = np.random.RandomState(3).randint(np.iinfo(np.int32).max, size=2)
    return [clone(estimator).set_params(n_models=1, random_state=seed) for seed in (3, *map(int, seeds))]


@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs"}, {"optimizer": "adamw"}, {"early_stopping": True, "batch_size": 10}], ids=str)
def test_probabilities_are_the_mean_of_those_of_estimators_alone(settings):
    several = MLPClassifier(**SETTINGS, **settings, n_models=3, threads=2).fit(X, LABELS)
    each = [one.fit(X, LABELS).predict_proba(X) for one in alone(several)]
    # scikit-learn gives the one probability as 1 less the other.
    np.testing.assert_allclose(several.predict_proba(X), np.mean(each, axis=0), atol=1e-14)
    np.testing.assert_array_equal(several.predict(X), np.where(np.mean(each, axis=0)[:, 1] > 0.5, "yes", "no"))
    assert len(several.models_) == 3 and several.models_[0] is several.model_


def test_numbers_too_and_copies_of_what_was_fitted():
    several = MLPRegressor(**SETTINGS, n_models=3).fit(X, NUMBERS, X_val=None)
    each = [one.fit(X, NUMBERS).predict(X) for one in alone(several)]
    np.testing.assert_allclose(several.predict(X), np.mean(each, axis=0), rtol=1e-12)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(several)).predict(X), several.predict(X))


def test_a_second_fit_begins_anew_and_a_warm_one_goes_on():
    several = MLPRegressor(**SETTINGS, n_models=2).fit(X, NUMBERS)
    first = several.predict(X)
    np.testing.assert_array_equal(several.fit(X, NUMBERS).predict(X), first)
    before = [model.weights[0].copy() for model in several.set_params(warm_start=True).models_]
    several.fit(X, NUMBERS)
    assert all((old != model.weights[0]).any() for old, model in zip(before, several.models_, strict=True))
    several.set_params(n_models=1, warm_start=False).fit(X, NUMBERS)
    assert len(several.models_) == 1


class Listens(fastbp.Callback):
    """Knows how many runs it has seen; stops the process after an epoch of one."""

    def __init__(self, interrupts=False):
        self.interrupts, self.runs = interrupts, set()

    def on_epoch_end(self, run):
        self.runs.add(id(run))
        if self.interrupts and run.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)


def test_callbacks_are_copied_for_each():
    callback = Listens()
    MLPRegressor(**SETTINGS, n_models=3, callbacks=[callback]).fit(X, NUMBERS)
    assert len(callback.runs) == 1


def test_ctrl_c_ends_all_after_their_epochs():
    several = MLPRegressor(**SETTINGS | {"max_iter": 10**6}, n_models=3, threads=2, callbacks=[Listens(interrupts=True)])
    with pytest.warns(UserWarning, match=r"Training interrupted by user\."):
        several.fit(X, NUMBERS)
    # Any of them may have interrupted the others, the first among them, in an earlier epoch than its own.
    epochs = [each.n_iter_ for each in (several, *several._others)]
    assert len(several.models_) == 3 and all(1 <= count < 10**6 for count in epochs) and max(epochs) >= 2
    assert several.set_params(max_iter=3, callbacks=None).fit(X, NUMBERS).n_iter_ == 3


def test_what_goes_with_one_network_alone():
    with pytest.raises(ValueError, match="partial_fit trains one network; n_models is 2"):
        MLPRegressor(**SETTINGS, n_models=2).partial_fit(X, NUMBERS)
    with pytest.raises(ValueError, match="n_models is 2; scikit-learn has one network"):
        MLPRegressor(**SETTINGS, n_models=2).fit(X, NUMBERS).to_sklearn()
    with pytest.raises(ValueError, match="'n_models' parameter of MLPRegressor must be an int in the range"):
        MLPRegressor(n_models=0).fit(X, NUMBERS)


def test_an_error_of_one_is_raised():
    with pytest.raises(ValueError, match="test_size = 1 should be greater"):
        MLPClassifier(**SETTINGS, n_models=2, early_stopping=True, validation_fraction=0.01).fit(X[:9], LABELS[:9] == "yes")
