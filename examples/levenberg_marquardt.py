"""A curve fitted to the end, and how sure it is: how far diabetes gets in a year, by the body mass index of 442 patients.

A small net is fitted by Levenberg and Marquardt's method, which ends when no element of the gradient is more than 1e-8, and by Adam,
which comes near to that and no further. Where the gradient is gone, `confidence_bands` tells where the mean of the patients of one index
lies, and where a new patient: nine of ten of those held out should lie within the wider bands. The data come with scikit-learn.
Run it with ``python examples/levenberg_marquardt.py``, and ``--save curve.png`` to draw it; it needs ``pip install "fastbp[examples]"``.
"""

import argparse

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import fastbp

EPOCHS = 2000
LEVEL = 0.9


def load():
    """Index (n, 1) and progress (n,), to fit and held out, scaled by mean and deviation of the former; and these numbers."""
    data = load_diabetes(scaled=False)
    index = data.data[:, [data.feature_names.index("bmi")]]
    X, X_test, y, y_test = train_test_split(index, data.target, test_size=0.25, random_state=0)
    x_mean, x_unit, y_mean, y_unit = units = X.mean(), X.std(), y.mean(), y.std()
    return (X - x_mean) / x_unit, (X_test - x_mean) / x_unit, (y - y_mean) / y_unit, (y_test - y_mean) / y_unit, units


def fitted(X, y, optimizer):
    """A trainer whose model has been fitted to all rows at once."""
    model = fastbp.MLP([1, 2, 1], activation="tanh", dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=optimizer, batch_size=None, seed=0)
    trainer.fit(X, y, epochs=EPOCHS)
    return trainer


def draw(path, trainer, X, y, units):
    """Save the patients, the curve and both kinds of bands as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    x_mean, x_unit, y_mean, y_unit = units
    grid = np.linspace(X.min(), X.max(), 200)[:, np.newaxis]
    figure, axes = plt.subplots(layout="constrained")
    axes.plot(X * x_unit + x_mean, y * y_unit + y_mean, ".", color="gray", alpha=0.5)
    for kind in ("prediction", "confidence"):
        bands = fastbp.confidence_bands(trainer, X, y, grid, level=LEVEL, kind=kind)
        curve, low, high = (ends[:, 0] * y_unit + y_mean for ends in bands)
        axes.fill_between(grid[:, 0] * x_unit + x_mean, low, high, alpha=0.3, label=f"{kind}, {LEVEL:.0%}")
    axes.plot(grid * x_unit + x_mean, curve, color="black")
    axes.set(xlabel="body mass index", ylabel="progress of diabetes in a year")
    axes.legend()
    figure.savefig(path, dpi=120)
    print(f"drawn: {path}")


def main():
    """Fit twice, compare, and try the bands."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--save", metavar="PICTURE", help="draw the curve into this file")
    options = parser.parse_args()
    X, X_test, y, y_test, units = load()
    for optimizer in (fastbp.Adam(0.01), fastbp.LevenbergMarquardt()):
        trainer = fitted(X, y, optimizer)
        loss, dW, db = trainer.loss_and_gradients(X, y)
        largest = max(np.abs(each).max() for each in (*dW, *db))
        history = trainer.history
        print(f"{optimizer.name:<20} loss {loss:.6f}, gradient at most {largest:.0e}, {len(history)} epochs, stopped: {history.stopped}")

    bands = fastbp.confidence_bands(trainer, X, y, X_test, level=LEVEL, kind="prediction")
    inside = (bands.lower[:, 0] <= y_test) & (y_test <= bands.upper[:, 0])
    print(f"{inside.mean():.1%} of the patients held out lie within the prediction bands of {LEVEL:.0%}")
    x_mean, x_unit, y_mean, y_unit = units
    indices = np.array([[20.0], [25.0], [30.0], [35.0]])
    bands = fastbp.confidence_bands(trainer, X, y, (indices - x_mean) / x_unit, level=LEVEL)
    for index, mean, low, high in np.hstack([indices, *(each * y_unit + y_mean for each in bands)]):
        print(f"body mass index {index:.0f}: progress {mean:.0f} in the mean, between {low:.0f} and {high:.0f}")
    if options.save:
        draw(options.save, trainer, X, y, units)


if __name__ == "__main__":
    main()
