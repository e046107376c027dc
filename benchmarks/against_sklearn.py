"""Epoch times of fastbp and of scikit-learn's MLPClassifier side by side: 784-128-10, relu, Adam, batches of 128, the same float32 data.

Run it from the repository's root with ``python -m benchmarks.against_sklearn``. The two take turns, so that a machine that slows down
slows both; what counts is the ratio. ``--threads`` holds for both.
"""

import argparse
import time
from statistics import median

from benchmarks.common import THREADS, data, trainer


def timed(call):
    """Seconds of one call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main():
    """Print the times of each round and the median of their ratios."""
    # Here, so that asv, which imports every file, does without scikit-learn.
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=THREADS[-1])
    options = parser.parse_args()

    X, y = data(options.rows, 784, 10)
    ours = trainer((784, 128, 10), 128, options.threads)
    # partial_fit is one epoch over shuffled batches. alpha=0: fastbp's Adam has no weight decay here.
    theirs = MLPClassifier((128,), activation="relu", solver="adam", alpha=0, batch_size=128, random_state=0)
    with threadpool_limits(options.threads, user_api="blas"):
        ours.fit(X, y, epochs=1, progress=False)
        theirs.partial_fit(X, y, classes=range(10))
        print(f"seconds an epoch of {options.rows:,} rows, 784-128-10, batches of 128, threads: {options.threads}")
        print("round  fastbp  sklearn  ratio")
        ratios = []
        for number in range(1, options.rounds + 1):
            a = timed(lambda: ours.fit(X, y, epochs=1, progress=False))
            b = timed(lambda: theirs.partial_fit(X, y))
            ratios.append(b / a)
            print(f"{number:>5}  {a:6.3f}  {b:7.3f}  {b / a:5.2f}")
    print(f"training loss: fastbp {ours.history.loss[-1]:.4f}, sklearn {theirs.loss_:.4f}")
    print(f"fastbp is {median(ratios):.2f} times as fast (median; {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
