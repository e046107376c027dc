"""Files are written in one piece, and what killed writers left goes away."""

import os
import threading

import pytest
from models import assert_same
from small_task import make

import fastbp
from fastbp.files import sealed


def refuse_links(*arguments):
    raise OSError(95, "Operation not supported")


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


@pytest.mark.parametrize("links", [True, False])
def test_a_file_is_kept_beside_those_that_are_there(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", refuse_links)
    source, names = tmp_path / "source", [tmp_path / name for name in "abc"]
    for content in (b"one", b"two", b"three"):
        source.unlink(missing_ok=True)
        source.write_bytes(content)
        sealed.link_beside(source, names)
    assert [path.read_bytes() for path in names] == [b"one", b"two", b"three"]
    with pytest.raises(FileExistsError, match="no name is free"):
        sealed.link_beside(source, names[:2])
    assert len(os.listdir(tmp_path)) == 4


def test_a_file_is_kept_once(tmp_path):
    (tmp_path / "source").write_bytes(b"one")
    kept = [sealed.link_beside(tmp_path / "source", [tmp_path / "a", tmp_path / "b"]) for _ in range(2)]
    assert kept == [tmp_path / "a"] * 2 and sorted(os.listdir(tmp_path)) == ["a", "source"]


@pytest.mark.parametrize("links", [True, False])
def test_no_two_get_the_same_name(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", refuse_links)
    names, together = [tmp_path / str(number) for number in range(8)], threading.Barrier(8)

    def keep(source):
        together.wait(10)
        sealed.link_beside(source, names)

    sources = [tmp_path / f"source{number}" for number in range(8)]
    threads = [threading.Thread(target=keep, args=(source,)) for source in sources]
    for source, thread in zip(sources, threads, strict=True):
        source.write_text(source.name)
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_text() for path in names) == [source.name for source in sources]


def test_a_copy_that_cannot_be_written_leaves_no_name(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    (tmp_path / "source").write_bytes(b"one")
    monkeypatch.setattr(os, "link", refuse_links)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        sealed.link_beside(tmp_path / "source", [tmp_path / "a"])
    assert os.listdir(tmp_path) == ["source"]
