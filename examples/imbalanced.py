"""A rare class: find the eights among handwritten digits (they come with scikit-learn) when only one training row in fifty is one.

Without weights the net hardly dares to say "eight", and is right nine times in ten all the same. With ``class_weight="balanced"`` the few
eights count as much as all others together: twice as many are found, for some false alarms. The ranking of the rows, by which
``average_precision`` goes, was good before: what was wrong is where the line is drawn.
Figures are means over five seeds. Run it with ``python examples/imbalanced.py``; it needs ``pip install "fastbp[examples]"``.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import fastbp

RARE, KEPT = 8, 16
METRICS = ["balanced_accuracy", "recall", "precision", "f1", "average_precision"]
SEEDS = 5


def load():
    """Inputs and labels, 1 for an eight: half of all rows, with a few eights, to train on, and the other half held out."""
    X, digits = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, digits == RARE, test_size=0.5, stratify=digits, random_state=0)
    rows = np.concatenate([np.flatnonzero(~y), np.flatnonzero(y)[:KEPT]])
    X, y = X[rows], y[rows]
    # One deviation for all: pixels have the same unit, and some are always white.
    mean, deviation = X.mean(axis=0), X.std()
    return (X - mean) / deviation, (X_test - mean) / deviation, y, y_test


def scores(data, class_weight):
    """What the held-out rows say of a net that was trained with these weights of classes: a dict of means over the seeds."""
    X, X_test, y, y_test = data
    found = []
    for seed in range(SEEDS):
        model = fastbp.MLP([64, 16, 1], activation="relu", seed=seed)
        settings = {"loss": "binary_cross_entropy", "optimizer": "adam", "batch_size": 32, "seed": seed}
        trainer = fastbp.Trainer(model, class_weight=class_weight, **settings)
        trainer.fit(X, y, epochs=30)
        found.append(trainer.evaluate(X_test, y_test, metrics=METRICS))
    return {name: np.mean([each[name] for each in found]) for name in ["accuracy", *METRICS]}


def main():
    """Train with and without, and print both."""
    data = load()
    y, y_test = data[2:]
    print(f"{y.sum()} of {y.size} rows to train on are eights, and {y_test.sum()} of {y_test.size} held out\n")
    plain, balanced = scores(data, None), scores(data, "balanced")
    print(f"{'class_weight':<18} {'None':>8} {'balanced':>9}")
    for name in plain:
        print(f"{name:<18} {plain[name]:>8.3f} {balanced[name]:>9.3f}")


if __name__ == "__main__":
    main()
