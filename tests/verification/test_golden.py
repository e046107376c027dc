"""The stored runs: every level of vector instructions has them, and they come out here."""

import json

import pytest
from errands import errand, python
from some_checks import cache_of, failures, on_this_machine

from fastbp.verification import golden, make_golden
from fastbp.verification.level import level

STORED = json.loads(golden.FILE.read_text())


def test_stored_runs_are_those_of_the_table():
    assert set(STORED["losses"]) == set(golden.RUNS)
    assert set(STORED["hashes"]) == set(make_golden.SETTINGS)
    assert all(set(hashes) == set(golden.RUNS) for hashes in STORED["hashes"].values())


def test_all_levels_have_the_same_bits():
    first, *others = STORED["hashes"].values()
    assert others == [first] * len(others)


def test_stored_runs_come_out_here():
    findings = golden.stored_runs_come_out_bit_by_bit()
    assert [str(each) for each in findings.deviations if not each.passed] == []
    assert level() not in make_golden.SETTINGS or findings.note == f"hashes of {level()}"


def of_lower_level(name):
    """The runs with the instructions of another level, whose kernels the errands of test_tiles.py have compiled by then."""
    return python("-c", make_golden.RUN, **make_golden.SETTINGS[name] | {"NUMBA_CACHE_DIR": cache_of(name)})


@errand
def runs_of_avx2(folder):
    return of_lower_level("x86_64-avx2")


@errand
def runs_of_any_x86_64(folder):
    return of_lower_level("x86_64")


def check_lower_level(name, runs):
    if not on_this_machine(name):
        pytest.skip("needs a processor of that level")
    here, results = json.loads(runs.printed)
    assert here == name
    assert {name: digest for name, (_, digest) in results.items()} == STORED["hashes"][here]


def test_stored_runs_come_out_for_avx2(runs_of_avx2):
    check_lower_level("x86_64-avx2", runs_of_avx2)


def test_stored_runs_come_out_for_any_x86_64(runs_of_any_x86_64):
    check_lower_level("x86_64", runs_of_any_x86_64)


def test_on_a_level_without_hashes_losses_are_compared(monkeypatch, tmp_path):
    monkeypatch.setattr(golden, "level", lambda: "riscv64")
    findings = golden.stored_runs_come_out_bit_by_bit()
    assert all(each.passed and each.limit > 0 for each in findings.deviations) and "riscv64" in findings.note
    changed = json.loads(json.dumps(STORED))
    changed["losses"]["adam"][1] = (float.fromhex(STORED["losses"]["adam"][1]) * 1.0001).hex()
    monkeypatch.setattr(golden, "FILE", tmp_path / "golden.json")
    golden.FILE.write_text(json.dumps(changed))
    (failed,) = failures(golden.stored_runs_come_out_bit_by_bit)
    assert failed.startswith("adam, float32: history.loss[1] is ")
