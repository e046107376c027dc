"""What is ill about the next step, and about those before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from fastbp._typing import Array
from fastbp.diagnosis.finding import Finding
from fastbp.diagnosis.layers import LayerStatistics
from fastbp.diagnosis.trial import Trial
from fastbp.training.history import History

# Updates are about 1e-3 of the weights where all is well (CS231n, "Neural Networks Part 3"): ten times as much is large, and a hundredth
# of it small.
_USUAL, _LARGE, _SMALL = 1e-3, 1e-2, 1e-5
# A step is too large that doubles the loss of its own rows: less comes of momentum, and of the first steps of rules that adapt.
_RISEN = 1.0
# A loss that has fallen by a tenth has seen the step.
_FALLEN = 0.1
# Small steps are tried out with a rate so many times theirs, and again so many, until they can be seen: the smallest ones are lost when
# they are added to the weights.
_TRIED, _MOST_TRIED = 1e4, 1e12
# Shares of such a step where the loss is looked at.
_SHARES = np.logspace(-3, 3, 7).tolist()
# A run learns whose loss has come down to so much of what it was in the first epoch.
_LEARNT = 0.5


def step_findings(trial: Trial, layers: Sequence[LayerStatistics], update: Array) -> Iterator[Finding]:
    """All of them; `update` is what the next step adds to the weights."""
    run = trial.run
    rate = vars(run.optimizer).get("learning_rate")
    told = f" (it is {rate:g})" if isinstance(rate, float | int) else ""
    if run.history.stopped == "diverged":
        what = f"training ended at step {run.steps}, since the next one made numbers that are not finite."
        yield Finding("diverged", what, f"Begin again, or at a checkpoint, with a smaller learning rate{told}.", {"step": run.steps})
    ratio = max(each.update_ratio for each in layers)
    if not math.isfinite(trial.loss_after(update, 0.0)):
        return
    if ratio > _LARGE:
        yield from _too_large(trial, update, ratio, told)
    elif ratio < _SMALL and told and not _has_learnt(run.history):
        yield from _too_small(trial, ratio, told)


def _too_large(trial: Trial, update: Array, ratio: float, told: str) -> Iterator[Finding]:
    before, tenth, after = (trial.loss_after(update, share) for share in (0.0, 0.1, 1.0))
    if after <= before + _RISEN * abs(before):
        return
    yield Finding(
        "learning rate too large",
        f"a step changes the weights of a layer by {ratio:.1e} of them, and takes the loss of its own rows from {before:.3g} to "
        f"{after:.3g}; a tenth of it, to {tenth:.3g}.",
        f"Take a smaller learning rate{told}; trainer.learning_rate_range_test finds one.",
        {"update_ratio": ratio, "before": before, "after": after, "after_a_tenth": tenth},
    )


def _too_small(trial: Trial, ratio: float, told: str) -> Iterator[Finding]:
    factor, update = _TRIED, trial.update(_TRIED)
    while np.linalg.norm(update) < _USUAL * np.linalg.norm(trial.parameters) and factor < _MOST_TRIED:
        factor *= _TRIED
        update = trial.update(factor)
    before = trial.loss_after(update, 0.0)
    losses = {factor * share: trial.loss_after(update, share) for share in _SHARES}
    found = {steps: loss for steps, loss in losses.items() if loss < before - _FALLEN * abs(before)}
    if not found:
        return
    best = min(found, key=found.__getitem__)
    yield Finding(
        "learning rate too small",
        f"a step changes no layer by more than {ratio:.1e} of its weights; {best:.0e} times as much would take the loss of its rows from "
        f"{before:.3g} to {found[best]:.3g}.",
        f"Take a larger learning rate{told}; trainer.learning_rate_range_test finds one.",
        {"update_ratio": ratio, "before": before, "after": found[best], "steps": best},
    )


def _has_learnt(history: History) -> bool:
    """Whether steps that are small now were large enough before."""
    losses = history.loss
    return len(losses) > 1 and losses[0] - losses[-1] > (1 - _LEARNT) * abs(losses[0])
