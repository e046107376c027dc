"""What came out, as text."""

from __future__ import annotations

from typing import Any

from benchmarks.against_sklearn.checks import Checks
from benchmarks.against_sklearn.duel import Outcome
from benchmarks.against_sklearn.parity import ACTIVATIONS, LOSSES, TASKS, WEIGHTS, Difference
from benchmarks.against_sklearn.whole import POINTS, Fits, Scores

Found = list[tuple[dict[str, Any], Difference]]
# What on fewer threads than there are cores must not be missed: nobody is to be slower for the change.
_EVEN = 1.0


def parity(found: Found) -> str:
    """The worst of all combinations: by solver, task and activation, and by each setting."""
    lines = [["solver", "loss", *ACTIVATIONS]]
    for solver in dict.fromkeys(each["solver"] for each, _ in found):
        for task in TASKS:
            cells = [worst(found, solver=solver, task=task, activation=activation).weights for activation in ACTIVATIONS]
            lines.append([solver, TASKS[task], *(f"{cell:.0e}" for cell in cells)])
    settings = [["setting", "combinations", "weights", "curve"]]
    for name in ("learning_rate", "momentum", "alpha", "sample_weight", "way", "shuffle"):
        for value in dict.fromkeys(each[name] for each, _ in found if name in each):
            largest = worst(found, **{name: value})
            count = sum(each.get(name) == value for each, _ in found)
            settings.append([f"{name}: {value}", f"{count:,}", f"{largest.weights:.0e}", f"{largest.losses:.0e}"])
    title = f"The largest difference of a weight, over {len(found):,} combinations of settings (float64):"
    return "\n".join([title, *_markdown(lines), "", "The same by settings; of the curve of losses as a share:", *_markdown(settings)])


def worst(found: Found, **chosen: Any) -> Difference:
    """The largest differences among the combinations with these settings."""
    few = [difference for each, difference in found if all(each.get(name) == value for name, value in chosen.items())]
    return Difference(max(each.weights for each in few), max(each.losses for each in few))


def misses(found: Found) -> list[str]:
    """Combinations that are further apart than promised."""
    return [f"{each}: weights {d.weights:.1e}, curve {d.losses:.1e}" for each, d in found if not d.is_small]


def magnified(found: dict[int, tuple[float, float]]) -> str:
    """How L-BFGS magnifies rounding errors, whoever makes them."""
    head = ["iterations of lbfgs", "weights, both", "scikit-learn with itself, rows in reverse"]
    return "\n".join(_markdown([head, *([str(count), *(f"{each:.0e}" for each in pair)] for count, pair in found.items())]))


def fits(found: list[Fits]) -> str:
    """Epochs and curves of whole fits."""
    head = ["data", "epochs, scikit-learn", "epochs, fastbp", "curve", "weights"]
    lines = [[each.name, *map(str, each.epochs), f"{each.difference.losses:.0e}", f"{each.difference.weights:.0e}"] for each in found]
    return "\n".join(["Whole fits with default settings (float64):", *_markdown([head, *lines])])


def scores(found: list[Scores], seeds: int) -> str:
    """Mean scores in float32."""
    head = ["data", "scikit-learn", "fastbp", "points apart"]
    lines = [[each.name, f"{each.theirs:.2%}", f"{each.ours:.2%}", f"{100 * abs(each.theirs - each.ours):.2f}"] for each in found]
    return "\n".join([f"Mean score on held-out rows, float32, {seeds} seeds:", *_markdown([head, *lines])])


def checks(found: list[Checks]) -> str:
    """How many of scikit-learn's checks passed."""
    head = ["estimator", "settings", "passed", "skipped", "failed"]
    lines = []
    for each in found:
        settings = ", ".join(f"{name}={value}" for name, value in each.settings.items()) or "default"
        lines.append([each.kind, settings, *(str(each.counts[status]) for status in ("passed", "skipped", "failed"))])
    total = sum(each.counts["passed"] for each in found)
    failed = [f"FAILED {each.kind} {each.settings}: {', '.join(each.failed)}" for each in found if each.failed]
    return "\n".join([f"scikit-learn's checks of estimators, {total} passed:", *_markdown([head, *lines]), *failed])


def promised(small: bool, same: bool, close: bool) -> str:
    """What of the promises about the numbers held."""
    told = {
        f"weights within {WEIGHTS:g} and curves within {LOSSES:g} for every combination": small,
        f"whole fits of as many epochs, with curves within {LOSSES:g}": same,
        f"scores in float32 within {POINTS} points": close,
    }
    return "\n".join(f"{'held' if held else 'NOT HELD'}: {what}" for what, held in told.items())


def speed(outcomes: list[Outcome], cores: int) -> str:
    """One line a case: seconds of a fit by both, and how many times as fast fastbp is."""
    lines = [["case", "weights", "type", "threads", "epochs", "fastbp, s", "scikit-learn, s", "times as fast", "least", "most", "goal"]]
    for each in outcomes:
        case, cells = each.case, ["-"] * 5
        if not each.absent:
            ours, theirs = (sorted(each.seconds[name])[len(each.ratios) // 2] for name in ("fastbp", "sklearn"))
            cells = [f"{ours:.3f}", f"{theirs:.3f}", *(f"{ratio:.2f}" for ratio in (each.ratio, min(each.ratios), max(each.ratios)))]
        weights = f"{case.weights:,}" if case.is_net else "-"
        last = each.last.get("fastbp", {}).get("epochs", each.epochs)
        goal = goal_of(each, cores)
        lines.append([case.name, weights, each.dtype, str(each.threads), str(last), *cells, "-" if goal is None else f"{goal:g}"])
    warnings = [f"WARNING {each.case.name}, {each.dtype}, threads {each.threads}: {said}" for each in outcomes for said in each.warnings()]
    return "\n".join([*_markdown(lines), *warnings])


def reached(outcomes: list[Outcome], cores: int) -> str:
    """Which goals were missed."""
    missed = [
        f"{each.case.name} {each.dtype} on {each.threads}: {each.ratio:.2f}, not {goal:g}"
        for each in outcomes
        if (goal := goal_of(each, cores)) is not None and not each.ratio >= goal
    ]
    return f"goals missed: {'; '.join(missed) or 'none'}"


def goal_of(outcome: Outcome, cores: int) -> float | None:
    """On all cores that of the case; on fewer none is to be slower."""
    return outcome.case.goal if outcome.threads == cores or outcome.case.goal is None else _EVEN


def _markdown(rows: list[list[str]]) -> list[str]:
    head, *others = rows
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *others)]
