"""Training that stops by itself: tumours of the breast told apart by 30 measures of their cells (569 rows that come with scikit-learn).

A quarter of the training rows is kept for validation. `EarlyStopping` ends training when the loss on them gets no better, and puts the
weights of the best epoch back; `BestModel` keeps that model in a file, and `CSVLog` every epoch in a table. Rows that no training has
seen tell how good the model is. Run it with ``python examples/early_stopping.py``; it needs ``pip install "fastbp[examples]"``.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import fastbp

EPOCHS = 1000


def load():
    """Inputs and labels to train on, and those held out; inputs by mean and deviation of the training rows."""
    data = load_breast_cancer()
    labels = data.target_names[data.target]  # "malignant" or "benign"
    X, X_test, y, y_test = train_test_split(data.data, labels, test_size=0.25, stratify=labels, random_state=0)
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / deviation, (X_test - mean) / deviation, y, y_test


def main():
    """Train until it gets no better, and use the model of the best epoch."""
    X, X_test, y, y_test = load()
    model = fastbp.MLP([30, 64, 64, 1], activation="relu", classes=["benign", "malignant"], seed=1)
    trainer = fastbp.Trainer(model, loss="binary_cross_entropy", optimizer="adam", batch_size=32, seed=1)

    with tempfile.TemporaryDirectory() as folder:
        early = fastbp.EarlyStopping("val_loss", patience=20)
        best = fastbp.BestModel(Path(folder) / "best.safetensors")
        log = fastbp.CSVLog(Path(folder) / "log.csv")
        history = trainer.fit(X, y, epochs=EPOCHS, validation_split=0.25, metrics=["recall"], callbacks=[early, best, log])
        table = log.path.read_text().splitlines()
        loaded = fastbp.MLP.load(best.path)

    print(f"stopped by {history.stopped!r} after {len(history)} of {EPOCHS} epochs; the best was epoch {early.best_epoch}")
    print(f"validation loss: {early.best:.4f} then, {history.val_loss[-1]:.4f} at the end")
    print(f"the log has {len(table) - 1} rows of {table[0]}")
    scores = trainer.evaluate(X_test, y_test, metrics=["recall", "precision"])
    print(f"held-out rows: accuracy {scores['accuracy']:.1%}, recall {scores['recall']:.1%}, precision {scores['precision']:.1%}")
    same = np.array_equal(loaded.predict_class(X_test), model.predict_class(X_test))
    print(f"the model in the file decides as the one in memory: {same}")


if __name__ == "__main__":
    main()
