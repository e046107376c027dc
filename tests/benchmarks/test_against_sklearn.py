"""The estimators against scikit-learn's: what is combined, what is timed, what is told of it."""

import dataclasses
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import neural_network

import fastbp.sklearn

_ROOT = Path(__file__).parents[2]
sys.path.append(str(_ROOT))

from benchmarks.against_sklearn import __main__ as script  # noqa: E402  # not installed: found by the path
from benchmarks.against_sklearn import parity, report, whole  # noqa: E402
from benchmarks.against_sklearn.cases import CASES  # noqa: E402
from benchmarks.against_sklearn.duel import Outcome  # noqa: E402
from benchmarks.against_sklearn.worker import Service  # noqa: E402
from benchmarks.comparison.options import CORES  # noqa: E402

SMALL = CASES["20-40-5"]


def outcome(ours, theirs, dtype="float64", threads=CORES, case=SMALL, losses=(0.5, 0.5)):
    last = {name: {"epochs": 3, "loss": loss, "score": 0.9} for name, loss in zip(("fastbp", "sklearn"), losses, strict=True)}
    return Outcome(case, dtype, threads, 3, {"fastbp": ours, "sklearn": theirs}, last)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rounds", "0"], "argument --rounds: '0'"),
        (["--threads", "1,4096"], "argument --threads: 4096, but there are"),
        (["--only", "iris"], "argument --only: 'iris'; expected some of 20-40-5,"),
        (["--solvers", "newton"], "argument --solvers: 'newton'; expected some of sgd,adam,lbfgs"),
    ],
)
def test_malformed_option_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit):
        script.read(arguments)
    assert message in capsys.readouterr().err


def test_everything_is_combined_with_everything():
    counts = {solver: len(parity.combinations(solver)) for solver in parity.SOLVERS}
    # 4 activations, 5 tasks, 2 penalties, 2 weights of rows; 4 ways, 2 orders; 3 schedules, 3 momenta. lbfgs: 2 ways.
    assert counts == {"sgd": 80 * 8 * 9, "adam": 80 * 8, "lbfgs": 80 * 2}
    every = [tuple(each.items()) for solver in parity.SOLVERS for each in parity.combinations(solver)]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("solver", parity.SOLVERS)
