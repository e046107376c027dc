"""A grid search of scikit-learn's spread over the workers of a Dask cluster: here two processes of this machine.

The estimators of `fastbp.sklearn` are scikit-learn's, and joblib sends their fits to the workers. Each computes on one thread there, with
the same numbers as here. Run it with ``python examples/grid_search_dask.py``; it needs ``pip install "fastbp[examples,dask,sklearn]"``. For
a real cluster give `Client` its address: ``Client("tcp://scheduler:8786")``.
"""

import joblib
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from fastbp.sklearn import MLPClassifier

try:
    from dask.distributed import Client, LocalCluster
except ImportError:
    raise SystemExit('Dask is not here: pip install "fastbp[dask]"') from None

GRID = {"hidden_layer_sizes": [(16,), (64,)], "learning_rate_init": [0.001, 0.01]}


def search():
    """The search, which has not begun."""
    estimator = MLPClassifier(tol=1e-2, n_iter_no_change=3, batch_size=32, random_state=0)
    return GridSearchCV(estimator, GRID, cv=3)


def main():
    """Search on two workers, and once more here."""
    images, digits = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(images / 16, digits, test_size=0.25, stratify=digits, random_state=0)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
        joblib.parallel_backend("dask"),
    ):
        workers = client.nthreads()
        spread = search().fit(X, y)
    here = search().fit(X, y)
    print(f"{len(workers)} workers, each on one thread, have fitted {len(spread.cv_results_['params'])} settings on three folds")
    print(f"the best: {spread.best_params_}, accuracy {spread.best_score_:.1%}")
    print(f"held-out digits read rightly: {spread.score(X_test, y_test):.1%}")
    same = (spread.cv_results_["mean_test_score"] == here.cv_results_["mean_test_score"]).all()
    print(f"the scores are those of a search without the cluster: {same}")


if __name__ == "__main__":
    main()
