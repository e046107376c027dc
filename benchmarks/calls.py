"""What single calls cost in fastbp, PyTorch, scikit-learn, onnxruntime and JAX: latency of one row, and rows a second of many.

    pip install -e ".[peers]"
    python -m benchmarks.calls                                    # all calls on one thread
    python -m benchmarks.calls --threads 1,2 --only batch         # many rows, on one thread and then on two
    python -m benchmarks.calls --only predict,step --peers fastbp,torch

Each peer has a process of its own and the same threads. They take turns, one round after the other, so that a machine that slows down
slows all; the others sleep meanwhile. Before that each is asked for its outputs, or for three steps, from the same weights on the same
rows, and a peer that gives others than fastbp (by more than 1e-5) is named and left out. What a `fit` costs beyond its steps is one of one
epoch less an epoch's share of a long one, both on data that the last fit has seen.
"""

import argparse

from benchmarks.comparison import CALLERS, call_report, report
from benchmarks.comparison.call import CALLS, KINDS
from benchmarks.comparison.call_match import play
from benchmarks.comparison.options import CORES, count, names_of, seconds, thread_counts
from benchmarks.comparison.process import Entrant

_PACKAGES = ("numba", "numpy", "torch", "scikit-learn", "onnxruntime", "jax")


def main(arguments=None):
    """Compare, and print a table for each number of threads."""
    options = read(arguments)
    for threads in options.threads:
        print(f"{report.header(report.machine(threads, CORES, _PACKAGES))}\n", flush=True)
        scores = []
        for call in CALLS:
            entrants = {name: Entrant(name) for name in options.peers if name in call.kind.peers}
            if call.name in options.only and entrants:
                scores.append(play(call, entrants, threads, threads == CORES, options.rounds, options.seconds))
        print(call_report.table(scores), flush=True)
        notes = [note for score in scores for note in call_report.notes(score)]
        print("\n".join(["", call_report.LEGEND, *notes, ""]), flush=True)


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=thread_counts, default=[1], help="of each peer; several, such as 1,2, in a run each (default: 1)")
    parser.add_argument("--rounds", type=count, default=7, help="turns of each peer (default: %(default)s)")
    parser.add_argument("--seconds", type=seconds, default=0.2, help="of a turn, for each call (default: %(default)s)")
    parser.add_argument("--only", type=names_of(KINDS), default=list(KINDS), help=f"some of {','.join(KINDS)}")
    parser.add_argument("--peers", type=names_of(CALLERS), default=list(CALLERS), help=f"some of {','.join(CALLERS)}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
