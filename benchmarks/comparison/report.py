"""Outcomes as tables of text and as JSON."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.comparison.outcome import OURS, Outcome

_PACKAGES = ("numba", "numpy", "torch", "jax", "scikit-learn")


def machine(threads: int, cores: int, packages: tuple[str, ...] = _PACKAGES) -> dict:
    """Versions, CPU and threads."""
    import fastbp

    versions = {"fastbp": fastbp.__version__}
    for name in packages:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"cpu": _cpu(), "cores": cores, "threads": threads, "python": platform.python_version(), "versions": versions}


def header(facts: dict) -> str:
    """Two lines on the machine and the versions."""
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return f"{facts['cpu']}, {facts['cores']} cores; threads: {facts['threads']}\nPython {facts['python']}, {versions}"


def table(outcome: Outcome) -> str:
    """Everything about one net."""
    rows = [["peer", "us/step", "samples/s", "GFLOP/s", "% of peak", "start s", "MB"]]
    for name, run in outcome.runs.items():
        speed = outcome.flops(name)
        figures = [_us(run.median), f"{outcome.samples(name):,.0f}", f"{speed / 1e9:.1f}", f"{100 * speed / outcome.peak:.1f}"]
        rows.append([name, *figures, f"{run.start:.1f}", f"{run.megabytes:.0f}"])
    spec = outcome.spec
    lines = [f"{spec}  ({spec.loss}, {spec.rows:,} rows; peak {outcome.peak / 1e9:.0f} GFLOP/s)", *aligned(rows)]
    lines += [f"{name} {reason}" for name, reason in outcome.absent.items()]
    return "\n".join(lines + [f"WARNING {warning}" for warning in outcome.warnings()])


def summary(outcomes: list[Outcome]) -> str:
    """One line a net: fastbp against the fastest of the others."""
    rows = [["net", f"{OURS} us/step", "best other", "us/step", "ratio", "min", "max", "memory"]]
    for outcome in outcomes:
        ours, duel = outcome.runs.get(OURS), outcome.duel()
        row = [f"{outcome.spec}{' !' if outcome.warnings() else ''}", "-" if ours is None else _us(ours.median)]
        if duel is None:
            rows.append(row + ["-"] * 6)
        else:
            ratios = [f"{ratio:.2f}" for ratio in (duel.ratio, min(duel.ratios), max(duel.ratios), duel.memory)]
            rows.append([*row, duel.best, _us(outcome.runs[duel.best].median), *ratios])
    legend = (
        f"ratio: samples/s of {OURS} over those of the fastest other, median of the rounds' ratios, with the least and the largest; "
        "memory: peak resident memory over the other's; !: see the warning above"
    )
    return "\n".join([*aligned(rows), legend])


def record(facts: dict, outcomes: list[Outcome]) -> dict:
    """All measurements, for a JSON file."""
    return {"machine": facts, "nets": [_net(outcome) for outcome in outcomes]}


def _net(outcome: Outcome) -> dict:
    duel = outcome.duel()
    return {
        "net": str(outcome.spec),
        "rows": outcome.spec.rows,
        "flops_per_step": outcome.spec.flops,
        "peak_flops": outcome.peak,
        "peers": {name: vars(run) for name, run in outcome.runs.items()},
        "absent": outcome.absent,
        "cores_busy_for_others": outcome.foreign,
        "warnings": outcome.warnings(),
        "against_best": None if duel is None else vars(duel) | {"ratio": duel.ratio},
    }


def _us(seconds: float) -> str:
    us = 1e6 * seconds
    return f"{us:.1f}" if us < 1000 else f"{us:,.0f}"


def aligned(rows: list[list[str]]) -> list[str]:
    """The first column and names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = {0} | {i for i, name in enumerate(rows[0]) if name == "best other"}
    return [
        "  ".join(cell.ljust(width) if i in left else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
