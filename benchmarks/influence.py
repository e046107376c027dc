"""Compare the influence of rows on predictions, from one recorded run, with leaving each row out and training again.

A net is trained on 200 digits, the whole set a step; for some held-out digits `fastbp.trace.influences` says by how much each row has
lowered their loss. Then each row in turn is left out, the net trained again from the same weights, and the loss compared. Prints the
correlation of both over the 200 rows, that of their ranks, and how many of the ten most helpful ones agree.

Run: ``python benchmarks/influence.py --seeds 3``, with ``--normalization layer`` or ``batch`` of a normalised net (needs
``pip install "fastbp[examples,scipy]"``).
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.datasets import load_digits

import fastbp
from fastbp.trace import Recording, influences

ROWS, ASKED, EPOCHS = 200, 5, 60
OPTIMIZERS = {
    "SGD(0.5)": lambda: fastbp.SGD(0.5),
    "SGD(0.05)": lambda: fastbp.SGD(0.05),
    "SGD(0.1, momentum=0.9)": lambda: fastbp.SGD(0.1, momentum=0.9),
    "Adam(0.01)": lambda: fastbp.Adam(0.01),
}


def trained(X, y, optimizer, seed, normalization, callbacks=()):
    """A net trained on the whole set at each step."""
    model = fastbp.MLP([64, 16, 10], activation="tanh", dtype="float64", seed=seed, normalization=normalization)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=OPTIMIZERS[optimizer](), batch_size=None, seed=seed)
    trainer.fit(X, y, epochs=EPOCHS, callbacks=callbacks)
    return trainer


def losses(trainer, X, y):
    """Of each row."""
    return -np.log(trainer.model.predict(X)[np.arange(y.size), y])


def compare(optimizer, seed, normalization=None):
    """Correlation for each prediction asked for, that of ranks, and how many of the ten most helpful rows agree."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(y.size)
    X, y = X[order[: ROWS + ASKED]] / 16, y[order[: ROWS + ASKED]]
    some, others = slice(0, ROWS), slice(ROWS, None)
    with tempfile.TemporaryDirectory() as folder:
        record = fastbp.Record(Path(folder) / "r", every=1, weights="all")
        trainer = trained(X[some], y[some], optimizer, seed, normalization, record)
        recording, found = Recording(record.path), np.zeros((ASKED, ROWS))
        for k in range(ASKED):
            told = influences(trainer, recording, X[ROWS + k : ROWS + k + 1], y[ROWS + k : ROWS + k + 1], top=None)
            found[k, told["row"]] = told["contribution"]
    whole, without = losses(trainer, X[others], y[others]), np.zeros((ASKED, ROWS))
    for row in range(ROWS):
        # A weight of 0 would leave it in the mean of a normalised batch.
        rest = np.delete(np.arange(ROWS), row)
        without[:, row] = losses(trained(X[rest], y[rest], optimizer, seed, normalization), X[others], y[others]) - whole
    ranks = [spearmanr(one, other).statistic for one, other in zip(found, without, strict=True)]
    common = [np.isin(np.argsort(-one)[:10], np.argsort(-other)[:10]).sum() for one, other in zip(found, without, strict=True)]
    return [np.corrcoef(one, other)[0, 1] for one, other in zip(found, without, strict=True)], ranks, common


def main():
    """Compare for each optimizer and seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--normalization", choices=["layer", "batch"])
    arguments = parser.parse_args()
    print("| optimizer | seed | correlation, mean (least) | of ranks | of the 10 most helpful rows, mean |\n|---|---|---|---|---|")
    for optimizer in OPTIMIZERS:
        for seed in range(arguments.seeds):
            linear, ranks, common = compare(optimizer, seed, arguments.normalization)
            means = f"{np.mean(linear):.2f} ({np.min(linear):.2f}) | {np.mean(ranks):.2f} ({np.min(ranks):.2f}) | {np.mean(common):.1f}"
            print(f"| {optimizer} | {seed} | {means} |", flush=True)


if __name__ == "__main__":
    main()
