"""Find wrong labels: one in twenty of scikit-learn's digits gets another class, and the net is asked which it has learnt against.

The training is recorded; a row's score is how wrong the net found its label, on the mean over all epochs. Prints how many of the planted
labels are among as many suspects, and for the worst of them what it was; then which rows have moved one weight most, and how the
whole change of the weight is made up.

Run it with ``python examples/find_mislabelled.py`` (needs ``pip install "fastbp[examples]"``).
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import fastbp
from fastbp.trace import Recording, suspects


def main():
    """Plant, train, ask."""
    X, y = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    wrong = random.choice(y.size, y.size // 20 + 1, replace=False)
    labels = y.copy()
    labels[wrong] = (y[wrong] + random.integers(1, 10, wrong.size)) % 10

    trainer = fastbp.Trainer(
        fastbp.MLP([64, 64, 10], activation="relu", seed=0), loss="cross_entropy", optimizer="adam", batch_size=32, seed=0
    )
    with tempfile.TemporaryDirectory() as folder:
        record = fastbp.Record(Path(folder) / "recording", every=1, layers=[-1], weights={-1: [(0, 3)]})
        trainer.fit(X / 16, labels, epochs=30, callbacks=record)
        recording = Recording(record.path)

        found = suspects(recording, top=wrong.size)
        planted = np.isin(found["row"], wrong)
        print(f"{planted.sum()} of {wrong.size} planted labels are among the {wrong.size} first suspects, {planted.mean():.0%}")
        print("\nthe first:")
        for row, score in zip(found["row"][:5], found["contribution"][:5], strict=True):
            print(f"  row {row}: labelled {labels[row]}, is a {y[row]}, error {score:.2f}")

        moved, change = recording.rows_of(1, 0, 3, top=5), recording.change_of(1, 0, 3)
        print(f"\nweights[1][0, 3], from hidden unit 0 to the threes, has changed by {change.total:.5f} over {len(recording)} steps:")
        for row, amount in zip(moved["row"], moved["contribution"], strict=True):
            print(f"  row {row}, labelled {labels[row]}{', planted' if row in wrong else ''}: {amount:+.5f}")
        print(f"all rows together {change.rows:.5f}; rounding {change.rounding:.0e}")


if __name__ == "__main__":
    main()
