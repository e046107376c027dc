"""The settings that the guide says to begin with, against plain defaults, on tables that packages ship: scores of held-out rows.

    pip install -e ".[benchmarks]"
    python -m benchmarks.recommended | tee benchmarks/recommended.txt      # all tables, ten seeds, some minutes
    python -m benchmarks.recommended --only wine,sunspots --seeds 3

Three ways train the same net, one hidden layer of 64 units, from the same seed on the same rows, for at most 100 epochs: the defaults of
`MLP` and `Trainer` on the numbers as they come; these on standardised ones; and the recommended settings. For each seed another quarter of
the rows is held out; what early stopping looks at is taken from the others. Accuracy of classes, r2 of real targets; mean and standard
deviation over the seeds, and for how many of these the recommended settings were better than the defaults, and worse.
"""

import argparse
from typing import NamedTuple

import numpy as np

import fastbp

from .comparison.options import CORES
from .comparison.report import header, machine

EPOCHS, HIDDEN = 100, 64
#: What the guide says, too.
RATE, BATCH, SPLIT, PATIENCE = 3e-3, 32, 0.1, 20
_PACKAGES = ("numba", "numpy", "scikit-learn", "statsmodels")


class Table(NamedTuple):
    """Inputs, and labels or real targets."""

    X: np.ndarray
    y: np.ndarray

    @property
    def n_classes(self):
        """0 for real targets."""
        return len(np.unique(self.y)) if self.y.dtype.kind == "i" else 0


def of_sklearn(name):
    """One of scikit-learn's."""
    from sklearn import datasets

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return Table(X, y)


def affairs():
    """Whether a married woman had an affair, by what she told a magazine in 1974 (R. Fair, 1978): 6,366 of them."""
    from statsmodels.datasets import fair

    frame = fair.load_pandas().data
    return Table(frame.drop(columns="affairs").to_numpy(np.float64), (frame.affairs > 0).to_numpy(np.int64))


def sunspots():
    """How many there are in a year, by the nine years before: 300 years."""
    from statsmodels.datasets import sunspots as yearly

    numbers = yearly.load_pandas().data["SUNACTIVITY"].to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(numbers, 10)
    return Table(windows[:, :-1].copy(), windows[:, -1].copy())


TABLES = {
    "digits": lambda: of_sklearn("digits"),
    "wine": lambda: of_sklearn("wine"),
    "breast_cancer": lambda: of_sklearn("breast_cancer"),
    "affairs": affairs,
    "diabetes": lambda: of_sklearn("diabetes"),
    "sunspots": sunspots,
}


def parts(table, seed):
    """X and y to train on, X and y held out."""
    from sklearn.model_selection import train_test_split

    X, X_test, y, y_test = train_test_split(*table, test_size=0.25, stratify=table.y if table.n_classes else None, random_state=seed)
    return X, y, X_test, y_test


def scaled(X, y, X_test, y_test):
    """The same, each column, and real targets, with mean 0 and deviation 1 over what is trained on."""

    def of(train, *arrays):
        deviation = train.std(axis=0)
        return [(array - train.mean(axis=0)) / np.where(deviation > 0, deviation, 1) for array in arrays]

    X, X_test = of(X, X, X_test)
    if y.dtype.kind == "f":
        y, y_test = of(y, y, y_test)
    return X, y, X_test, y_test


def defaults(sizes, loss, X, y, seed):
    """Sigmoid, plain gradient descent, batches of 128."""
    trainer = fastbp.Trainer(fastbp.MLP(sizes, seed=seed), loss=loss, seed=seed)
    trainer.fit(X, y, epochs=EPOCHS)
    return trainer


def recommended(sizes, loss, X, y, seed):
    """What the guide says to begin with."""
    model = fastbp.MLP(sizes, activation="relu", seed=seed)
    trainer = fastbp.Trainer(model, loss=loss, optimizer=fastbp.AdamW(fastbp.OneCycle(RATE)), batch_size=BATCH, seed=seed)
    trainer.fit(X, y, epochs=EPOCHS, validation_split=SPLIT, callbacks=fastbp.EarlyStopping(patience=PATIENCE))
    return trainer


def score(way, data, n_classes, seed):
    """Accuracy or r2 of the rows held out; of a run that diverged that of the weights before."""
    X, y, X_test, y_test = data
    sizes, loss = [X.shape[1], HIDDEN, n_classes or 1], "cross_entropy" if n_classes else "squared_error"
    trainer = way(sizes, loss, X, y, seed)
    return trainer.evaluate(X_test, y_test, metrics=[] if n_classes else ["r2"])["accuracy" if n_classes else "r2"]


def scores(table, seeds):
    """Of each way those of the seeds."""
    found = {"defaults": [], "scaled": [], "recommended": []}
    for seed in range(seeds):
        data = parts(table, seed)
        for name, way, given in (
            ("defaults", defaults, data), ("scaled", defaults, scaled(*data)), ("recommended", recommended, scaled(*data)),
        ):  # fmt: skip
            found[name].append(score(way, given, table.n_classes, seed))
    return {name: np.array(each) for name, each in found.items()}


def row(name, table, found):
    """A line of the table, in Markdown."""
    what = f"accuracy, {table.n_classes} classes" if table.n_classes else "r2"
    better, worse = ((sign * (found["recommended"] - found["defaults"]) > 0).sum() for sign in (1, -1))
    figures = [f"{each.mean():.3f} ± {each.std(ddof=1) if each.size > 1 else 0:.3f}" for each in found.values()]
    cells = [name, f"{len(table.y):,} x {table.X.shape[1]}", what, *figures, f"{better}, {worse}"]
    return f"| {' | '.join(cells)} |"


def main(arguments=None):
    """Print the machine and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="(default: %(default)s)")
    parser.add_argument("--only", default=",".join(TABLES), help="some of %(default)s")
    options = parser.parse_args(arguments)
    print(f"{header(machine(CORES, CORES, _PACKAGES))}\npython -m benchmarks.recommended, seeds: {options.seeds}\n")
    print("| table | rows x inputs | score | defaults | defaults, scaled | recommended | better, worse |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in options.only.split(","):
        table = TABLES[name]()
        print(row(name, table, scores(table, options.seeds)), flush=True)


if __name__ == "__main__":
    main()
