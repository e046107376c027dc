"""Disks that are full, read-only or gone: what was saved stays, training goes on, and everybody is told."""

import contextlib
import os
import resource
import subprocess
from pathlib import Path

import pytest
from small_task import LABELS, X, bits, make

import fastbp

_EPOCHS = 6


class Full:
    """A small file system that somebody fills to the last byte."""

    def __init__(self, folder):
        self.filler = folder / "filler"

    def begin(self):
        with open(self.filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 1024)

    def end(self):
        self.filler.unlink()


class ReadOnly:
    """A file system that has become read-only."""

    def __init__(self, folder):
        self.folder = folder

    def begin(self):
        _mount("-o", "remount,ro", self.folder)

    def end(self):
        _mount("-o", "remount,rw", self.folder)


class Gone:
    """A folder that is not there any more: moved away, or its disk unmounted."""

    def __init__(self, folder):
        self.folder, self.away = folder, folder.with_name("away")

    def begin(self):
        self.folder.rename(self.away)

    def end(self):
        self.away.rename(self.folder)


class Limit:
    """A limit to the size of files, as shells and batch systems set it. Of the whole process: only for one that does nothing else."""

    def __init__(self, folder):
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def begin(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, self.before[1]))

    def end(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


TROUBLES = {trouble.__name__: trouble for trouble in (Full, ReadOnly, Gone, Limit)}


def _mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount is not permitted: {done.stderr.strip()}")


@pytest.fixture(params=TROUBLES)
def trouble(request, tmp_path, tally):
    """Name of what goes wrong, and a folder to which it can happen."""
    folder = tmp_path / "disk"
    folder.mkdir()
    tally["tests on a full, read-only or missing disk, or at a limit of file size"] += 1
    if request.param not in ("Full", "ReadOnly"):
        yield request.param, folder
        return
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    _mount("-t", "tmpfs", "-o", "size=256k", "tmpfs", folder)
    try:
        yield request.param, folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("keep", [1, 3])
@pytest.mark.parametrize("scenario", ["save", "save_model", "train", "end"])
def test_trouble(trouble, scenario, keep, server):
    name, folder = trouble
    if name == "Limit":
        assert server.run(f"test_disk:{scenario}", name, folder, keep).status == 0
    else:
        globals()[scenario](name, folder, keep)


def start(keep, folder, every="1 epoch"):
    return make(hidden=500), fastbp.Checkpoint(Path(folder) / "run.safetensors", every=every, keep=keep)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "filler"}


@contextlib.contextmanager
def during(name, folder):
    """The trouble; what was in the folder is the same afterwards, to the byte."""
    trouble, before = TROUBLES[name](folder), files(folder)
    trouble.begin()
    try:
        yield
    finally:
        trouble.end()
    assert files(folder) == before


def save(name, folder, keep):
    """`Trainer.save` says which file could not be written, and works again when there is room."""
    folder, (trainer, _) = Path(folder), start(keep, folder)
    path = folder / "run.safetensors"
    trainer.fit(X, LABELS, epochs=1)
    trainer.save(path)
    trainer.fit(X, LABELS, epochs=1)
    with during(name, folder), pytest.raises(OSError, match="cannot write") as raised:
        trainer.save(path)
    assert str(path) in str(raised.value)
    assert fastbp.Trainer.resume(path).epoch == 1
    trainer.save(path)
    assert bits(fastbp.Trainer.resume(path)) == bits(trainer)


def save_model(name, folder, keep):
    """So does `MLP.save`."""
    path = Path(folder) / "model.safetensors"
    old, new = (make(hidden=hidden).model for hidden in (500, 700))
    old.save(path)
    with during(name, Path(folder)), pytest.raises(OSError, match="cannot write") as raised:
        new.save(path)
    assert str(path) in str(raised.value)
    assert fastbp.MLP.load(path).network.parameters.tobytes() == old.network.parameters.tobytes()


