"""Errors that are planted in the kernels and around them are seen."""

import json

import pytest
from errands import copied, errand, python
from some_checks import NAMES

# Of each plant: a file of the package, what stands there, what is put in its place. Different checks see them, so that one copy serves all.
PLANTS = (
    # A polynomial of float64, by 1e-10.
    ("kernels/lanes/elementary.py", "fma(g, r, 0.16666666666666671)", "fma(g, r, 0.16666666676666671)"),
    # Nesterov's look-ahead, back instead.
    ("kernels/update.py", "rate * (slope + momentum * v if", "rate * (slope - momentum * v if"),
    # Parameters that only the second task leaves out.
    (
        "kernels/passes.py",
        "batch, shards, parameters, task.scratch_at)",
        "batch, shards, Span(parameters.begin + task.number * 16, parameters.end), task.scratch_at)",
    ),
)


VERIFY = "import sys\nfrom fastbp.cli import main\nprint('code', main(['verify', '--report', sys.argv[1]]))"


@errand
def verified_with_plants(folder):
    """Verifies a copy of the package with all plants."""
    copy = copied(folder)
    for name, before, after in PLANTS:
        path = copy["package"] / "fastbp" / name
        text = path.read_text()
        assert text.count(before) == 1
        path.write_text(text.replace(before, after))
    return python("-c", VERIFY, folder / "report.json", **copy)


@pytest.fixture(scope="module")
def planted(verified_with_plants):
    """The details of the checks that fail."""
    assert verified_with_plants.printed.splitlines()[-1] == "code 1"
    checks = json.loads((verified_with_plants.folder / "report.json").read_text())["checks"]
    return {check["name"]: check["detail"] for check in checks if not check["passed"]}


def test_what_no_plant_touches_passes(planted):
    assert set(NAMES) - set(planted) == {"gradients equal central differences", "callers thread count is restored"}


def test_a_planted_error_of_a_polynomial_is_seen(planted):
    *told, more = planted["predictions losses and gradients follow the oracle"]
    assert all(", float64: " in each for each in told) and more.startswith("and ")
    # This run has no momentum.
    assert any(each.startswith("sgd, float64: ") for each in planted["stored runs come out bit by bit"])


def test_a_planted_error_of_a_rule_is_seen(planted):
    told = planted["training in float32 follows the oracle"]
    assert all("nesterov=True" in each for each in told[:3])


def test_a_planted_error_of_a_share_is_seen(planted):
    told = planted["thread counts give the same bits"]
    assert all("in shards (" in each and ("2 threads: " in each or "threads=None: " in each) for each in told[:3])
