"""What stands around training costs: callbacks, and metrics, by what an epoch or a pass takes without them.

    cd benchmarks && asv run --quick --python=same --bench Callbacks --bench Metrics
    python -m benchmarks.bench_callbacks      # the same, printed as two tables, with what was promised

Whatever is compared takes turns, so that a machine that slows down slows both, and the shortest times count: what comes in between only
ever makes them longer. An epoch is of 400 steps of 32 rows of a net 64-64-8; a pass is over 10,000 rows.
"""

import argparse
import time

import numpy as np

import fastbp

from .comparison.options import CORES
from .comparison.report import header, machine

STEPS, BATCH, NET = 400, 32, (64, 64, 8)
EPOCHS, ROUNDS, ROWS = 10, 30, 10_000

#: Callbacks by what is said of them.
CALLBACKS = {
    "none": lambda: [],
    "EarlyStopping": lambda: [fastbp.EarlyStopping("loss", patience=10**6)],
    "EarlyStopping, without weights": lambda: [fastbp.EarlyStopping("loss", patience=10**6, restore_best=False)],
    "a function": lambda: [lambda run: False],
}
#: Nets, and metrics of each.
PASSES = {
    "784-128-10, classes": ((784, 128, 10), "cross_entropy", [["log_loss"], ["top_3"], ["f1"]]),
    "784-128-10, numbers": ((784, 128, 10), "squared_error", [["mae"], ["rmse"], ["r2"], ["mae", "rmse", "r2"]]),
    "784-128-1, numbers": ((784, 128, 1), "squared_error", [["mae", "rmse", "r2"]]),
}


def shortest(calls, rounds):
    """The shortest seconds of each of some calls, which take turns."""
    found = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            found[name].append(time.perf_counter() - begin)
    # The first may compile.
    return {name: min(times[1:]) for name, times in found.items()}


def training(callbacks, threads=1):
    """A call that trains for some epochs on the same data, with callbacks of its own."""
    random = np.random.default_rng(0)
    X = random.random((STEPS * BATCH, NET[0]), dtype=np.float32)
    y = random.integers(0, NET[-1], len(X))
    model = fastbp.MLP(NET, activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=BATCH, seed=0, threads=threads)
    return lambda: trainer.fit(X, y, epochs=EPOCHS, callbacks=callbacks(), progress=False)


def shares_of_epoch(rounds=ROUNDS):
    """Microseconds of an epoch without callbacks, and of each callback the percentage that it takes more."""
    times = shortest({name: training(made) for name, made in CALLBACKS.items()}, rounds)
    none = times.pop("none")
    return 1e6 * none / EPOCHS, {name: 100 * (each / none - 1) for name, each in times.items()}


def shares_of_pass(name, threads=1, rounds=ROUNDS):
    """Milliseconds of `evaluate` without metrics, and of some metrics the percentage that they take more."""
    sizes, loss, metrics = PASSES[name]
    random = np.random.default_rng(0)
    X = random.random((ROWS, sizes[0]), dtype=np.float32)
    y = random.integers(0, sizes[-1], ROWS) if loss == "cross_entropy" else random.random((ROWS, sizes[-1]))
    trainer = fastbp.Trainer(fastbp.MLP(sizes, activation="relu", seed=0), loss=loss, seed=0, threads=threads)
    calls = {", ".join(each): lambda each=each: trainer.evaluate(X, y, metrics=each) for each in ([], *metrics)}
    times = shortest(calls, rounds)
    none = times.pop("")
    return 1e3 * none, {each: 100 * (took / none - 1) for each, took in times.items()}


class Callbacks:
    """More of an epoch's time, in percent."""

    timeout = 300

    def setup_cache(self):
        return shares_of_epoch()[1]

    def track_early_stopping(self, found):
        return found["EarlyStopping"]

    def track_a_function(self, found):
        return found["a function"]

    track_early_stopping.unit = track_a_function.unit = "% of an epoch"


class Metrics:
    """More of the time of `evaluate`, in percent."""

    params = (list(PASSES),)
    param_names = ("net",)
    timeout = 300

    def track_dearest(self, net):
        return max(shares_of_pass(net)[1].values())

    track_dearest.unit = "% of evaluate"


def main(arguments=None):
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of the passes (default: %(default)s)")
    options = parser.parse_args(arguments)
    print(f"{header(machine(options.threads, CORES, ('numba', 'numpy', 'scikit-learn')))}\n")
    epoch, shares = shares_of_epoch(options.rounds)
    print(f"An epoch of {STEPS} steps of {BATCH} rows, {'-'.join(map(str, NET))}: {epoch:,.0f} us; more with")
    for name, share in shares.items():
        print(f"  {name:<32}{share:>7.2f} %")
    for net in PASSES:
        milliseconds, shares = shares_of_pass(net, options.threads, options.rounds)
        print(f"evaluate of {ROWS:,} rows, {net}: {milliseconds:.2f} ms; more with")
        for name, share in shares.items():
            print(f"  {name:<32}{share:>7.2f} %", flush=True)


if __name__ == "__main__":
    main()