class During(fastbp.Callback):
    """Trouble at the ends of epochs 3 and 4."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder

    def on_epoch_end(self, trainer):
        if trainer.epoch == 3:
            self.trouble = contextlib.ExitStack()
            self.trouble.enter_context(during(self.name, self.folder))
        if trainer.epoch == 5:
            self.trouble.close()


def train(name, folder, keep):
    """Training goes on through the trouble, and saves again after it."""
    folder = Path(folder)
    trainer, checkpoint = start(keep, folder)
    with pytest.warns(RuntimeWarning) as told:
        trainer.fit(X, LABELS, epochs=_EPOCHS, callbacks=[During(name, folder), checkpoint])
    messages = [str(warning.message) for warning in told]
    assert [message.partition(":")[0] for message in messages] == [f"no checkpoint of step {7 * epoch}" for epoch in (3, 4)]
    assert all("cannot write" in message and str(folder / "run") in message for message in messages)
    assert trainer.history.stopped == "epochs"
    plain = make(hidden=500)
    plain.fit(X, LABELS, epochs=_EPOCHS)
    assert bits(fastbp.Trainer.resume(folder / "run.safetensors")) == bits(trainer) == bits(plain)
    numbered = [f"run-{7 * epoch:09d}.safetensors" for epoch in (2, 5, 6)] if keep == 3 else []
    assert sorted(files(folder)) == [*numbered, "run.safetensors"]


def end(name, folder, keep):
    """A run that cannot be saved at its end is an error, and not lost."""
    folder = Path(folder)
    trainer, checkpoint = start(keep, folder, every="2 epochs")
    trainer.fit(X, LABELS, epochs=1, callbacks=checkpoint)

    class Begin(fastbp.Callback):
        def on_epoch_end(self, trainer):
            if trainer.epoch == 3:
                trouble.enter_context(during(name, folder))

    with contextlib.ExitStack() as trouble, pytest.raises(OSError, match="cannot write") as raised:
        trainer.fit(X, LABELS, epochs=2, callbacks=[Begin(), checkpoint])
    assert str(folder / "run") in str(raised.value)
    assert fastbp.Trainer.resume(folder / "run.safetensors").epoch == 2
    assert (trainer.epoch, trainer.history.stopped) == (3, "epochs")
    trainer.fit(X, LABELS, epochs=_EPOCHS - 3, callbacks=checkpoint)
    plain = make(hidden=500)
    plain.fit(X, LABELS, epochs=_EPOCHS)
    assert bits(fastbp.Trainer.resume(folder / "run.safetensors")) == bits(trainer) == bits(plain)


# Places where nothing can be written from the beginning


def below_a_file(folder):
    (folder / "file").touch()
    return folder / "file" / "run.safetensors"


def removed_folder(folder):
    return folder / "removed" / "run.safetensors"


def a_folder(folder):
    (folder / "run.safetensors").mkdir()
    return folder / "run.safetensors"


def forbidden(folder):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder.chmod(0o500)
    return folder / "run.safetensors"


@pytest.mark.parametrize("place", [below_a_file, removed_folder, a_folder, forbidden])
@pytest.mark.parametrize("keep", [1, 3])
def test_a_place_that_cannot_be_written_is_refused_before_the_first_step(place, keep, tmp_path):
    path, trainer, plain = place(tmp_path), make(), make()
    before, bits_before = sorted(tmp_path.rglob("*")), bits(trainer)
    with pytest.raises(OSError) as raised:
        trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.Checkpoint(path, keep=keep))
    assert str(path) in str(raised.value)
    assert bits(trainer) == bits_before and sorted(tmp_path.rglob("*")) == before
    with pytest.raises(OSError) as raised:
        trainer.save(path)
    assert str(path) in str(raised.value) and sorted(tmp_path.rglob("*")) == before
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=2)
    assert bits(trainer) == bits(plain)


def test_a_run_of_another_is_not_overwritten_when_fit_fails_before_it_begins(tmp_path):
    path = tmp_path / "run.safetensors"
    make().save(path)
    before = files(tmp_path)

    class Failing(fastbp.Callback):
        def on_fit_begin(self, trainer):
            raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        make(model_seed=1).fit(X, LABELS, epochs=1, callbacks=[Failing(), fastbp.Checkpoint(path)])
    assert files(tmp_path) == before
