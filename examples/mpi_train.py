"""One training run shared out among processes: handwritten digits, 1,797 images that come with scikit-learn.

All processes run this script, on the same data. Each computes some of the eight shards of every batch. The weights that come out are the
same to the last bit on any number of processes: the digest printed at the end tells. Run it with ``mpiexec -n 2 python
examples/mpi_train.py``, or without mpiexec in one process; it needs ``pip install "fastbp[examples,mpi]"``.

It saves as it goes. Kill it, start it again with the same file, on more processes or on fewer, and it ends with the same digest:
``mpiexec -n 2 python examples/mpi_train.py run.safetensors``.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

from sklearn.datasets import load_digits

import fastbp

EPOCHS = 40


def made(path, processes):
    """The run in the file, if it was begun; otherwise a new one."""
    if path.exists():
        return fastbp.Trainer.resume(path, distributed=processes)
    model = fastbp.MLP([64, 256, 10], activation="relu", dropout=0.1, seed=0)
    return fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=256, shards=8, distributed=processes, seed=0)


def main():
    """Train, and let the first process tell what came of it."""
    X, y = load_digits(return_X_y=True)
    X /= 16
    processes = fastbp.MPI()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1] if len(sys.argv) > 1 else Path(folder) / "run.safetensors")
        trainer = made(path, processes)
        # Checkpoints are written by the first process.
        saved = fastbp.Checkpoint(path, every="10 epochs")
        trainer.fit(X[:1500], y[:1500], epochs=EPOCHS - trainer.epoch, validation_data=(X[1500:], y[1500:]), callbacks=saved)
    if processes.is_first:
        digest = hashlib.sha256(b"".join(array.tobytes() for array in trainer.model.weights)).hexdigest()[:16]
        print(f"held-out accuracy {trainer.history.val_accuracy[-1]:.1%} after {trainer.epoch} epochs; digest of the weights {digest}")


if __name__ == "__main__":
    main()
