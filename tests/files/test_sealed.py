"""Files are written in one piece, and what killed writers left goes away."""

import os

import pytest
from models import assert_same
from small_task import make

import fastbp


def test_leftovers_of_killed_writers_are_removed_once_they_are_old(tmp_path):
    old, young, other = (tmp_path / name for name in (".run.0123456789abcdef", ".run.fedcba9876543210", ".ruin.0123456789abcdef"))
    for path in (old, young, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (1, 1))
    make().save(tmp_path / "run")
    assert not old.exists() and young.exists() and other.exists()


@pytest.mark.parametrize("function", ["replace", "fsync"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["disk_full", "ctrl_c"])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, function, error):
    def fail(*arguments):
        raise error

    path, old = tmp_path / "model", fastbp.MLP([3, 2], seed=0)
    old.save(path)
    monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error)):
        fastbp.MLP([30, 20], seed=1).save(path)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["model"]
    assert_same(fastbp.MLP.load(path), old)


def test_save_into_a_missing_directory(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing") as raised:
        fastbp.MLP([3, 2]).save(tmp_path / "missing" / "model")
    assert os.listdir(tmp_path) == []
    assert str(raised.value).endswith(f"the folder {str(tmp_path / 'missing')!r} does not exist (any more)")


def test_only_what_was_there_is_untouched(tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    for there in (False, True):
        if there:
            (tmp_path / "model").write_bytes(b"something")
        with pytest.raises(OSError, match="No space left") as raised:
            fastbp.MLP([3, 2]).save(tmp_path / "model")
        assert ("what was there is untouched" in str(raised.value)) == there and "does not exist" not in str(raised.value)
