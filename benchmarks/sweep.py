"""Time of a step against the rows of a batch, 1 to 64, for layers of several widths: more rows should never take less time.

    pip install -e ".[peers]"
    python -m benchmarks.sweep                                    # widths 16 to 600, all cores: about five minutes
    python -m benchmarks.sweep --threads 1 --widths 33,64 --png sweep.png

A net has three layers of a width, ReLU, and ten outputs. All batches of a width are timed in turns, in each round for some milliseconds;
a figure is the least of the rounds. A fall is how much longer a batch takes than a larger one: below some percent it is chance.
"""

import argparse
import time
from pathlib import Path

import numpy as np

import fastbp
from benchmarks.common import data, flops_of_training, peak
from benchmarks.comparison import report
from benchmarks.comparison.options import CORES, count, thread_count

WIDTHS = (16, 33, 64, 97, 128, 200, 257, 333, 400, 512, 600)
BATCHES = range(1, 65)
_SHOWN = (1, 2, 4, 8, 9, 16, 17, 32, 33, 48, 64)
# A turn is a whole epoch: about so many seconds, by a rough guess of the speed.
_TURN, _SPEED, _STEP = 4e-3, 60e9, 5e-6
_ROWS = 20_000
# Epochs before the first turn, in which the trainer finds how many threads pay.
_EPOCHS = 80


def main(arguments=None):
    """Measure, print the table, and draw."""
    options = read(arguments)
    print(report.header(report.machine(options.threads, CORES, ("numba", "numpy"))), flush=True)
    print(f"\n{heading()}", flush=True)
    found = {}
    for width in options.widths:
        found[width] = measured(width, options)
        print(row(width, found[width]), flush=True)
    if options.png:
        draw(found, options)


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=_counts, default=list(WIDTHS), help=f"of the layers (default: {','.join(map(str, WIDTHS))})")
    parser.add_argument("--threads", type=thread_count, default=CORES, help="of the trainer (default: all %(default)s cores)")
    parser.add_argument("--optimizer", default="sgd", help="by name (default: %(default)s)")
    parser.add_argument("--rounds", type=count, default=9, help="turns of each batch (default: %(default)s)")
    parser.add_argument("--png", type=Path, help="a picture of the times and of the share of the peak")
    return parser.parse_args(arguments)


def _counts(text):
    return [count(part) for part in text.split(",")]


def measured(width, options):
    """Seconds of a step for each batch."""
    fits = [prepared(width, batch, options) for batch in BATCHES]
    least = np.full(len(fits), np.inf)
    for _ in range(options.rounds):
        for i, (trainer, X, y, steps) in enumerate(fits):
            begin = time.perf_counter()
            trainer.fit(X, y, epochs=1)
            least[i] = min(least[i], (time.perf_counter() - begin) / steps)
    return least


def prepared(width, batch, options):
    """A trainer that has begun, its data, and the steps of an epoch."""
    sizes = sizes_of(width)
    steps = min(_ROWS // batch, max(8, int(_TURN / (flops_of_training(sizes, batch) / _SPEED + _STEP))))
    X, y = data(_ROWS, width, sizes[-1])
    X, y = X[: steps * batch], y[: steps * batch]
    model = fastbp.MLP(sizes, activation="relu", seed=0)
    # Of all cores it takes as many as pay.
    threads = None if options.threads == CORES else options.threads
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=options.optimizer, batch_size=batch, seed=0, threads=threads)
    trainer.fit(X, y, epochs=_EPOCHS)
    return trainer, X, y, X.shape[0] // batch


def sizes_of(width):
    """Layer sizes."""
    return (width, width, width, 10)


def falls(times):
    """By how much each batch takes longer than the quickest larger one, at least 0."""
    later = np.minimum.accumulate(times[::-1])[::-1]
    return times / later - 1


def heading():
    """Of the table: microseconds of a step."""
    columns = ["width", *map(str, _SHOWN), "largest fall"]
    return f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"


def row(width, times):
    """Of the table."""
    shown = [f"{times[BATCHES.index(batch)] * 1e6:.3g}" for batch in _SHOWN]
    fall = falls(times)
    return f"| {width} | {' | '.join(shown)} | {fall.max():.0%} at {BATCHES[int(fall.argmax())]} |"


def draw(found, options):
    """Save both pictures, a line for each width."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (times, shares) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.92, len(found)))
    for (width, least), colour in zip(found.items(), colours, strict=True):
        flops = np.array([flops_of_training(sizes_of(width), batch) for batch in BATCHES])
        times.plot(BATCHES, least * 1e6, color=colour, linewidth=1.2)
        shares.plot(BATCHES, 100 * flops / least / peak(options.threads), color=colour, linewidth=1.2, label=str(width))
    times.set(yscale="log", ylabel="microseconds of a step", xlabel="rows of a batch")
    shares.set(ylim=(0, 100), ylabel="% of the measured peak of multiply-adds", xlabel="rows of a batch")
    for axes in (times, shares):
        axes.set_xticks(range(0, 65, 8))
        axes.grid(color="#dddddd", linewidth=0.5)
        axes.spines[["top", "right"]].set_visible(False)
    facts = report.machine(options.threads, CORES, ())
    figure.suptitle(f"Three layers of a width and ten outputs, {options.optimizer}; {facts['cpu']}, {options.threads} threads", fontsize=10)
    figure.legend(title="width", loc="outside right center", frameon=False, fontsize=8, reverse=True)
    figure.savefig(options.png, dpi=150)


if __name__ == "__main__":
    main()
