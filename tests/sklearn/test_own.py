"""What scikit-learn has not: fastbp's losses, optimizers, activations, dropout, normalisation and callbacks in an estimator."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from twins import LABELS, TARGETS, VALUES, X

import fastbp
from fastbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SETTINGS = {"hidden_layer_sizes": (20, 7), "random_state": 0, "max_iter": 60, "learning_rate_init": 0.01, "batch_size": 30}
ASKED = [
    {"dropout": 0.1}, {"dropout": [0.1, 0.0], "input_dropout": 0.05}, {"normalization": "batch"}, {"optimizer": "adamw"},
    {"optimizer": fastbp.SGD(fastbp.OneCycle(0.1), momentum=0.9)}, {"activation": ["gelu", fastbp.LeakyReLU(0.1)]},
    {"activation": "silu", "dropout": 0.1, "solver": "sgd"}, {"class_weight": "balanced"},
]  # fmt: skip


@pytest.mark.parametrize("asked", ASKED, ids=str)
@pytest.mark.parametrize("task", ["binary", "classes"])
def test_classes_are_learnt_with(task, asked):
    ours = MLPClassifier(**SETTINGS | asked).fit(X, TARGETS[task])
    assert ours.score(X, TARGETS[task]) > 0.95 and len(ours.loss_curve_) == ours.n_iter_ == ours.t_ / len(X)
    again = clone(ours).fit(X, TARGETS[task])
    copy = pickle.loads(pickle.dumps(ours))
    for other in (again, copy):
        assert (other.predict_proba(X) == ours.predict_proba(X)).all()
    assert all(np.shares_memory(a, b) for a, b in zip(copy.coefs_, copy.model_.weights, strict=True))


def test_losses_of_classes():
    smoothed = MLPClassifier(loss=fastbp.CrossEntropy(label_smoothing=0.2), **SETTINGS).fit(X, TARGETS["classes"])
    plain = MLPClassifier(**SETTINGS).fit(X, TARGETS["classes"])
    assert smoothed.predict_proba(X).max(axis=1).mean() < plain.predict_proba(X).max(axis=1).mean()
    assert log_loss(LABELS, smoothed.predict_proba(X)) > log_loss(LABELS, plain.predict_proba(X))
    for task in ("binary", "classes", "many labels"):
        hinge = MLPClassifier(loss=fastbp.Hinge(), **SETTINGS).fit(X, TARGETS[task])
        assert hinge.score(X, TARGETS[task]) > 0.9 and hinge.out_activation_ == "identity" and not hasattr(hinge, "predict_proba")
    with pytest.raises(ValueError, match="rows of probabilities sum to 1"):
        MLPClassifier(loss=fastbp.CrossEntropy(), **SETTINGS).fit(X, TARGETS["many labels"])


@pytest.mark.parametrize("loss", ["huber", fastbp.Huber(0.5), "gamma", fastbp.SquaredError()], ids=str)
def test_losses_of_values(loss):
    values = VALUES[:, 1:]
    ours = MLPRegressor(loss, random_state=0, max_iter=300, learning_rate_init=0.01, tol=1e-7).fit(X, values)
    assert ours.score(X, values) > 0.9 and ours.predict(X).shape == values.shape
    assert ours.out_activation_ == ("exp" if loss == "gamma" else "identity")


def test_callbacks_and_the_trainer_see_the_same_run():
    seen = []

    class See(fastbp.Callback):
        def on_epoch_end(self, run):
            seen.append(run.history.loss[-1])
            return len(seen) == 5

    see = See()
    ours = MLPClassifier(**SETTINGS | {"max_iter": 50}).set_params(callbacks=[see]).fit(X, LABELS)
    assert ours.n_iter_ == 5 and ours.loss_curve_ == seen == ours.trainer_.history.loss and ours.get_params()["callbacks"] == [see]
    ours.trainer_.fit(X, LABELS, epochs=1)
    assert ours.trainer_.epoch == 6 and (ours.coefs_[0] == ours.model_.weights[0]).all()


def test_stopping_and_rates_are_those_of_the_parameters():
    sgd = {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2, "dropout": 0.1}
    ours = MLPClassifier(**SETTINGS | sgd | {"max_iter": 200}).fit(X, LABELS)
    assert ours.n_iter_ < 200 and ours.trainer_.optimizer.learning_rate < 1e-5
    early = MLPClassifier(early_stopping=True, dropout=0.1, **SETTINGS | {"max_iter": 100}).fit(X, LABELS)
    assert early.best_validation_score_ == max(early.validation_scores_) and len(early.validation_scores_) == early.n_iter_ < 100


def test_an_object_that_is_given_is_not_changed():
    optimizer = fastbp.Adam(0.01)
    ours = MLPClassifier(optimizer=optimizer, **SETTINGS).fit(X, LABELS)
    ours.trainer_.optimizer.learning_rate = 1.0
    assert ours.optimizer is optimizer and optimizer.learning_rate == 0.01


def test_partial_fit_goes_on_and_a_warm_start_too():
    ours = MLPClassifier(dropout=0.1, warm_start=True, **SETTINGS)
    for call in range(3):
        ours.partial_fit(X, LABELS, classes=[0, 1, 2])
        assert ours.trainer_.epoch == call + 1 and ours.t_ == (call + 1) * len(X)
    before = ours.loss_curve_[-1]
    assert ours.fit(X, LABELS).loss_curve_[3] < before
    # The optimizer is another one where fastbp's loop is not asked for any more.
    ours.set_params(dropout=0.0).partial_fit(X, LABELS)
    assert ours.score(X, LABELS) > 0.95


def test_searches_try_what_scikit_learn_has_not():
    search = GridSearchCV(MLPClassifier(**SETTINGS), {"dropout": [0.0, 0.3], "normalization": [None, "layer"]}, n_jobs=2, cv=2)
    assert search.fit(X, LABELS).best_score_ > 0.9


WRONG = {"dropout": 2.0, "normalization": "group", "optimizer": "newton", "activation": ["relu"], "callbacks": [3], "loss": "step"}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name):
    with pytest.raises((ValueError, TypeError), match=name):
        MLPClassifier(**SETTINGS | {name: WRONG[name]}).fit(X, LABELS)
    with pytest.raises(ValueError, match="solver='lbfgs' goes with"):
        MLPClassifier(solver="lbfgs", dropout=0.5).fit(X, LABELS)
