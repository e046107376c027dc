"""Fashion-MNIST: 60,000 photographs of clothes in 28 x 28 pixels, ten kinds, trained on as they are stored, one byte a pixel.

Reads the images from Debian's package (``apt install dataset-fashion-mnist``), otherwise downloads 30 MB once with pooch
(``pip install "fastbp[examples]"``). Prints the training loss of every epoch with all its bits, the same for any ``--threads``, then the
accuracy on the 10,000 test images, and draws the loss curves and some misread images into ``examples/fashion_mnist.png``.
Run it with ``python examples/fashion_mnist.py``; ``--help`` lists the options.
"""

import argparse
import gzip
from pathlib import Path

import matplotlib
import numpy as np

import fastbp

matplotlib.use("Agg")
import matplotlib.pyplot as plt

KINDS = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
UPSTREAM = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
SHA256 = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
PICTURE = Path(__file__).with_suffix(".png")


def find(name):
    """Path of one of the four files: Debian's, or downloaded and checked."""
    if (DEBIAN / name).exists():
        return DEBIAN / name
    ways = "`apt install dataset-fashion-mnist`, or `pip install pooch` and a network to download it by"
    try:
        import pooch
    except ImportError:
        raise SystemExit(f"Fashion-MNIST is not here: {ways}") from None
    try:
        return pooch.retrieve(UPSTREAM + name, "sha256:" + SHA256[name], fname=name, path=pooch.os_cache("fastbp"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"Fashion-MNIST could not be downloaded: {ways}\n{error}") from None


def load(part):
    """Images (n, 784) and labels (n,) of "train" or "t10k", as bytes."""
    with gzip.open(find(f"{part}-images-idx3-ubyte.gz")) as images, gzip.open(find(f"{part}-labels-idx1-ubyte.gz")) as labels:
        return np.frombuffer(images.read(), np.uint8, offset=16).reshape(-1, 784), np.frombuffer(labels.read(), np.uint8, offset=8)


def build(seed):
    """A net for pixels from 0 to 255."""
    model = fastbp.MLP([784, 256, 128, 10], activation="relu", seed=seed)
    # The initial weights are for inputs of about one. Relu lets a factor through, so that its layers can share the division by 255
    # evenly, which suits Adam: it moves all weights alike.
    for weights in model.weights:
        weights *= 255 ** (-1 / len(model.weights))
    return model


class Decay(fastbp.Callback):
    """After each epoch: print it, and lower the learning rate."""

    def on_epoch_end(self, trainer):
        """Training loss in decimals and as exact bits."""
        history = trainer.history
        loss, accuracy = history.loss[-1], history.val_accuracy[-1]
        print(f"epoch {trainer.epoch:2}  loss {loss:.6f} = {loss.hex()}  test accuracy {accuracy:.2%}  {history.seconds[-1]:.2f} s")
        trainer.optimizer.learning_rate *= 0.85


def draw(history, images, labels, read):
    """Save the loss curves, and some of the misread images."""
    figure = plt.figure(figsize=(11, 4.8), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.3])
    curves = left.subplots()
    epochs = np.arange(1, len(history) + 1)
    curves.plot(epochs, history.loss, ".-", label="training (mean over the epoch)")
    curves.plot(epochs, history.val_loss, ".-", label="test (after the epoch)")
    curves.set(title="Loss", xlabel="epoch", ylabel="cross-entropy", ylim=(0, 0.6))
    curves.grid(alpha=0.3)
    curves.legend()

    wrong = np.flatnonzero(read != labels)
    right.suptitle(f"Some of the {wrong.size:,} misread among {labels.size:,} test images")
    for panel, i in zip(right.subplots(3, 6).flat, wrong, strict=False):
        panel.imshow(images[i].reshape(28, 28), cmap="gray_r")
        panel.set_title(f"{KINDS[labels[i]]}\nread as {KINDS[read[i]]}", fontsize=7)
        panel.axis("off")
    figure.savefig(PICTURE, dpi=120)


def main():
    """Train, test, draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--threads", type=int, help="changes the time, and no bit of the result")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    (X, y), (X_test, y_test) = load("train"), load("t10k")
    model = build(options.seed)
    optimizer = fastbp.Adam(learning_rate=3e-4)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=optimizer, seed=options.seed, threads=options.threads)
    print(model, flush=True)
    history = trainer.fit(X, y, epochs=options.epochs, validation_data=(X_test, y_test), callbacks=Decay(), progress=False)
    read = model.predict(X_test).argmax(axis=1)
    print(f"test accuracy {np.mean(read == y_test):.2%} after {trainer.epoch} epochs in {sum(history.seconds):.1f} s")
    draw(history, X_test, y_test, read)
    print(f"drawn: {PICTURE.name}")


if __name__ == "__main__":
    main()
