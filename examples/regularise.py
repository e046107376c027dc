"""A net that is too large for its rows, and what can be done about it: 85,000 parameters, 100 handwritten digits to train on.

Weight decay, dropout, batch normalisation, mixup, an average of the weights and smoothed labels, each alone, beside nothing at all. The
other digits (they come with scikit-learn) tell the accuracy. Each way is tried on five draws of rows and initial weights, the same for all;
what it gains is compared draw by draw, since the draw matters more than the way. None is a wonder, on so few rows; in these draws only
weight decay gains more than chance would. With others it may be another way that suits: try them.
Run it with ``python examples/regularise.py``; it needs ``pip install "fastbp[examples]"``.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import fastbp

ROWS, DRAWS, EPOCHS = 100, 5, 40
# Settings of the model, and of the trainer.
WAYS = {
    "nothing": ({}, {}),
    "weight decay": ({}, {"optimizer": fastbp.AdamW(1e-3, weight_decay=3)}),
    "dropout": ({"dropout": 0.5}, {}),
    "batch normalisation": ({"normalization": "batch"}, {}),
    "mixup": ({}, {"mixup": 0.2}),
    "average of weights": ({}, {"average": fastbp.EMA(0.98)}),
    "label smoothing": ({}, {"loss": fastbp.CrossEntropy(label_smoothing=0.1)}),
}


def load(draw):
    """A hundred digits to train on, ten of each, and all others; by mean and deviation of the former."""
    images, digits = load_digits(return_X_y=True)
    X, X_val, y, y_val = train_test_split(images, digits, train_size=ROWS, stratify=digits, random_state=draw)
    # One deviation for all: pixels have the same unit, and some are always white.
    mean, deviation = X.mean(axis=0), X.std()
    return (X - mean) / deviation, (X_val - mean) / deviation, y, y_val


def accuracies(way, data, seed):
    """Of rows to train on and of the others, in percent, when a net was trained in this way."""
    of_model, of_trainer = WAYS[way]
    X, X_val, y, y_val = data
    model = fastbp.MLP([64, 256, 256, 10], activation="relu", seed=seed, **of_model)
    trainer = fastbp.Trainer(model, **{"loss": "cross_entropy", "optimizer": "adam", "batch_size": 25, "seed": seed} | of_trainer)
    trainer.fit(X, y, epochs=EPOCHS)
    return 100 * trainer.evaluate(X, y)["accuracy"], 100 * trainer.evaluate(X_val, y_val)["accuracy"]


def main():
    """Train all, and print a table."""
    draws = [load(draw) for draw in range(DRAWS)]
    found = {way: np.array([accuracies(way, data, seed) for seed, data in enumerate(draws)]) for way in WAYS}
    print(f"accuracy in %, means of {DRAWS} draws of {ROWS} rows; gained: mean and standard error\n")
    print(f"{'':<20} {'training':>8} {'validation':>10}   gained")
    for way, figures in found.items():
        training, validation = figures.T
        gained = validation - found["nothing"][:, 1]
        told = f"{gained.mean():+.2f} +- {gained.std(ddof=1) / DRAWS**0.5:.2f}" if way != "nothing" else ""
        print(f"{way:<20} {training.mean():>8.1f} {validation.mean():>10.2f}   {told}".rstrip())


if __name__ == "__main__":
    main()
