"""Back-propagation to look at: as text, as a picture, and as a page on which every number can be seen and changed.

A 2-2-1 net learns XOR from all four rows at once. The page begins before the first update and looks 120 steps ahead. Open it in any
browser, and walk through it by the arrow keys. With ``--digits`` there is a second one, of 64 handwritten digits.

Run it with ``python examples/watch_backprop.py``.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from sklearn.datasets import load_digits

import fastbp

HERE = Path(__file__).parent
STEPS = 120


def watch_xor():
    """Text, picture and page of the first step; then as many as the page looks ahead."""
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    model = fastbp.MLP([2, 2, 1], activation="tanh", output_activation="sigmoid", dtype="float64", seed=2)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(2.0), batch_size=None)
    trace = trainer.trace(X, y)
    print(trace.explain(row=3))
    trace.plot(row=3).figure.savefig(HERE / "watch_backprop.png", dpi=120)
    trace.to_html(HERE / "watch_backprop.html", steps=STEPS)
    trainer.fit(X, y, epochs=STEPS, progress=False)
    print(f"\nIn {STEPS} steps the loss of the 4 rows falls from {trace.loss:.4f} to {trainer.evaluate(X, y)['loss']:.4f}")
    print(f"written: {HERE / 'watch_backprop.html'}")


def watch_digits():
    """The page of a net that has learnt for two epochs, on 64 digits that it has not seen."""
    X, y = load_digits(return_X_y=True)
    X /= 16
    model = fastbp.MLP([64, 32, 10], activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.SGD(0.5), batch_size=32, seed=0)
    trainer.fit(X[:1500], y[:1500], epochs=2, progress=False)
    trainer.trace(X[1500:1564], y[1500:1564]).to_html(HERE / "watch_digits.html")
    print(f"written: {HERE / 'watch_digits.html'}")


def main():
    """One page, or two."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--digits", action="store_true", help="write a page of handwritten digits, too")
    options = parser.parse_args()
    watch_xor()
    if options.digits:
        watch_digits()


if __name__ == "__main__":
    main()
