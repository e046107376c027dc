"""The command line: `fastbp verify` and `fastbp list`."""

import json
import subprocess
import sys

import pytest
from some_checks import ROOT, good, no_number, raises, wrong

from fastbp import cli
from fastbp.activations import ACTIVATIONS
from fastbp.averages import AVERAGES
from fastbp.between import NORMALIZATIONS
from fastbp.losses import LOSSES
from fastbp.metrics import METRICS
from fastbp.optimizers import OPTIMIZERS
from fastbp.schedules import SCHEDULES
from fastbp.solvers import SOLVERS


@pytest.mark.parametrize("function", [wrong, raises, no_number])
def test_the_command_fails_with_a_check(with_checks, tmp_path, monkeypatch, capsys, function):
    monkeypatch.chdir(tmp_path)
    with_checks(good, function)
    assert cli.main(["verify"]) == 1
    assert json.loads((tmp_path / "fastbp-verify.json").read_text())["passed"] is False
    assert "FAILED" in capsys.readouterr().out
    with_checks(good)
    assert cli.main(["verify"]) == 0


def test_a_process_ends_with_the_commands_code(tmp_path):
    command = [sys.executable, "-m", "fastbp", "verify", "--report", str(tmp_path / "missing" / "report.json")]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60).returncode == 2


@pytest.mark.parametrize("arguments", [[], ["verfy"], ["verify", "--threads", "2"]])
def test_an_unknown_command_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2 and "usage: fastbp" in capsys.readouterr().err


def test_the_list_names_everything_and_how_to_build_it(capsys):
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for table in (ACTIVATIONS, LOSSES, METRICS, OPTIMIZERS, SCHEDULES, SOLVERS, AVERAGES, NORMALIZATIONS):
        for name, cls in table.items():
            (place,) = [i for i, line in enumerate(lines) if line.startswith(f"  {name} ") and f" {cls.__name__}(" in line]
            assert len(lines[place + 1].strip()) > 5
    assert "lecun_normal" in lines[-1]
