"""32 nets 20-64-64-2 at once: fastbp side by side, fastbp one after the other, jax.vmap, torch.func.vmap, scikit-learn in processes.

    pip install -e ".[peers]"
    python -m benchmarks.many_models                              # all ways on two cores: about five minutes
    python -m benchmarks.many_models --nets 8 --rows 2000 --ways "fastbp together; jax.vmap"

Every net has weights and orders of rows of its own; all are trained with Adam in batches of 32, in float32, on the same 10,000 rows. Each
way has a process of its own. They take turns, one round after the other; the others sleep meanwhile. A turn is as many epochs of all nets
as take about `--seconds`. Before the first the libraries compile.

us is the median time of a step of one net. "against together" is the median, the least and the largest over the rounds of the time of a way
over that of `fastbp.train_together` in the same round: the best of the three settings of fastbp one after the other is what it is to beat
by 1.9. loss is the mean training loss of the nets after two epochs; a way that learns otherwise is named.
"""

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median

# Run as a script, it would look for what it imports in its own folder.
if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.comparison import report
from benchmarks.comparison.many import BATCH, WAYS
from benchmarks.comparison.options import CORES, count, seconds

TOGETHER = "fastbp together"
# One after the other: the best of these is what counts.
ALONE = [way for way in WAYS if way.startswith("fastbp,")]
# Epochs before the first round, whose losses are compared; by so much they may differ.
_FIRST, _ALIKE = 2, 0.1


class Way:
    """A process that trains the nets in one way."""

    def __init__(self, name, nets, rows):
        self.name, self.nets, self.rows, self.times, self.failed = name, nets, rows, [], None
        # A process of joblib's has one core, and so has its BLAS.
        settings = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1") if "joblib" in name else {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.comparison.many"], cwd=Path(__file__).resolve().parent.parent,
            env=os.environ | settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def train(self, epochs):
        """Seconds of so many epochs, and the loss; None where it fails."""
        if self.failed:
            return None
        request = {"way": self.name, "nets": self.nets, "rows": self.rows, "epochs": epochs}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        reply = json.loads(line) if line else {"failed": "its process has ended"}
        self.failed = reply.get("failed")
        return None if self.failed else (reply["seconds"], reply["loss"])

    def step(self, seconds, epochs):
        """Seconds of one step of one net."""
        return seconds / (epochs * self.nets * (self.rows // BATCH))

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def main(arguments=None):
    """Measure, and print the table."""
    options = read(arguments)
    print(report.header(report.machine(CORES, CORES)), flush=True)
    print(f"{options.nets} nets, {options.rows:,} rows, {options.rounds} rounds", flush=True)
    with ExitStack() as ending:
        entrants = [Way(name, options.nets, options.rows) for name in options.ways]
        for way in entrants:
            ending.callback(way.close)
        losses = {way.name: found[1] for way in entrants if (found := way.train(_FIRST))}
        # The first turn compiled; this one tells how long an epoch is.
        epochs = {way: max(1, round(options.seconds / found[0])) for way in entrants if (found := way.train(1))}
        for _ in range(options.rounds):
            for way, turn in epochs.items():
                found = way.train(turn)
                if found:
                    way.times.append(way.step(found[0], turn))
    print("\n".join(table(entrants, losses)))


def table(entrants, losses):
    """A line for each way, those that fail with the reason."""
    known = {way.name: way.times for way in entrants if way.times and not way.failed}
    together, rows = known.get(TOGETHER), [["way", "us", "against together", "min", "max", "loss"]]
    for way in entrants:
        if way.name not in known:
            rows.append([way.name, "-", "-", "-", "-", "-"])
            continue
        ratios = [own / theirs for own, theirs in zip(way.times, together, strict=True)] if together else []
        figures = [f"{figure:.2f}" for figure in (median(ratios), min(ratios), max(ratios))] if ratios else ["-"] * 3
        rows.append([way.name, f"{1e6 * median(way.times):.2f}", *figures, f"{losses.get(way.name, float('nan')):.4f}"])
    lines = report.aligned(rows)
    alone = {name: known[name] for name in ALONE if name in known}
    if together and alone:
        best = min(alone, key=lambda name: median(alone[name]))
        ratio = median(own / theirs for own, theirs in zip(alone[best], together, strict=True))
        lines.append(f"side by side against one after the other on the best setting ({best}): {ratio:.2f} times as fast")
    lines += [f"{way.name} failed: {way.failed}" for way in entrants if way.failed]
    usual = median(losses.values()) if losses else 0.0
    lines += [f"WARNING {name} learns otherwise" for name, loss in losses.items() if abs(loss / usual - 1) > _ALIKE]
    return lines


def read(arguments=None):
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nets", type=count, default=32, help="how many (default: %(default)s)")
    parser.add_argument("--rows", type=count, default=10_000, help="of the data set (default: %(default)s)")
    parser.add_argument("--rounds", type=count, default=7, help="turns of each way (default: %(default)s)")
    parser.add_argument("--seconds", type=seconds, default=2.0, help="of a turn (default: %(default)s)")
    parser.add_argument("--ways", type=ways, default=list(WAYS), help="some, with semicolons between them: " + "; ".join(WAYS))
    return parser.parse_args(arguments)


def ways(text):
    """Some of the ways, in the order of the list."""
    names = [each.strip() for each in text.split(";")]
    for name in names:
        if name not in WAYS:
            raise argparse.ArgumentTypeError(f"{name!r}; expected some of {'; '.join(WAYS)}")
    return [name for name in WAYS if name in names]


if __name__ == "__main__":
    main()
