"""Whole epochs through `Trainer.fit`: time, share of the machine's peak, what is learned meanwhile, and memory."""

import numpy as np

from .common import NETS, THREADS, data, flops_of_training, peak, seconds, trainer

# Rows an epoch: enough for an epoch to be tens of steps, few enough for the large net.
ROWS = 4096


def prepared(net, threads):
    """A trainer that has made its first epoch, and its data."""
    sizes, batch_size = NETS[net]
    X, y = data(ROWS, sizes[0], max(sizes[-1], 2))
    ready = trainer(sizes, batch_size, threads)
    ready.fit(X, y, epochs=1, progress=False)
    return ready, X, y


class Epoch:
    params = (list(NETS), THREADS)
    param_names = ("net", "threads")

    def setup(self, net, threads):
        self.trainer, self.X, self.y = prepared(net, threads)

    def time_epoch(self, net, threads):
        self.trainer.fit(self.X, self.y, epochs=1, progress=False)


class Step:
    """One update by `Trainer.step`: what is checked and prepared for it counts, too."""

    params = (list(NETS), THREADS)
    param_names = ("net", "threads")

    def setup(self, net, threads):
        self.trainer, X, y = prepared(net, threads)
        self.X, self.y = X[: NETS[net][1]], y[: NETS[net][1]]

    def time_step(self, net, threads):
        self.trainer.step(self.X, self.y)


class Peak:
    params = (list(NETS), THREADS)
    param_names = ("net", "threads")

    def track_share_of_peak(self, net, threads):
        ready, X, y = prepared(net, threads)
        best = seconds(lambda: ready.fit(X, y, epochs=1, progress=False))
        return 100 * flops_of_training(NETS[net][0], ROWS) / best / peak(threads)

    track_share_of_peak.unit = "% of FMA peak"


class Learning:
    """Speed must not be bought with quality: the loss on the training rows after 3 epochs, which changes only with the arithmetic."""

    params = (list(NETS),)
    param_names = ("net",)

    def track_loss_after(self, net):
        ready, X, y = prepared(net, 1)
        ready.fit(X, y, epochs=2, progress=False)
        return ready.evaluate(X, y)["loss"]

    track_loss_after.unit = "loss"


class Memory:
    """Peak of the process, the 47 MB of bytes included: a data set is not copied, and not converted as a whole."""

    def setup_cache(self):
        # Compiles in a process of its own, for compiling takes more memory than training.
        prepared("2-2-1 x4", 1)

    def peakmem_fit(self):
        X = np.random.default_rng(0).integers(0, 256, (60_000, 784), dtype=np.uint8)
        trainer((784, 256, 10), 128).fit(X, X[:, 0] % 10, epochs=1, progress=False)
