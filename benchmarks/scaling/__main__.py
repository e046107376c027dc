"""How far a step scales: models of a step on several processes and on many threads, checked here, and what follows for larger machines.

    pip install -e ".[mpi]"
    python -m benchmarks.scaling                                   # measures for about five minutes, and prints tables in Markdown
    python -m benchmarks.scaling --keep figures.json
    python -m benchmarks.scaling --figures figures.json --latency 2e-6 --shards 8

Measured are, on one, two and four processes of this machine, the parts of a step (`benchmarks/scaling/ranks.py`), and whole steps of
`Trainer.fit`; on one and two threads whole steps; between two threads a barrier and the lines of the cache that they hand over. The
model of a step on processes (`step.py`) takes the parts measured on as many processes, and never the steps; more than there are cores
share them, in the parts as in the steps. The model on threads (`threads.py`) takes steps of other batches on one thread. What it
assumes of larger nodes are options; that a barrier takes as much longer as there are more threads, and bytes from another core what
they take here, is said in it.

A node of the simulation is a process with all cores. Efficiency is the time of one node alone, without shards, for its rows, over that of
a step of all nodes: with exchanges that go on while the next shard is computed, as a network card can move bytes, or without.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.comparison.options import CORES, count, seconds
from benchmarks.comparison.report import header, machine
from benchmarks.scaling import report
from benchmarks.scaling.models import Models
from benchmarks.scaling.net import NETS
from benchmarks.scaling.threads import Machine

#: Seconds that a message takes beside its bytes, through TCP; about 2e-6 with InfiniBand.
LATENCY = 2e-5


def main(arguments=None):
    """Measure, and print the tables."""
    options = read(arguments)
    if options.figures:
        measured = json.loads(options.figures.read_text())
    else:
        # What measures is not needed to read figures.
        from benchmarks.scaling.measure import everything

        measured = everything(list(NETS), options.rounds)
    if options.keep:
        options.keep.write_text(json.dumps(measured, indent=1))
    models = Models(measured, Machine(options.cores, memory=options.memory))
    print(header(machine(CORES, CORES, ("numba", "numpy", "mpi4py", "mpich"))), end="\n\n")
    simulated = models, options.latency, options.shards
    told = {
        "Parts of a step, on two processes": report.parts(models),
        "Steps on processes of this machine": report.checks(models),
        "Efficiency with / without overlap": report.growth(*simulated),
        f"Rows of a node from which on {report.NODES[-1]} nodes are so efficient": report.thresholds(*simulated),
        f"Where the time goes on {report.NODES[-1]} nodes, with overlap": report.shares(*simulated),
        "Steps on threads": report.threads(models),
    }
    print("\n\n".join("\n".join([f"{title}:", "", *lines]) for title, lines in told.items()))


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=count, default=2, help="of all measurements, whose medians count (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write what was measured to a file")
    parser.add_argument("--figures", type=Path, metavar="FILE", help="of such a file: nothing is measured")
    parser.add_argument("--latency", type=seconds, default=LATENCY, help="seconds of a message, of the network (default: %(default)s)")
    parser.add_argument("--cores", type=count, default=Machine().cores, help="of a node (default: %(default)s)")
    parser.add_argument("--memory", type=seconds, default=Machine().memory, help="bytes a second, of a node (default: %(default)s)")
    parser.add_argument("--shards", type=count, default=4, help="of a node (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
