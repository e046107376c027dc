"""Steps by rows and width: the falls, the table, and a small sweep with its picture."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import sweep  # not installed: found by the path


def test_a_fall_is_how_much_longer_a_batch_takes_than_a_larger_one():
    np.testing.assert_allclose(sweep.falls(np.array([1.0, 3.0, 2.0, 4.0, 3.2])), [0, 0.5, 0, 0.25, 0])


def test_a_line_names_the_largest_fall():
    times = np.full(len(sweep.BATCHES), 2e-6)
    times[16] = 3e-6
    assert sweep.row(33, times) == f"| 33 |{' 2 |' * 6} 3 |{' 2 |' * 4} 50% at 17 |"
    assert sweep.heading().count("|") == 2 * (len(sweep._SHOWN) + 3)


@pytest.mark.parametrize("arguments", [["--widths", "16,0"], ["--rounds", "-1"], ["--threads", "4096"]])
def test_malformed_options_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        sweep.read(arguments)
    assert f"argument {arguments[0]}" in capsys.readouterr().err


def test_a_small_sweep(monkeypatch, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(sweep, "_EPOCHS", 1)
    monkeypatch.setattr(sweep, "_TURN", 1e-5)
    sweep.main(["--widths", "4,9", "--rounds", "1", "--threads", "1", "--png", str(tmp_path / "sweep.png")])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[-2:]] == ["4", "9"]
    assert (tmp_path / "sweep.png").stat().st_size > 10_000
