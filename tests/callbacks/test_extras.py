"""A library that is not there is told with the extra that brings it."""

import sys

import pytest

from fastbp.callbacks.extras import extra


def test_a_library_that_is_there():
    assert extra("json.decoder", "json") is sys.modules["json.decoder"]


def test_a_library_that_is_not_installed():
    with pytest.raises(ImportError, match=r'^no_such_library is not installed; pip install "fastbp\[such\]" does it$'):
        extra("no_such_library.part", "such")


def test_what_a_library_lacks_itself_is_told_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "library_of_test_extras.py").write_text("import what_it_needs")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="what_it_needs"):
        extra("library_of_test_extras", "such")
