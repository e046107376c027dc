"""fastbp's MLPClassifier and MLPRegressor against scikit-learn's: whether the numbers are the same, and who is faster.

    pip install -e ".[peers]"
    python -m benchmarks.against_sklearn                     # both
    python -m benchmarks.against_sklearn --parity            # the numbers alone
    python -m benchmarks.against_sklearn --checks            # scikit-learn's checks of estimators, on ours
    python -m benchmarks.against_sklearn --speed --threads 2 --only 20-40-5,digits

The numbers: every combination of solver, activation, loss, schedule, momentum, penalty, weights of rows, early stopping, warm start,
partial_fit and shuffling is trained by both for 100 steps (lbfgs: 15 iterations) in float64, and weights and curves are compared; then
whole fits with default settings, and scores in float32.

The speed: each library has a process of its own and the same threads. They take turns, one round after the other; the other sleeps
meanwhile. Both are given the same data and make the same number of epochs with the default batch of 200 rows, Adam and relu; the time is
that of `fit` as a user calls it, with all checks; each trains a net further, by warm_start. forest is 50,000 rows like those of the
forest covers, text 4,000 sparse rows of 20,000 words. Times as fast is the median of the rounds' ratios, with the least and the largest.
"""

import argparse
import sys
from contextlib import ExitStack

from joblib import Parallel, delayed

from benchmarks.against_sklearn import checks, parity, report, whole
from benchmarks.against_sklearn.cases import CASES
from benchmarks.against_sklearn.duel import Duel
from benchmarks.comparison.options import CORES, count, names_of, seconds, thread_counts
from benchmarks.comparison.report import header, machine

DTYPES = "float32", "float64"
_PACKAGES = "numba", "numpy", "scipy", "scikit-learn"


def main(arguments=None):
    """Compare, and print; whether the numbers are the same."""
    options = read(arguments)
    print(header(machine(max(options.threads), CORES, _PACKAGES)), flush=True)
    every = not (options.parity or options.speed or options.checks)
    held = compare(options) if options.parity or every else True
    if options.checks:
        found = each_of(checks.checked, checks.ITEMS)
        print(f"\n{report.checks(found)}", flush=True)
        held &= not any(each.failed for each in found)
    if options.speed or every:
        race(options)
    return held


def compare(options):
    """The tables of the numbers, and what of the promises held. As many processes as there are cores work them out."""
    combinations = [each for solver in options.solvers for each in parity.combinations(solver)]
    found = list(zip(combinations, each_of(parity.difference, combinations), strict=True))
    print(f"\n{report.parity(found)}\n", flush=True)
    if "lbfgs" in options.solvers:
        print(f"{report.magnified({count: magnified(count) for count in parity.ITERATIONS})}\n", flush=True)
    fits = each_of(whole.fits, whole.DATA)
    print(f"{report.fits(fits)}\n", flush=True)
    scores = each_of(whole.scores, whole.DATA, options.seeds)
    print(f"{report.scores(scores, options.seeds)}\n", flush=True)
    misses = report.misses(found)
    kept = not misses, all(each.is_same for each in fits), all(each.is_same for each in scores)
    print("\n".join([report.promised(*kept), *misses[:20]]), flush=True)
    return all(kept)


def each_of(function, items, *settings):
    """What it makes of each."""
    return Parallel(n_jobs=CORES)(delayed(function)(each, *settings) for each in items)


def magnified(iterations):
    """The largest differences after so many: between both, and between scikit-learn and itself."""
    return tuple(map(max, zip(*each_of(parity.magnified, parity.combinations("lbfgs"), iterations), strict=True)))


def race(options):
    """The table of speed, each number of threads with processes of its own; which goals were missed."""
    outcomes = []
    for threads in options.threads:
        with ExitStack() as stack:
            duel = Duel(threads, stack)
            for name in options.only:
                # A whole fit has the type that data usually have.
                for dtype in options.dtypes if CASES[name].is_net else DTYPES[-1:]:
                    outcomes.append(duel.play(CASES[name], dtype, options.rounds, options.seconds))
                    print(f"{name}, {dtype}, threads {threads}: {outcomes[-1].ratio:.2f} times as fast", file=sys.stderr, flush=True)
    print(f"\n{report.speed(outcomes, CORES)}\n{report.reached(outcomes, CORES)}", flush=True)


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parity", action="store_true", help="whether the numbers are the same")
    parser.add_argument("--speed", action="store_true", help="who is faster; without any of these options the numbers, too")
    parser.add_argument("--checks", action="store_true", help="scikit-learn's own checks of estimators, on ours with several settings")
    parser.add_argument("--rounds", type=count, default=3, help="turns of each library (default: %(default)s)")
    parser.add_argument("--seconds", type=seconds, default=0.4, help="of the slower one's turn, for a net (default: %(default)s)")
    parser.add_argument("--threads", type=thread_counts, default=sorted({1, CORES}), help="of both, one run each (default: 1, then all)")
    parser.add_argument("--only", type=names_of(CASES), default=list(CASES), help=f"for speed, some of {','.join(CASES)}")
    parser.add_argument("--dtypes", type=names_of(DTYPES), default=list(DTYPES), help=f"of nets, for speed: some of {','.join(DTYPES)}")
    solvers = parity.SOLVERS
    parser.add_argument("--solvers", type=names_of(solvers), default=list(solvers), help=f"for the numbers, some of {','.join(solvers)}")
    parser.add_argument("--seeds", type=count, default=10, help="for the scores in float32 (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
