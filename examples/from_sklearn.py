"""From scikit-learn to fastbp: another import, the same numbers; then what scikit-learn has not.

Both classifiers learn the handwritten digits from the same random state. Their curves agree to the rounding error of float64 and they stop
after the same epoch. Run it with ``python examples/from_sklearn.py``; it needs ``pip install "fastbp[sklearn]"``.
"""

import time

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastbp.sklearn import MLPClassifier, from_sklearn


def fit(kind, X, y):
    """A fitted pipeline, and the seconds that it took."""
    pipeline = make_pipeline(StandardScaler(), kind((100,), early_stopping=True, random_state=0))
    begin = time.perf_counter()
    pipeline.fit(X, y)
    return pipeline, time.perf_counter() - begin


def compare(theirs, ours):
    """Print how far apart two fitted networks are."""
    curves = np.abs(np.array(theirs.loss_curve_) - ours.loss_curve_).max()
    weights = max(np.abs(a - b).max() for a, b in zip(theirs.coefs_, ours.coefs_, strict=True))
    print(f"epochs: {theirs.n_iter_} and {ours.n_iter_}; largest difference of losses {curves:.1e}, of weights {weights:.1e}")
    assert theirs.n_iter_ == ours.n_iter_ and curves < 1e-8 and weights < 1e-8


def main():
    """Compare, convert, search."""
    X, X_test, y, y_test = train_test_split(*load_digits(return_X_y=True), test_size=0.2, random_state=0)
    fit(MLPClassifier, X[:200], y[:200])  # compiles or loads the kernels
    (theirs, slow), (ours, fast) = (fit(kind, X, y) for kind in (neural_network.MLPClassifier, MLPClassifier))
    print(f"scikit-learn {slow:.2f} s, fastbp {fast:.2f} s")
    compare(theirs[-1], ours[-1])

    moved = from_sklearn(theirs[-1])
    print("moved to fastbp:", moved.trainer_)
    print(f"held-out digits read rightly: {moved.score(theirs[0].transform(X_test), y_test):.1%}")

    network = MLPClassifier((100,), optimizer="adamw", early_stopping=True, random_state=0)
    search = GridSearchCV(make_pipeline(StandardScaler(), network), {"mlpclassifier__dropout": [0.0, 0.2]}, cv=3)
    search.fit(X, y)
    print(f"with AdamW and dropout {search.best_params_['mlpclassifier__dropout']}: {search.score(X_test, y_test):.1%}")


if __name__ == "__main__":
    main()
