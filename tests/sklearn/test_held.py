"""The model of an estimator: names of activations, views, parts of sparse rows, threads."""

import numpy as np
import pytest
from joblib import Parallel, delayed
from scipy import sparse

import fastbp
from fastbp.sklearn.held import Held, our_names, threads_here

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(23, 4))


def held(dtype="float64"):
    return Held(fastbp.MLP([4, 5, 2], activation="tanh", dtype=dtype, seed=0), "tanh")


def test_names_are_made_ours():
    leaky = fastbp.LeakyReLU(0.1)
    assert our_names("logistic") == "sigmoid" and our_names("relu") == "relu" and our_names(leaky) is leaky
    assert our_names(("logistic", leaky, "gelu")) == ["sigmoid", leaky, "gelu"]


def test_parameters_are_views_and_foreign_ones_are_copied():
    own = held()
    weights, biases = own.parameters
    weights[0][:] = 2.0
    three = np.full(5, 3.0)
    own.write(weights, [three, biases[1]])
    biases[0][0] = 7
    assert (own.model.weights[0] == 2).all() and own.model.biases[0].tolist() == [7, 3, 3, 3, 3] and three[0] == 3


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows_are_predicted_in_parts(kind, monkeypatch):
    monkeypatch.setattr("fastbp.sklearn.held.DENSE", 12)
    np.testing.assert_array_equal(held().predict(kind(X), None), held().predict(X, None))


def test_predictions_have_the_type_of_a_product():
    assert held().predict(X.astype(np.float32), None).dtype == held("float32").predict(X, None).dtype == np.float64
    assert held("float32").predict(X.astype(np.float32), None).dtype == np.float32


LARGE = 10**9


def test_little_work_is_of_one_thread():
    assert threads_here(None, LARGE) is threads_here(None, 10**7, timed=True) is None
    assert threads_here(None, 10**7) == threads_here(None, 10**6, timed=True) == 1
    assert threads_here(2, 10) == 2


def test_more_threads_than_numba_has_are_refused_but_in_workers_which_have_fewer():
    with pytest.raises(ValueError, match="threads is 4096; Numba was started with"):
        threads_here(4096, 10)
    (found,) = Parallel(n_jobs=2, backend="loky")(delayed(threads_here)(4096, 10) for _ in range(1))
    assert found < 4096


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_workers_of_joblib_compute_on_one_thread(backend):
    found = Parallel(n_jobs=2, backend=backend)(delayed(threads_here)(each, LARGE) for each in (None, 2))
    # Processes of joblib have a share of the cores.
    assert found[0] == 1 and found[1] in ((2,) if backend == "threading" else (1, 2))
