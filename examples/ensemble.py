"""How sure a prediction is: eight nets instead of one for handwritten digits (they come with scikit-learn).

Eight nets with different first weights, each on a bootstrap of the rows, are trained side by side with `fastbp.train_together`: none is
copied, and each ends with the bits of training alone. Their mean is right more often than one of them, and they disagree about what they
have not learned: digits turned by half, which they were never shown. `Ensemble` keeps them in one file. Five-fold cross-validation tells
what to expect of a single net. Run it with ``python examples/ensemble.py``; it needs ``pip install "fastbp[examples]"``.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import fastbp

MEMBERS, EPOCHS = 8, 30


def load():
    """Images and digits to train on, and those held out."""
    images, digits = load_digits(return_X_y=True)
    return train_test_split(images / 16, digits, test_size=0.25, stratify=digits, random_state=0)


def build(number):
    """A trainer of its own."""
    model = fastbp.MLP([64, 64, 10], activation="relu", seed=number)
    return fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=32, seed=number)


def main():
    """Train eight, and see what they are sure of."""
    X, X_test, y, y_test = load()
    folds = fastbp.cross_validate(build, X, y, epochs=EPOCHS)
    print(f"five folds: accuracy {folds.mean['accuracy']:.1%} +- {folds.deviation['accuracy']:.1%}")

    random = np.random.default_rng(0)
    trainers = [build(number) for number in range(MEMBERS)]
    fastbp.train_together(trainers, X, y, rows=[random.integers(0, len(X), len(X)) for _ in trainers], epochs=EPOCHS)
    ensemble = fastbp.Ensemble(trainers)
    each = [np.mean(trainer.model.predict_class(X_test) == y_test) for trainer in trainers]
    right = ensemble.predict_class(X_test) == y_test
    print(f"held-out digits read rightly: by one net {min(each):.1%} to {max(each):.1%}, by all {right.mean():.1%}")

    known, turned = (ensemble.uncertainty(images).disagreement for images in (X_test, X_test[:, ::-1]))
    print(f"disagreement in nats: where they are right {known[right].mean():.3f}, where wrong {known[~right].mean():.3f}")
    print(f"disagreement about digits turned by half: {turned.mean():.3f}, about digits as they are {known.mean():.3f}")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.safetensors"
        ensemble.save(path)
        same = np.array_equal(fastbp.Ensemble.load(path).predict(X_test), ensemble.predict(X_test))
        print(f"the ensemble in the file, of {path.stat().st_size // 1000} kB, predicts as the one in memory: {same}")


if __name__ == "__main__":
    main()
