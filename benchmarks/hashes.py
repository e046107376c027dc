"""Hashes of what training leaves, on some numbers of processes and of threads, with every optimizer: they should be all the same.

    pip install -e ".[mpi]"
    python -m benchmarks.hashes                                           # 1, 2, 3 and 4 processes: about two minutes
    python -m benchmarks.hashes --ranks 1,2 --only adam,lamb

The net 20-300-60-3 has batch normalisation and dropout. Its 203 rows come in batches of 50, of which the last has 3 rows, and in eight
shards. Each process has rows of its own, more where the rank is higher. The first column is of one process that has all rows and knows
nothing of others. A hash is of the parameters, the losses and the optimizer's memory.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import fastbp
from fastbp.optimizers import OPTIMIZERS

# Run as a script, it would look for what it imports in its own folder.
if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.comparison import report
from benchmarks.comparison.options import CORES, count, names_of

_ROOT = Path(__file__).resolve().parent.parent
THREADS, EPOCHS = (1, 2), 4
#: Every rule by its name; rules that settings make another one have a name of their own.
EVERY = {name: name for name in OPTIMIZERS} | {
    "sgd with momentum": fastbp.SGD(0.01, momentum=0.9),
    "rmsprop centered": fastbp.RMSprop(0.001, momentum=0.5, centered=True),
    "adam clipped": fastbp.Adam(0.001, clip_norm=0.05),
}


def data():
    """Rows and labels."""
    random = np.random.default_rng(0)
    X = random.normal(size=(203, 20)).astype(np.float32)
    return X, np.argmax(X @ random.normal(size=(20, 3)), axis=1)


def own(array, rank, ranks):
    """The part of one of some processes."""
    return array[len(array) * rank**2 // ranks**2 : len(array) * (rank + 1) ** 2 // ranks**2]


def hash_of(optimizer, threads, processes=None, rank=0, ranks=1):
    """Of a run on one's own rows."""
    model = fastbp.MLP([20, 300, 60, 3], activation="gelu", normalization="batch", dropout=0.2, seed=0)
    trainer = fastbp.Trainer(
        model, loss="cross_entropy", optimizer=EVERY[optimizer], batch_size=50, shards=8, threads=threads, distributed=processes, seed=0
    )
    X, y = data()
    history = trainer.fit(own(X, rank, ranks), own(y, rank, ranks), epochs=EPOCHS, progress=False)
    found = hashlib.sha256(model.network.parameters.tobytes())
    found.update(trainer.run.memory.slots.tobytes())
    found.update(np.array(history.loss).tobytes())
    return found.hexdigest()[:12]


def work(path, optimizers):
    """What each of the processes does; the first writes the hashes."""
    from mpi4py import MPI

    comm, processes = MPI.COMM_WORLD, fastbp.MPI(rows="own")
    found = {name: [hash_of(name, threads, processes, comm.rank, comm.size) for threads in THREADS] for name in optimizers}
    if comm.rank == 0:
        Path(path).write_text(json.dumps(found))


def on_ranks(ranks, optimizers):
    """By optimizer the hashes of so many processes, one for each number of threads."""
    beside = Path(sys.executable).with_name("mpiexec")
    command = str(beside) if beside.exists() else shutil.which("mpiexec")
    if command is None:
        raise SystemExit('there is no mpiexec; pip install "fastbp[mpi]" brings it')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hashes.json"
        call = [command, "-n", str(ranks), sys.executable, "-m", "benchmarks.hashes", "--work", str(path), "--only", ",".join(optimizers)]
        subprocess.run(call, cwd=_ROOT, env=os.environ | {"PYTHONPATH": str(_ROOT)}, check=True)
        return json.loads(path.read_text())


def table(alone, found):
    """A line for each optimizer, in Markdown; a hash that is another one is in bold. Then how many are the same."""
    heads = [f"{ranks} x {threads}" for ranks in found for threads in THREADS]
    lines = ["| optimizer | one process | " + " | ".join(heads) + " |", "| --- " * (2 + len(heads)) + "|"]
    same = 0
    for name, one in alone.items():
        hashes = [each for ranks in found for each in found[ranks][name]]
        same += hashes.count(one)
        lines.append(f"| {name} | `{one}` | " + " | ".join("same" if each == one else f"**{each}**" for each in hashes) + " |")
    return [*lines, "", f"{same} of {len(alone) * len(heads)} are as of one process."]


def main(arguments=None):
    """Train, and print the table; 1 where a hash is another one."""
    options = read(arguments)
    if options.work:
        work(options.work, options.only)
        return 0
    print(report.header(report.machine("1 and 2", CORES, ("numba", "numpy", "mpi4py"))), flush=True)
    alone = {name: hash_of(name, 1) for name in options.only}
    found = {ranks: on_ranks(ranks, options.only) for ranks in options.ranks}
    print("\n".join(table(alone, found)))
    return int(any(each != alone[name] for hashes in found.values() for name, own in hashes.items() for each in own))


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=numbers, default=[1, 2, 3, 4], help="how many processes, with commas between (default: 1,2,3,4)")
    parser.add_argument("--only", type=names_of(EVERY), default=list(EVERY), help="some of " + ",".join(EVERY))
    parser.add_argument("--work", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def numbers(text):
    """Some numbers from 1 on."""
    return [count(part) for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
