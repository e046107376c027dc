"""Intervals in place of single numbers: how far diabetes gets in a year, by ten measures of 442 patients (they come with scikit-learn).

Three outputs are trained with the quantile loss: below the first should lie 5 % of the targets, below the second half of them, below the
third 95 %, and so nine of ten between the first and the last. Five nets, each trained on four fifths of the patients, try that on the
others. Few rows and a net that learns them by heart make intervals too narrow; dropout and weight decay hold it back, not quite enough.
Run it with ``python examples/prediction_intervals.py``; it needs ``pip install "fastbp[examples]"``.
"""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import KFold

import fastbp

LEVELS = [0.05, 0.5, 0.95]


def train(X, y, seed):
    """A trainer whose model has learned the three quantiles."""
    model = fastbp.MLP([X.shape[1], 64, len(LEVELS)], activation="tanh", dropout=0.5, seed=seed)
    optimizer = fastbp.AdamW(fastbp.Cosine(0.01), weight_decay=0.1)
    trainer = fastbp.Trainer(model, loss=fastbp.Quantile(LEVELS), optimizer=optimizer, batch_size=32, seed=seed)
    trainer.fit(X, y, epochs=60)
    return trainer


def attempt(X, y, X_test, y_test, seed):
    """Coverage and pinball loss on rows that were not trained on; widths of their intervals; the loss of one interval for all rows."""
    mean, deviation, centre, unit = X.mean(axis=0), X.std(axis=0), y.mean(), y.std()
    X_test = (X_test - mean) / deviation
    trainer = train((X - mean) / deviation, (y - centre) / unit, seed)
    scores = trainer.evaluate(X_test, (y_test - centre) / unit, metrics=["coverage", "pinball"])
    low, _, high = trainer.model.predict(X_test).T * unit + centre
    one_for_all = [np.full(y_test.size, quantile) for quantile in np.quantile(y, LEVELS)]
    same = np.mean([mean_pinball_loss(y_test, each, alpha=level) for each, level in zip(one_for_all, LEVELS, strict=True)])
    return scores["coverage"], scores["pinball"] * unit, high - low, same


def main():
    """Try the intervals on patients that were not trained on."""
    X, y = load_diabetes(return_X_y=True, scaled=False)
    folds = KFold(5, shuffle=True, random_state=0).split(X)
    found = [attempt(X[rows], y[rows], X[others], y[others], seed) for seed, (rows, others) in enumerate(folds)]
    coverage, pinball, widths, same = zip(*found, strict=True)
    widths = np.concatenate(widths)
    print(f"coverage {np.mean(coverage):.1%}, of {LEVELS[-1] - LEVELS[0]:.0%} asked for")
    print(f"pinball loss {np.mean(pinball):.1f}; with one interval for all patients {np.mean(same):.1f}")
    print(f"intervals are from {widths.min():.0f} to {widths.max():.0f} wide, {widths.mean():.0f} in the mean")


if __name__ == "__main__":
    main()
