"""Two checkouts of fastbp, training the same nets in turn: whether a change made any of them slower.

    python -m benchmarks.before_after ../before                   # all nets of peers.py: about a quarter of an hour
    python -m benchmarks.before_after ../before 784-128-10,128,adam,sigmoid --threads 1

OTHER is the folder that another checkout's package `fastbp` lies in; it is compared with the checkout that this file is of. Each has a
process of its own; both are measured by the benchmarks here. They take turns and alternate in who begins.

ratio is the speed of this checkout over that of OTHER, round by round: the median, the least and the largest. Below 1, this one is slower.
With OTHER the folder of this checkout itself, the ratios show how much the machine can tell. Where the memory of a process happens to lie
makes a net of the size of a cache some 5 % faster or slower for as long as the process lives: --processes starts new ones.
"""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.comparison import match, report
from benchmarks.comparison.options import CORES, count, seconds, thread_count
from benchmarks.comparison.outcome import OURS, pooled
from benchmarks.comparison.process import Entrant, Worker
from benchmarks.comparison.spec import DEFAULT, FORM, parse

OTHER = "other"
# A median below this is named.
SLOWER = 0.98


def main(arguments=None):
    """Compare, and print a line for each net as soon as it is known."""
    options = read(arguments)
    entrants = {OURS: Entrant(OURS), OTHER: Entrant(OURS, options.other)}
    check_origins(entrants, options.threads)
    print(report.header(report.machine(options.threads, CORES)))
    outcomes = []
    for spec in options.nets or map(parse, DEFAULT):
        settings = options.threads, options.threads == CORES, options.rounds, options.seconds
        outcome = pooled([match.play(spec, entrants, *settings) for _ in range(options.processes)])
        outcomes.append(outcome)
        print("\n".join(lines(outcome)), flush=True)
    print("\n" + "\n".join(report.aligned([["net", "other us/step", "here us/step", "ratio", "min", "max"], *map(row, outcomes)])))
    print(verdict(outcomes))


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=_checkout, metavar="OTHER", help="folder that holds another fastbp")
    parser.add_argument("nets", nargs="*", type=parse, metavar="NET", help=FORM)
    parser.add_argument("--threads", type=thread_count, default=CORES, help="of each (default: all %(default)s cores)")
    parser.add_argument("--rounds", type=count, default=11, help="turns of each (default: %(default)s)")
    parser.add_argument("--processes", type=count, default=1, help="pairs of processes, one after another (default: %(default)s)")
    parser.add_argument("--seconds", type=seconds, default=0.5, help="of a turn, at least an epoch (default: %(default)s)")
    return parser.parse_args(arguments)


def check_origins(entrants, threads):
    """End where a process would import fastbp from another folder than it was told."""
    with ExitStack() as stack:
        for entrant in entrants.values():
            folder = stack.enter_context(Worker(entrant, threads)).ask("origin")["folder"]
            if Path(folder) != entrant.package:
                sys.exit(f"fastbp was to be imported from {entrant.package}, and was from {folder}")


def row(outcome):
    """A net's line of the table."""
    figures = [f"{1e6 * outcome.runs[name].median:,.1f}" if name in outcome.runs else "-" for name in (OTHER, OURS)]
    duel = outcome.duel()
    ratios = ["-"] * 3 if duel is None else [f"{ratio:.3f}" for ratio in (duel.ratio, min(duel.ratios), max(duel.ratios))]
    return [str(outcome.spec), *figures, *ratios]


def lines(outcome):
    """A net's figures, and what is wrong with them."""
    found = ["  ".join(row(outcome)), *(f"{name} {reason}" for name, reason in outcome.absent.items())]
    if not outcome.absent and outcome.runs[OURS].losses != outcome.runs[OTHER].losses:
        found.append("WARNING the losses of the first three steps are not the same bits")
    return found + [f"WARNING {warning}" for warning in outcome.warnings()]


def verdict(outcomes):
    """The nets that this checkout is slower on by more than is let pass, and those that one of the two did not train."""
    duels = {str(outcome.spec): outcome.duel() for outcome in outcomes}
    slower = [net for net, duel in duels.items() if duel is not None and duel.ratio < SLOWER]
    missing = [net for net, duel in duels.items() if duel is None]
    lines = [f"slower by more than {1 - SLOWER:.0%}: {' '.join(slower) or 'none'}"]
    return "\n".join(lines + [f"not compared: {' '.join(missing)}"] * bool(missing))


def _checkout(text):
    folder = Path(text).resolve()
    if not (folder / "fastbp" / "__init__.py").is_file():
        raise argparse.ArgumentTypeError(f"{text!r} holds no package fastbp")
    return folder


if __name__ == "__main__":
    main()
