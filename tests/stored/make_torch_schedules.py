"""Stores the learning rates of PyTorch's schedulers in torch_schedules.json.

Run by hand, where torch is installed: ``python tests/stored/make_torch_schedules.py``.
Only `tests/schedules/test_base.py` reads the file.
"""

from __future__ import annotations

import json
import random
import warnings
from pathlib import Path

STEPS, PER_EPOCH, EPOCHS = 60, 5, 40

# fastbp's names and settings, PyTorch's class and arguments.
CASES = [
    ("step", {"initial": 0.1, "factor": 0.5, "every": 7}, "StepLR", {"step_size": 7, "gamma": 0.5}),
    ("step", {"initial": 0.1, "every": "2 epochs"}, "StepLR", {"step_size": 10, "gamma": 0.1}),
    ("multi_step", {"initial": 0.1, "milestones": [7, 30], "factor": 0.5}, "MultiStepLR", {"milestones": [7, 30], "gamma": 0.5}),
    ("exponential", {"initial": 0.1, "factor": 0.9, "every": 1}, "ExponentialLR", {"gamma": 0.9}),
    ("polynomial", {"initial": 0.1, "power": 2.0, "length": 40}, "PolynomialLR", {"total_iters": 40, "power": 2.0}),
    ("polynomial", {"initial": 0.1, "final": 0.05, "length": 20}, "LinearLR", {"start_factor": 1.0, "end_factor": 0.5, "total_iters": 20}),
    ("cosine", {"initial": 0.1, "final": 0.01}, "CosineAnnealingLR", {"T_max": STEPS, "eta_min": 0.01}),
    ("cosine_restarts", {"initial": 0.1, "length": 7, "growth": 2}, "CosineAnnealingWarmRestarts", {"T_0": 7, "T_mult": 2}),
    ("cosine_restarts", {"initial": 0.1, "length": "1 epoch", "final": 0.02}, "CosineAnnealingWarmRestarts", {"T_0": 5, "eta_min": 0.02}),
    ("one_cycle", {"maximum": 0.1}, "OneCycleLR", {"max_lr": 0.1, "total_steps": STEPS}),
    (
        "one_cycle",
        {"maximum": 0.2, "warm": 0.4, "start": 10.0, "end": 100.0},
        "OneCycleLR",
        {"max_lr": 0.2, "total_steps": STEPS, "pct_start": 0.4, "div_factor": 10.0, "final_div_factor": 100.0},
    ),
]
# Of what follows a metric: settings, PyTorch's arguments, and the number of the random metrics.
FOLLOWING = [
    ({"initial": 0.1, "factor": 0.5, "patience": 0}, {"factor": 0.5, "patience": 0}, 0),
    ({"initial": 0.1, "factor": 0.5, "patience": 2, "min_delta": 0.0}, {"factor": 0.5, "patience": 2, "threshold": 0.0}, 1),
    ({"initial": 0.1, "patience": 3, "min_delta": 0.05}, {"patience": 3, "threshold": 0.05}, 2),
    ({"initial": 0.1, "factor": 0.8, "patience": 1, "cooldown": 3}, {"factor": 0.8, "patience": 1, "cooldown": 3}, 3),
    ({"initial": 0.1, "factor": 0.3, "patience": 1, "minimum": 0.002}, {"factor": 0.3, "patience": 1, "min_lr": 0.002}, 4),
    (
        {"initial": 0.1, "factor": 0.7, "patience": 2, "cooldown": 1, "mode": "max", "metric": "val_accuracy", "min_delta": 0.01},
        {"factor": 0.7, "patience": 2, "cooldown": 1, "mode": "max", "threshold": 0.01},
        5,
    ),
]


def metrics(number):
    """Falling, or for the last number rising, with noise; once it is no number."""
    draw = random.Random(number)
    found = [1 / (1 + i / 5) + draw.uniform(-0.1, 0.1) for i in range(EPOCHS)]
    found[17] = float("nan")
    return [1 - value for value in found] if number == 5 else found


def following(torch, arguments, measured):
    """The rate of each epoch after those before it."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler, found = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, threshold_mode="abs", eps=0.0, **arguments), []
    for value in measured:
        found.append(float(optimizer.param_groups[0]["lr"]))
        scheduler.step(value)
    return found


def values(torch, name, arguments):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler, found = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments), []
    for step in range(STEPS):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if step < STEPS - 1:
            scheduler.step()
    return found


def main():
    import torch

    warnings.simplefilter("ignore")
    cases = [
        {"schedule": name, "settings": settings, "values": values(torch, theirs, arguments)} for name, settings, theirs, arguments in CASES
    ]
    followed = [
        {"schedule": "plateau", "settings": settings, "metrics": metrics(number), "values": following(torch, theirs, metrics(number))}
        for settings, theirs, number in FOLLOWING
    ]
    lines, more = (",\n".join("  " + json.dumps(case) for case in each) for each in (cases, followed))
    begin = f' "made_by": "torch {torch.__version__}",\n "per_epoch": {PER_EPOCH}'
    text = f'{{\n{begin},\n "cases": [\n{lines}\n ],\n "following": [\n{more}\n ]\n}}\n'
    Path(__file__).with_name("torch_schedules.json").write_text(text)


if __name__ == "__main__":
    main()
