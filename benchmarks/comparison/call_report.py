"""Scores of calls as a table in Markdown."""

from __future__ import annotations

from benchmarks.comparison.call import ROWS, Call
from benchmarks.comparison.call_match import Figures, Score
from benchmarks.comparison.with_fastbp import EPOCHS

COLUMNS = {
    "fastbp": "fastbp",
    "torch": "PyTorch, ready tensor",
    "torch-numpy": "PyTorch, from NumPy",
    "sklearn": "scikit-learn",
    "onnxruntime": "onnxruntime",
    "jax": "JAX",
}
LEGEND = (
    "The median of the rounds and, in brackets, the best. PyTorch and JAX are given arrays of their own that lie ready; the others, "
    "and PyTorch from NumPy, take NumPy arrays and give them. Against the best: how many times as fast as the fastest other, the "
    "median over the rounds. A dash: not asked, or absent."
)
# Cores that others may use without a word.
_BUSY = 0.1


def table(scores: list[Score]) -> str:
    """One line a call."""
    head = ["call", "net", *COLUMNS.values(), "against the best"]
    lines = [head, ["---"] * len(head)]
    for score in scores:
        lines += _lines(score)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def notes(score: Score) -> list[str]:
    """Who did not take part, and whether the machine was idle."""
    found = [f"{_title(score.call)}: {name} {reason}" for name, reason in score.absent.items()]
    if score.foreign > _BUSY:
        found.append(f"{_title(score.call)}: WARNING other programs kept {score.foreign:.2f} cores busy during the turns")
    found += [f"{_title(score.call)}: WARNING {sentence}" for sentence in score.hasty]
    return found


def beyond_steps(one: Figures, many: Figures) -> Figures:
    """What a fit of one epoch costs beyond an epoch's steps, which are those of a long fit."""
    return Figures([short - long / EPOCHS for short, long in zip(one.rounds, many.rounds, strict=True)], one.least - many.least / EPOCHS)


def _lines(score: Score) -> list[list[str]]:
    figures, name = score.figures, score.call.name
    if name in ("fit", "evaluate"):
        return [[title, score.call.net, cell, *["-"] * len(COLUMNS)] for title, cell in _own(name, figures)]
    cell, unit = (_rows_per_second, "rows/s") if name == "batch" else (_us, "us")
    ratio = score.ratio()
    cells = [cell(figures[column]) if column in figures else "-" for column in COLUMNS]
    return [[f"{score.call.kind.title}, {unit}", score.call.net, *cells, "-" if ratio is None else f"{ratio:.2f} x"]]


def _own(name: str, figures: dict[str, Figures]) -> list[tuple[str, str]]:
    """The lines of what fastbp alone is asked for."""
    if not figures:
        return []
    if name == "fit":
        one, many = figures["one"], figures["many"]
        epoch = Figures([seconds / EPOCHS for seconds in many.rounds], many.least / EPOCHS)
        return [
            ("`fit(epochs=1)`, us", _us(one)),
            (f"`fit(epochs={EPOCHS})`, us an epoch", _us(epoch)),
            ("`fit` beyond its steps, us", _us(beyond_steps(one, many))),
        ]
    return [("`evaluate`, one row, us", _us(figures["one"])), (f"`evaluate`, {ROWS:,} rows, us", _us(figures["all"]))]


def _us(figures: Figures) -> str:
    return f"{_number(1e6 * figures.median)} ({_number(1e6 * figures.least)})"


def _rows_per_second(figures: Figures) -> str:
    return f"{ROWS / figures.median:,.0f} ({ROWS / figures.least:,.0f})"


def _number(us: float) -> str:
    return f"{us:.2f}" if abs(us) < 10 else f"{us:.1f}" if abs(us) < 1000 else f"{us:,.0f}"


def _title(call: Call) -> str:
    return f"{call.kind.title} of {call.net}"
