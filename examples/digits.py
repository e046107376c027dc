"""Handwritten digits: 1,797 images of 8 x 8 pixels that come with scikit-learn, four fifths to train on, one fifth held out.

Reads at least 97 % of the held-out digits rightly, after a few seconds, and draws the loss curves and the misread digits into
``examples/digits.png``. Run it with ``python examples/digits.py``; it needs ``pip install "fastbp[examples]"``.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import fastbp

matplotlib.use("Agg")
import matplotlib.pyplot as plt

EPOCHS = 40
GOAL = 0.97
PICTURE = Path(__file__).with_suffix(".png")


def load():
    """Training and held-out images with pixels from 0 to 1, and their digits."""
    images, digits = load_digits(return_X_y=True)
    return train_test_split(images / 16, digits, test_size=0.2, stratify=digits, random_state=0)


def draw(history, images, digits, read):
    """Save the loss curves, and up to 12 of the misread digits."""
    figure = plt.figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.1])
    curves = left.subplots()
    epochs = np.arange(1, len(history) + 1)
    curves.semilogy(epochs, history.loss, label="training")
    curves.semilogy(epochs, history.val_loss, label="held out")
    curves.set(title="Loss", xlabel="epoch", ylabel="cross-entropy")
    curves.grid(alpha=0.3)
    curves.legend()

    wrong = np.flatnonzero(read != digits)
    right.suptitle(f"{wrong.size} of {digits.size} held-out digits are misread")
    for panel, i in zip(right.subplots(3, 4).flat, [*wrong[:12], *[None] * 12], strict=False):
        panel.axis("off")
        if i is not None:
            panel.imshow(images[i].reshape(8, 8), cmap="gray_r")
            panel.set_title(f"{digits[i]} read as {read[i]}", fontsize=8)
    figure.savefig(PICTURE, dpi=120)


def main():
    """Train, test, draw."""
    X, X_test, y, y_test = load()
    model = fastbp.MLP([64, 256, 10], activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.Adam(1e-3), batch_size=32, seed=0)
    print(model)
    history = trainer.fit(X, y, epochs=EPOCHS, validation_data=(X_test, y_test))
    read = model.predict(X_test).argmax(axis=1)
    accuracy = trainer.evaluate(X_test, y_test)["accuracy"]
    print(f"{accuracy:.2%} of {y_test.size} held-out digits are read rightly, after {EPOCHS} epochs in {sum(history.seconds):.2f} s")
    draw(history, X_test, y_test, read)
    print(f"drawn: {PICTURE.name}")
    if accuracy < GOAL:
        sys.exit(f"expected at least {GOAL:.0%}")


if __name__ == "__main__":
    main()
