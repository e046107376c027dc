"""Errors that are planted in the kernels and around them are seen."""

import json

import pytest
from some_checks import NAMES


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
