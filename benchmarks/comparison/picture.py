"""Speeds relative to fastbp, as bars."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.comparison.outcome import OURS, Outcome

COLOURS = {"fastbp": "#d1495b", "jax": "#30638e", "torch-compiled": "#edae49", "torch": "#f4d08f", "sklearn": "#8d99ae"}
_BAR = 0.125  # inches


def draw(outcomes: list[Outcome], facts: dict, file: Path) -> None:
    """Save a group of bars for each net that fastbp trained."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [outcome for outcome in outcomes if OURS in outcome.runs]
    peers = [name for name in COLOURS if any(name in outcome.runs for outcome in shown)]
    bars = sum(len(outcome.runs) + 1.2 for outcome in shown)
    figure, axes = plt.subplots(figsize=(8, bars * _BAR + 1.3), layout="constrained")
    _bars(axes, shown, peers)
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
    axes.set_title(f"Training speed relative to {OURS}", loc="left", fontsize=12)
    axes.set_xlabel(
        f"samples per second; {OURS} = 1\n{facts['cpu']}, {facts['threads']} threads, {facts['dtype']}", fontsize=8, color="#555555"
    )
    figure.legend(loc="outside upper right", ncols=len(peers), frameon=False, fontsize=8)
    figure.savefig(file, dpi=150)


def _bars(axes, outcomes, peers):
    top, labels, heights = 0.0, [], []
    places = {name: ([], []) for name in peers}
    for outcome in outcomes:
        present = [name for name in peers if name in outcome.runs]
        for i, name in enumerate(present):
            places[name][0].append(top + i)
            places[name][1].append(1 / median(outcome.ratios(name)))
        labels.append(_label(outcome))
        heights.append(top + (len(present) - 1) / 2)
        top += len(present) + 1.2
    for name, (y, x) in places.items():
        bars = axes.barh(y, x, height=0.9, color=COLOURS[name], label=name)
        if name != OURS:
            axes.bar_label(
                bars, fmt="%.2f", padding=2, fontsize=6, color="#555555", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4}
            )
    axes.axvline(1, color=COLOURS[OURS], linewidth=0.8, zorder=0)
    axes.set_yticks(heights, labels, fontsize=7)
    axes.set_ylim(top - 1.1, -0.9)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _label(outcome):
    spec = outcome.spec
    loss = ", squared error" if spec.loss == "squared_error" else ""
    return f"{spec.layers}\nbatch {spec.batch:,}, {spec.optimizer}, {spec.activation}{loss}"
