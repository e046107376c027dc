"""Find labels that were made wrong on purpose: `fastbp.trace.suspects` beside cleanlab's confident learning.

Of the digits of scikit-learn and of Fashion-MNIST one label in twenty is replaced by another class, drawn by a seed. The same net is
trained once on all rows while it is recorded, which `suspects` ranks them by; and five times on four fifths of the rows, whose predictions
of the others cleanlab ranks them by. At the planted count precision is recall.

Run: ``python benchmarks/mislabelled.py --seeds 5`` (needs ``pip install cleanlab "fastbp[examples]"``). ``--data digits`` leaves out the
other, which takes a quarter of an hour and 700 MB of disk for a time.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

import fastbp
from fastbp.trace import Recording, suspects

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

SHARE = 0.05
# Sizes of the net, rows a batch, epochs.
TASKS = {"digits": ([64, 64, 10], 32, 40), "fashion": ([784, 128, 10], 128, 10)}


def load(name):
    """Inputs from 0 to 1, and labels."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        return X / 16, y
    from fashion_mnist import load as images

    X, y = images("train")
    return (X / 255).astype(np.float32), y.astype(np.int64)


def plant(y, seed):
    """The labels with some of them wrong, and which."""
    random = np.random.default_rng(seed)
    wrong = random.choice(y.size, round(SHARE * y.size), replace=False)
    given = y.copy()
    given[wrong] = (y[wrong] + random.integers(1, 10, wrong.size)) % 10
    return given, wrong


def trainer_of(name, seed):
    """The net of a task, untrained."""
    sizes, batch, _ = TASKS[name]
    model = fastbp.MLP(sizes, activation="relu", seed=seed)
    return fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=batch, seed=seed)


def by_recording(name, X, y, seed):
    """All rows, the most suspicious first."""
    trainer = trainer_of(name, seed)
    with tempfile.TemporaryDirectory() as folder:
        record = fastbp.Record(Path(folder) / "r", every=1, layers=[-1], weights=0, dtype="float16", most_megabytes=4096)
        trainer.fit(X, y, epochs=TASKS[name][2], callbacks=record)
        return suspects(Recording(record.path), top=None)["row"]


def by_folds(name, X, y, seed):
    """Probabilities of all rows by nets that were not trained on them."""
    found = np.empty((y.size, 10))
    for fold, (some, others) in enumerate(StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y)):
        trainer = trainer_of(name, 1000 * seed + fold)
        trainer.fit(X[some], y[some], epochs=TASKS[name][2])
        found[others] = trainer.model.predict(X[others])
    return found


def compare(name, seed):
    """Print precision at the planted count of each way, what cleanlab finds by itself, and seconds."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    X, y = load(name)
    given, wrong = plant(y, seed)
    begin = time.perf_counter()
    own = by_recording(name, X, given, seed)[: wrong.size]
    middle = time.perf_counter()
    probabilities = by_folds(name, X, given, seed)
    ranks = np.argsort(get_label_quality_scores(given, probabilities, method="self_confidence"), kind="stable")[: wrong.size]
    issues = np.flatnonzero(find_label_issues(given, probabilities))
    end = time.perf_counter()
    hits = [np.isin(rows, wrong).mean() for rows in (own, ranks, issues)]
    recall = np.isin(wrong, issues).mean()
    own_set, seconds = f"{issues.size}: {hits[2]:.1%}, {recall:.1%}", (f"{middle - begin:.0f}", f"{end - middle:.0f}")
    row = [name, seed, f"{hits[0]:.1%}", f"{hits[1]:.1%}", own_set, *seconds]
    print("|", " | ".join(map(str, row)), "|", flush=True)


def main():
    """Compare on the data sets asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", choices=TASKS, nargs="+", default=list(TASKS))
    arguments = parser.parse_args()
    print("| data | seed | suspects | cleanlab, by rank | cleanlab's own set: precision, recall | s | s |\n|---|---|---|---|---|---|---|")
    for name in arguments.data:
        for seed in range(arguments.seeds):
            compare(name, seed)


if __name__ == "__main__":
    main()
