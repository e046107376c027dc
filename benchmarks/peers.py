"""Training speed and memory of fastbp, PyTorch, JAX and scikit-learn on the same nets, weights and data: the comparison to rely on.

    pip install -e ".[peers]"
    python benchmarks/peers.py                                    # all nets: about a quarter of an hour
    python benchmarks/peers.py 784-128-10,128,adam,sigmoid        # one, or several
    python benchmarks/peers.py --features                         # gelu, nadam, dropout, normalisation, clipping on three nets
    python benchmarks/peers.py --dtype float64                    # all in double precision
    python benchmarks/peers.py --avx2                             # a processor with AVX-512, none of which anybody may use
    python benchmarks/peers.py --png peers.png --json peers.json

A net is LAYERS,BATCH,OPTIMIZER,ACTIVATION[,LOSS[,EXTRA]]: sgd, adam or nadam; sigmoid, tanh, relu or gelu; cross_entropy (softmax
output) or squared_error; dropout (a tenth), batch or layer (normalisation), or clip (gradients by their norm).

Each peer has a process of its own and the same threads. They take turns, one round after the other, so that a machine that slows down
slows all; the others sleep meanwhile. Rows are shuffled each epoch, and each batch is gathered. Before that each makes three steps from
the same weights on the same batch, and a peer whose losses differ is named.

us/step is the median over the rounds. GFLOP/s counts the products alone; % of peak is their share of what fused multiply-adds reach in
the same minute. start s is loading, building and compiling up to the end of the first step (JAX: first epoch), with whatever machine code
fastbp and PyTorch have cached on disk. MB is the most resident memory of the process, data and library included.
"""

import argparse
import importlib.util
import json
import os
import sys
from pathlib import Path

# Run as a script, it would look for what it imports in its own folder.
if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.comparison import PEERS, match, picture, report
from benchmarks.comparison.options import CORES, count, names_of, seconds, thread_count
from benchmarks.comparison.outcome import OURS
from benchmarks.comparison.process import AVX2, AbsentError, Entrant, Worker
from benchmarks.comparison.spec import DEFAULT, FEATURES, FORM, parse


def main(arguments=None):
    """Compare, print, and write what was asked for."""
    options = read(arguments)
    if options.avx2:
        os.environ.update(AVX2)
    facts = report.machine(options.threads, CORES) | {"dtype": options.dtype, "avx2": options.avx2}
    print(f"{report.header(facts)}; {options.dtype}{', all limited to AVX2' if options.avx2 else ''}", flush=True)
    if OURS in options.peers:
        print(f"first start of {OURS}, which compiles once an installation: {first_start(options.threads)}", flush=True)
    outcomes = []
    entrants = {name: Entrant(name) for name in options.peers}
    for spec in options.nets or map(parse, FEATURES if options.features else DEFAULT):
        all_cores = options.threads == CORES
        outcome = match.play(spec, entrants, options.threads, all_cores, options.rounds, options.seconds, options.dtype)
        print(f"\n{report.table(outcome)}", flush=True)
        outcomes.append(outcome)
    print(f"\n{report.summary(outcomes)}")
    if options.json:
        options.json.write_text(json.dumps(report.record(facts, outcomes), indent=1) + "\n")
    if options.png:
        picture.draw(outcomes, facts, options.png)


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", type=parse, metavar="NET", help=FORM)
    parser.add_argument("--features", action="store_true", help="instead of the usual nets, three with what costs a step something")
    parser.add_argument("--threads", type=thread_count, default=CORES, help="of each peer (default: all %(default)s cores)")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="of all numbers (default: %(default)s)")
    parser.add_argument("--avx2", action="store_true", help="let nobody use AVX-512")
    parser.add_argument("--rounds", type=count, default=7, help="turns of each peer (default: %(default)s)")
    parser.add_argument("--seconds", type=seconds, default=0.5, help="of a turn, at least an epoch (default: %(default)s)")
    # In the list's order, fastbp first: the others' losses are compared with the first one's.
    parser.add_argument("--peers", type=names_of(PEERS), default=list(PEERS), help=f"some of {','.join(PEERS)}")
    parser.add_argument("--png", type=Path, help=f"picture of the speeds relative to {OURS}")
    parser.add_argument("--json", type=Path, help="all measurements")
    options = parser.parse_args(arguments)
    if options.png and OURS not in options.peers:
        parser.error(f"--png shows speeds relative to {OURS}, which --peers leaves out")
    if options.png and importlib.util.find_spec("matplotlib") is None:
        parser.error("--png needs matplotlib")
    return options


def first_start(threads):
    """Time of fastbp's first step, or why there was none. Compiling takes memory, which the first net's worker must not be charged with."""
    with Worker(Entrant(OURS), threads) as worker:
        try:
            return f"{worker.ask('setup', task=vars(parse('2-2-2,2,sgd,relu').task(threads, True)))['start']:.1f} s"
        except AbsentError as reason:
            return str(reason)


if __name__ == "__main__":
    main()
