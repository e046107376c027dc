"""Two checkouts in turn: the command line, what is told of a net, and a run of this checkout against itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from errands import errand, python

_ROOT = Path(__file__).parents[2]
sys.path.append(str(_ROOT))

from benchmarks import before_after  # noqa: E402  # not installed: found by the path
from benchmarks.comparison.outcome import Outcome, Run  # noqa: E402
from benchmarks.comparison.spec import parse  # noqa: E402


def outcome(ours, others, losses=(1.0, 0.9, 0.8)):
    runs = {"fastbp": Run(1.0, [1.0, 0.9, 0.8], ours, loss=0.5), "other": Run(1.0, list(losses), others, loss=0.5)}
    return Outcome(parse("3-2,1,sgd,relu"), 1.0, runs, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: OTHER"),
        (["/nowhere"], "argument OTHER: '/nowhere' holds no package fastbp"),
        ([str(_ROOT), "784-10"], "argument NET: '784-10' has 1 parts"),
        ([str(_ROOT), "--rounds", "0"], "argument --rounds: '0'"),
    ],
)
def test_malformed_argument_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        before_after.read(arguments)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_ratio_is_the_speed_of_this_checkout_over_the_others():
    assert before_after.row(outcome([2e-6, 2e-6, 1e-6], [1e-6, 3e-6, 1e-6])) == [
        "3-2,1,sgd,relu",
        "1.0",
        "2.0",
        "1.000",
        "0.500",
        "1.500",
    ]


def test_slower_by_more_than_two_percent_is_named():
    assert before_after.verdict([outcome([1.0], [0.985])]) == "slower by more than 2%: none"
    assert before_after.verdict([outcome([1.0], [0.975])]) == "slower by more than 2%: 3-2,1,sgd,relu"


def test_net_that_one_did_not_train_is_named():
    missing = outcome([1.0], [1.0])
    missing.absent["other"] = "failed: broken"
    del missing.runs["other"]
    assert before_after.verdict([missing]).splitlines()[1] == "not compared: 3-2,1,sgd,relu"
    assert before_after.lines(missing)[1] == "other failed: broken"


def test_other_bits_are_told():
    assert len(before_after.lines(outcome([1.0], [1.0]))) == 1
    _, warning = before_after.lines(outcome([1.0], [1.0], losses=(1.0, 0.9, 0.8000001)))
    assert warning == "WARNING the losses of the first three steps are not the same bits"


@errand
def compared_with_itself(folder):
    """The script, with this checkout in both places."""
    options = ["--threads", "1", "--rounds", "2", "--seconds", "0.02"]
    return python("-m", "benchmarks.before_after", ".", "5-4-3,8,adam,tanh", *options)


def test_script_compares_this_checkout_with_itself(compared_with_itself):
    assert (compared_with_itself.code, compared_with_itself.errors) == (0, "")
    printed = compared_with_itself.output
    assert printed.count("5-4-3,8,adam,tanh") >= 2 and "not compared" not in printed and "not the same bits" not in printed


def test_script_ends_where_another_fastbp_is_imported(tmp_path):
    """The folder holds a link to the package of another one."""
    (tmp_path / "fastbp").symlink_to(_ROOT / "fastbp")
    command = [sys.executable, "-m", "benchmarks.before_after", str(tmp_path), "5-4-3,8,adam,tanh"]
    done = subprocess.run(command, cwd=_ROOT, env=os.environ.copy(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert f"was to be imported from {tmp_path}" in done.stderr
