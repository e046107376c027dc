"""The schedule that follows a metric: PyTorch's rates over lists of metrics, numbers to check by hand, and what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import fastbp
from fastbp.schedules import Plan

STORED = Path(__file__).parents[1] / "stored"
TORCH = json.loads((STORED / "torch_schedules.json").read_text())
NAN = math.nan


def standings(plateau, metrics):
    """How it stands before each epoch."""
    found = [plateau.start]
    for value in metrics:
        found.append(plateau.follow(found[-1], value))
    return found


def rates(plateau, metrics):
    """Its values in each epoch and after the last."""
    plans = [Plan(0, 100, 10, ((plateau, standing.reductions),)) for standing in standings(plateau, metrics)]
    return [plateau(np.arange(1, 3), plan).tolist() for plan in plans]


@pytest.mark.parametrize("case", TORCH["following"], ids=lambda case: str(case["settings"]))
def test_rates_are_pytorchs(case):
    found = rates(fastbp.Plateau(**case["settings"]), case["metrics"][:-1])
    assert all(first == second for first, second in found)
    np.testing.assert_allclose([first for first, _ in found], case["values"], rtol=1e-14)
    assert case["values"][-1] < case["values"][0] / 3, "it is to be reduced often enough to see how"


@pytest.mark.parametrize("seed", range(200))
def test_rates_are_pytorchs_on_random_metrics(seed):
    torch = pytest.importorskip("torch")
    draw = np.random.default_rng(seed)
    mode = draw.choice(["min", "max"])
    metrics = draw.choice([0.0, 0.5, 0.75, 1.0, -2.0, NAN, math.inf, -math.inf], 60, p=[0.2, 0.2, 0.2, 0.2, 0.1, 0.04, 0.03, 0.03])
    settings = {"factor": 0.5, "patience": int(draw.integers(4)), "cooldown": int(draw.integers(4)), "mode": mode}
    delta, least = float(draw.choice([0.0, 0.25, 0.3])), float(draw.choice([0.0, 0.01]))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, threshold=delta, threshold_mode="abs", min_lr=least, eps=0.0, **settings
    )
    wanted = []
    for value in metrics.tolist():
        scheduler.step(value)
        wanted.append(float(optimizer.param_groups[0]["lr"]))
    found = rates(fastbp.Plateau(0.1, min_delta=delta, minimum=least, **settings), metrics.tolist())[1:]
    assert [first for first, _ in found] == wanted


BY_HAND = [
    # Two epochs that are no better are waited for; the third brings the reduction.
    (fastbp.Plateau(1.0, 0.5, 2), [3, 2, 2, 2, 2, 2, 2, 2], [0, 0, 0, 0, 0, 1, 1, 1, 2]),
    (fastbp.Plateau(1.0, 0.5, 0), [3, 3, 3, 2, 2], [0, 0, 1, 2, 2, 3]),
    # Better by just `min_delta` is not better; that adds up, as the best stays.
    (fastbp.Plateau(1.0, 0.5, 0, min_delta=0.5), [3.0, 2.5, 2.25, 1.0, 0.75], [0, 0, 1, 1, 1, 2]),
    (fastbp.Plateau(1.0, 0.5, 0, "val_accuracy", min_delta=0.25), [0.25, 0.5, 0.75, 0.75], [0, 0, 1, 1, 2]),
    (fastbp.Plateau(1.0, 0.5, 0, mode="max"), [3, 4, 4, 5, 1], [0, 0, 0, 1, 1, 2]),
    # Epochs of the cooldown do not count, but the best of them does.
    (fastbp.Plateau(1.0, 0.5, 0, cooldown=2), [3, 3, 1, 2, 2, 2], [0, 0, 1, 1, 1, 2, 2]),
    # What cannot be reduced further is not.
    (fastbp.Plateau(1.0, 0.5, 0, minimum=0.3), [1, 1, 1, 1, 1], [0, 0, 1, 2, 2, 2]),
    (fastbp.Plateau(1.0, 0.5, 0), [NAN, 3, NAN, 2], [0, 1, 1, 2, 2]),
    (fastbp.Plateau(1.0, 0.5, 0), [-1, -1.5, -2, -2], [0, 0, 0, 0, 1]),
]


@pytest.mark.parametrize(("plateau", "metrics", "reductions"), BY_HAND, ids=str)
def test_reductions_to_count_by_hand(plateau, metrics, reductions):
    assert [standing.reductions for standing in standings(plateau, metrics)] == reductions


@pytest.mark.parametrize("plateau", [case[0] for case in BY_HAND], ids=str)
def test_the_soonest_reduction_is_that_after_epochs_that_are_all_no_better(plateau):
    for standing in standings(plateau, [2.0, 2.0, 2.0, 1.0, 2.0, 3.0]):
        at, epochs = standing, 0
        while at.reductions == standing.reductions and epochs < 10:
            at, epochs = plateau.follow(at, NAN), epochs + 1
        assert plateau.soonest(standing) == epochs or epochs == 10


def test_values_are_powers_of_the_factor_down_to_the_minimum():
    plateau = fastbp.Plateau(0.8, 0.5, minimum=0.15)
    found = [plateau(np.array([7]), Plan(reductions=((plateau, k),)))[0] for k in range(4)]
    assert found == [0.8, 0.4, 0.2, 0.15]
    assert plateau(np.array([7]), Plan())[0] == 0.8


def test_each_has_its_own_reductions():
    one, other = fastbp.Plateau(0.8, 0.5), fastbp.Plateau(0.8, 0.5, patience=3)
    plan = Plan(reductions=((one, 1), (other, 2)))
    assert one(np.array([1]), plan)[0] == 0.4 and other(np.array([1]), plan)[0] == 0.2
    assert fastbp.Plateau(0.8, 0.5)(np.array([1]), plan)[0] == 0.4, "settings are all that one is"


def test_a_line_may_come_before():
    plateau = fastbp.Plateau(0.8, 0.5)
    warmup = fastbp.Warmup(plateau, 4)
    assert warmup.plateaus == (plateau,) and fastbp.Warmup(warmup, 2).plateaus == (plateau,) and not warmup.follows_fit
    found = warmup(np.arange(1, 7), Plan(reductions=((plateau, 1),)))
    assert found.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    assert fastbp.Warmup(0.1).plateaus == fastbp.Cosine(0.1).plateaus == ()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fastbp.Plateau(0), ValueError, r"initial is 0\.0"),
        (lambda: fastbp.Plateau(0.1, 1), ValueError, r"factor is 1\.0; expected a number in \(0, 1\)"),
        (lambda: fastbp.Plateau(0.1, patience=-1), ValueError, "patience is -1; expected an integer of at least 0"),
        (lambda: fastbp.Plateau(0.1, patience=1.5), TypeError, r"patience is 1\.5"),
        (lambda: fastbp.Plateau(0.1, cooldown=-1), ValueError, "cooldown is -1"),
        (lambda: fastbp.Plateau(0.1, min_delta=-1), ValueError, "min_delta is -1"),
        (lambda: fastbp.Plateau(0.1, minimum=0.1), ValueError, r"minimum is 0\.1; expected a number less than initial, 0\.1"),
        (lambda: fastbp.Plateau(0.1, metric=3), TypeError, "metric is 3 of type int; expected a name in the history"),
        (lambda: fastbp.Plateau(0.1, mode="least"), ValueError, "mode='least' is not known; expected one of auto, min, max"),
        (
            lambda: fastbp.Plateau(0.1, metric="val_something"),
            ValueError,
            "does not know whether 'val_something' should fall or rise; expected mode='min' or 'max'",
        ),
        (
            lambda: fastbp.Sequence(((0.1, 5), (fastbp.Warmup(fastbp.Plateau(0.1), 3), None))),
            ValueError,
            r"parts\[1\] is Warmup.*which follows the history, not a length of steps; expected another schedule",
        ),
    ],
)
def test_what_is_no_setting_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_metric_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(ValueError, match=r"learning_rate follows metric='val_loss', and the history will have loss; val_... needs valida"):
        fastbp.Plateau(0.1, metric="val_loss").check_metric(["loss"], "learning_rate")
    with pytest.raises(ValueError, match=r"will have loss, val_loss; others are asked for"):
        fastbp.Plateau(0.1, metric="accuracy").check_metric(["loss", "val_loss"], "momentum")
    with pytest.raises(ValueError, match=r"will have loss, val_loss\. Did you mean 'val_loss'\?"):
        fastbp.Plateau(0.1, metric="valloss", mode="min").check_metric(["loss", "val_loss"], "momentum")
    fastbp.Plateau(0.1, metric="val_loss").check_metric(["loss", "val_loss"], "momentum")
