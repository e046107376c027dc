"""`fastbp verify` passes here."""

import json
import os
from types import SimpleNamespace

import numba
import numpy as np
import pytest
from errands import errand, python
from some_checks import NAMES

import fastbp
from fastbp.verification.level import level

needs_two = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread")


@errand
def verify_command(folder):
    """The command in a process of its own."""
    return python("-m", "fastbp", "verify", "--report", folder / "report.json")


@pytest.fixture(scope="module")
def verified(verify_command):
    """What it printed, and its report."""
    report = json.loads((verify_command.folder / "report.json").read_text())
    return SimpleNamespace(code=verify_command.code, printed=verify_command.output, report=report)


def test_every_check_passes_here(verified):
    assert verified.code == 0, verified.printed
    assert verified.report["passed"] is True
    assert [check["name"] for check in verified.report["checks"]] == NAMES
    assert all(check["passed"] and check["error"] <= check["limit"] for check in verified.report["checks"])


def test_the_command_prints_a_table(verified):
    assert f"all {len(NAMES)} checks passed" in verified.printed
    for name in NAMES:
        assert sum(line.startswith(name) and "passed" in line for line in verified.printed.splitlines()) == 1


def test_the_report_names_machine_and_versions(verified):
    assert verified.report["versions"] | {"fastbp": fastbp.__version__, "numpy": np.__version__} == verified.report["versions"]
    assert set(verified.report["versions"]) == {"python", "fastbp", "numpy", "numba", "llvmlite"}
    assert verified.report["machine"]["level"] == level() and verified.report["machine"]["cores"] == os.cpu_count()
    assert all(str(value) in verified.printed for value in [*verified.report["machine"].values(), *verified.report["versions"].values()])
    if numba.config.NUMBA_NUM_THREADS > 1:
        assert verified.report["threading_layer"] in ("tbb", "omp", "workqueue")


def test_importing_fastbp_does_not_import_the_checks(run_python):
    code = "import sys, fastbp; print(*(name for name in sys.modules if name.startswith('fastbp.verification')))"
    assert run_python(code).split() == ["fastbp.verification"]


def test_without_compiled_kernels_there_is_nothing_to_verify(run_python):
    code = "import fastbp\ntry:\n    fastbp.verify()\nexcept RuntimeError as error:\n    print(error)"
    assert "NUMBA_DISABLE_JIT" in run_python(code, NUMBA_DISABLE_JIT="1")
