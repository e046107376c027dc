"""What it gains that gradients are sent while others are computed: steps of two processes on two hosts, whose cable has a limited rate.

    pip install -e ".[mpi]"
    sudo .venv/bin/python -m benchmarks.overlap                   # three rates: about two minutes
    sudo .venv/bin/python -m benchmarks.overlap --sizes 784-512-10 --batch 1024 --rates 300mbit

The hosts are network namespaces of this machine, which root can make. Each process has one thread. All ways are timed in one run of both,
in turns; a figure is the median over the rounds of the mean time of a step.

compute is the time of a step of which nothing is sent: each process trains on half of the rows, in half of the shards, for itself. exchange
is that of a step in which nothing is computed. In "one after the other" a process waits for each gradient to be sent before it computes the
next; in "overlapped" it goes on, as fastbp does. At best a step would take as long as the longer of compute and exchange.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

# Run as a script, it would look for what it imports in its own folder.
if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.comparison import report
from benchmarks.comparison.hosts import Hosts, environment
from benchmarks.comparison.options import CORES, count

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("compute", "exchange", "one after the other", "overlapped")


def main(arguments=None):
    """Measure, and print the table."""
    options = read(arguments)
    if options.within is not None:
        from benchmarks.comparison.overlapping import measure

        measure(json.loads(options.within))
        return
    print(report.header(report.machine(1, CORES, ("numba", "numpy", "mpi4py", "mpich"))))
    print(f"{'-'.join(map(str, options.sizes))}, batch {options.batch:,} in {options.shards} shards, Adam, two hosts", flush=True)
    found = {}
    with Hosts() as hosts:
        for rate in options.rates:
            hosts.limit(rate)
            found[rate] = on_both(hosts, options)
    print("\n".join(table(found)))


def on_both(hosts, options):
    """The times of a step in each way, round by round, as the first process tells them."""
    task = {name: getattr(options, name) for name in ("sizes", "batch", "shards", "steps", "rounds")}
    words = [sys.executable, "-m", "benchmarks.overlap", "--within", json.dumps(task)]
    done = subprocess.run(hosts.mpiexec("-n", "2", *words), env=environment(PYTHONPATH=str(ROOT)), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    return json.loads(done.stdout)


def table(found):
    """A line a rate, in milliseconds; the last columns are what overlap saves of a step, and what it could save at best."""
    lines = ["| rate | " + " | ".join(f"{name}, ms" for name in COLUMNS) + " | saved | at best |", "|" + "---|" * (len(COLUMNS) + 3)]
    for rate, times in found.items():
        compute, exchange, apart, together = (1e3 * median(times[name]) for name in COLUMNS)
        saved, best = (f"{100 * (1 - each / apart):.0f} %" for each in (together, max(compute, exchange)))
        lines.append(f"| {rate} | {compute:.1f} | {exchange:.1f} | {apart:.1f} | {together:.1f} | {saved} | {best} |")
    return lines


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=sizes, default=[784, 1024, 1024, 10], help="of the layers (default: 784-1024-1024-10)")
    parser.add_argument("--batch", type=count, default=1024, help="rows of a step, of both processes (default: %(default)s)")
    parser.add_argument("--shards", type=count, default=8, help="of a batch (default: %(default)s)")
    parser.add_argument("--steps", type=count, default=3, help="of each way in a round (default: %(default)s)")
    parser.add_argument("--rounds", type=count, default=5, help="of all ways (default: %(default)s)")
    rates = ["200mbit", "500mbit", "1gbit"]
    parser.add_argument(
        "--rates", type=lambda text: text.split(","), default=rates, help=f"of the cable, as tc has them: {','.join(rates)}"
    )
    parser.add_argument("--within", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def sizes(text):
    """Widths of layers with hyphens between them."""
    found = [count(part) for part in text.split("-")]
    if len(found) < 2:
        raise argparse.ArgumentTypeError(f"{text!r}; expected two sizes or more, 784-128-10 say")
    return found


if __name__ == "__main__":
    main()