@pytest.mark.parametrize("place", [0, 7, -1])
def test_a_combination_makes_its_steps_and_comes_to_the_same(solver, place):
    combination = parity.combinations(solver)[place * len(parity.combinations(solver)) // 16]
    assert parity.difference(combination).is_small
    if solver != "lbfgs":
        steps = parity._trained(fastbp.sklearn, combination)._network.memory.steps
        assert steps == 108 if combination["way"] == "early stopping" else 100


def test_lbfgs_magnifies_what_rounding_leaves():
    apart, itself = parity.magnified(parity.combinations("lbfgs")[0], 5)
    assert apart < 1e-12 and 0 < itself < 1e-9
    assert "| 5 | 2e-13 | 1e-12 |" in report.magnified({5: (2e-13, 1e-12)})


def test_other_weights_and_other_curves_are_told():
    pair = [parity._trained(neural_network, parity.combinations("adam")[0]) for _ in range(2)]
    assert parity.between(*pair) == (0, 0)
    pair[1].coefs_[0][0, 0] += 1e-9
    pair[1].loss_curve_[3] *= 1 + 1e-7
    found = parity.between(*pair)
    assert not found.is_small and found.weights == pytest.approx(1e-9, rel=1e-3) and found.losses == pytest.approx(1e-7, rel=1e-3)
    assert not parity.Difference(math.nan, 0.0).is_small and parity.Difference(1e-11, 1e-9).is_small
    pair[1].loss_curve_.pop()
    assert parity.between(*pair) == (math.inf, math.inf)


def test_the_tables_tell_the_worst():
    found = [(each, parity.Difference(1e-12 * (each["activation"] == "tanh"), 1e-9)) for each in parity.combinations("adam")]
    text = report.parity(found)
    assert "| adam | poisson | 0e+00 | 0e+00 | 1e-12 | 0e+00 |" in text and "| way: partial_fit | 160 | 1e-12 | 1e-09 |" in text
    assert report.misses(found) == []
    found[0] = found[0][0], parity.Difference(2e-10, 0.0)
    assert len(report.misses(found)) == 1 and "weights 2.0e-10" in report.misses(found)[0]
    fits = [whole.Fits("iris", (200, 200), parity.Difference(1e-12, 1e-13)), whole.Fits("wine", (90, 91), parity.Difference(1.0, 1.0))]
    assert [each.is_same for each in fits] == [True, False] and "| wine | 90 | 91 |" in report.fits(fits)
    scores = [whole.Scores("iris", 0.95, 0.954), whole.Scores("wine", 0.95, 0.956)]
    assert [each.is_same for each in scores] == [True, False] and "| iris | 95.00% | 95.40% | 0.40 |" in report.scores(scores, 3)
    assert report.promised(True, False, True).splitlines()[1].startswith("NOT HELD: whole fits")


def test_ratios_are_of_rounds_and_goals_are_named():
    even, slow = outcome([1.0, 1.0, 2.0], [4.0, 3.0, 6.0]), outcome([1.0], [2.0])
    assert even.ratios == [4, 3, 3] and even.ratio == 3 and even.warnings() == []
    assert "| 20-40-5 | 1,000 | float64 |" in report.speed([even], CORES) and "| 1.000 | 4.000 | 3.00 | 3.00 | 4.00 | 3 |" in report.speed(
        [even], CORES
    )
    assert report.reached([even], CORES) == "goals missed: none"
    assert report.reached([even, slow], CORES) == f"goals missed: 20-40-5 float64 on {CORES}: 2.00, not 3"
    assert (
        report.goal_of(outcome([1.0], [2.0], threads=1), CORES + 1) == 1
        and report.goal_of(outcome([1.0], [2.0], case=CASES["text"]), 2) is None
    )


def test_who_was_absent_or_computed_something_else_is_told():
    other = outcome([1.0], [2.0], losses=(0.5, 0.6))
    assert other.warnings() == ["the last losses are 0.5 after 3 epochs and 0.6 after 3 epochs"]
    gone = outcome([], [2.0])
    gone.absent["fastbp"] = "failed: broken"
    assert gone.warnings() == ["fastbp failed: broken"] and math.isnan(gone.ratio) and "WARNING" in report.speed([gone], CORES)
    assert report.reached([gone], CORES).endswith("nan, not 3")


@pytest.mark.parametrize("name", CASES)
def test_the_data_of_a_case(name):
    case = CASES[name]
    X, y = case.data("float32")
    assert X.dtype == np.float32 and X.shape[0] == y.size == case.rows
    if case.is_net:
        assert case.weights == pytest.approx(10 ** round(math.log10(case.weights)), rel=2) and X.shape[1] == int(name.split("-")[0])
    if name == "text":
        assert X.shape[1] == 20_000 and 30 < X.nnz / case.rows < 101 and X.has_canonical_format


@pytest.mark.parametrize("library", ["fastbp", "sklearn"])
def test_a_worker_trains_a_net_further_and_begins_other_fits_anew(library, monkeypatch):
    service = Service(library, 1)
    assert service.setup("20-40-5", "float32")["epoch"] > 0
    replies = [service.fit(2) for _ in range(2)]
    assert all(reply["epochs"] == 2 and reply["cpu"] > 0 < reply["seconds"] for reply in replies)
    assert replies[1]["loss"] < replies[0]["loss"] and len(service.estimator.loss_curve_) == 6
    monkeypatch.setitem(CASES, "digits", dataclasses.replace(CASES["digits"], settings={"max_iter": 2}))
    service.setup("digits", "float64")
    replies = [service.fit(2) for _ in range(2)]
    assert replies[1]["loss"] == replies[0]["loss"] and replies[1]["epochs"] == 2
