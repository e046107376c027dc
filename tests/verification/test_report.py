"""The report of `fastbp.verify`: what it tells of checks that pass, fail, raise and give no number."""

import json

import pytest
from some_checks import good, no_number, raises, wrong

import fastbp
from fastbp import cli


def test_verify_saves_its_report(with_checks, tmp_path, capsys):
    with_checks(good)
    report = fastbp.verify(tmp_path / "report.json")
    saved = json.loads((tmp_path / "report.json").read_text())
    assert report.passed and saved["passed"] and saved["machine"] == report.machine
    assert [check["name"] for check in saved["checks"]] == ["good"] and saved["checks"][0]["detail"] == ["a note"]
    assert capsys.readouterr().out == ""
    assert "all 1 checks passed" in str(report) and "a note" in str(report)


def test_a_check_that_raises_has_failed_and_the_others_go_on(with_checks):
    with_checks(raises, good)
    report = fastbp.verify()
    assert [check.passed for check in report.checks] == [False, True] and not report.passed
    assert report.checks[0].detail == ["KeyError: 'gone'"]
    assert "1 of 2 checks FAILED" in str(report)


def test_the_worst_of_many_failures_are_told(with_checks):
    with_checks(wrong)
    check = fastbp.verify().checks[0]
    assert check.error == 5 and check.limit == 1e-9
    assert check.detail[0] == "number 5 is 6.0; expected 1.0 (error 5, limit 1e-09)"
    assert check.detail[-1] == "and 2 more of 6 comparisons" and len(check.detail) == 4


def test_a_report_of_what_is_no_number_is_json(with_checks, tmp_path):
    with_checks(no_number)
    assert not fastbp.verify(tmp_path / "report.json").passed
    check = json.loads((tmp_path / "report.json").read_text(), parse_constant=pytest.fail)["checks"][0]
    assert check["error"] is None and check["detail"][0].startswith("a number is nan; expected 1.0")


def test_no_checks_are_no_pass(with_checks):
    with_checks()
    assert not fastbp.verify().passed


def test_a_folder_that_is_not_there_is_told_before_the_checks(with_checks, tmp_path, capsys):
    with_checks(lambda: pytest.fail("a check ran"))
    missing = tmp_path / "missing" / "report.json"
    with pytest.raises(FileNotFoundError, match="missing"):
        fastbp.verify(missing)
    assert cli.main(["verify", "--report", str(missing)]) == 2
    assert "missing" in capsys.readouterr().err


def test_a_report_that_is_no_path_is_refused():
    with pytest.raises(TypeError, match="report is 3 of type int; expected the path of a file"):
        fastbp.verify(3)
