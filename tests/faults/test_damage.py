"""Files that are cut, bent or none of fastbp's are refused by name, and nothing else happens."""

import io
import json
import pickle
import random
import zipfile

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from small_task import LABELS, X, make

import fastbp

READERS = {"run": fastbp.Trainer.resume, "model": fastbp.MLP.load}


@pytest.fixture(params=READERS)
def saved(request, tmp_path):
    """What reads a small file, and where it lies."""
    trainer, path = make(batch_size=10, hidden=3), tmp_path / "saved.safetensors"
    trainer.fit(X, LABELS, epochs=2, validation_data=(X, LABELS))
    trainer.step(X, LABELS)
    (trainer if request.param == "run" else trainer.model).save(path)
    return READERS[request.param], path


def refused(read, path, content=None, error=ValueError):
    """Reading raises, naming the file, and changes none."""
    if content is not None:
        path.write_bytes(content)
    before = {each: each.is_file() and each.read_bytes() for each in path.parent.iterdir()}
    with pytest.raises(error) as raised:
        read(path)
    assert type(raised.value) is error and str(path) in str(raised.value)
    assert {each: each.is_file() and each.read_bytes() for each in path.parent.iterdir()} == before
    return str(raised.value)


def flipped(content, bit):
    bent = bytearray(content)
    bent[bit // 8] ^= 1 << bit % 8
    return bytes(bent)


def header_size(content):
    return 8 + int.from_bytes(content[:8], "little")


def test_truncated(saved, tally, whole):
    read, path = saved
    content = path.read_bytes()
    lengths = range(0, len(content), 1 if whole else 100)
    for length in lengths:
        refused(read, path, content[:length])
    tally["truncations refused"] += len(lengths)


def test_random_bits_flipped(saved, tally, whole):
    read, path = saved
    content, draw = path.read_bytes(), random.Random(0)
    for _ in range(1000 if whole else 100):
        refused(read, path, flipped(content, draw.randrange(8 * len(content))))
        tally["flips of a bit anywhere refused"] += 1


def test_every_bit_of_the_header_flipped(saved, tally, whole):
    read, path = saved
    content = path.read_bytes()
    bits = range(0, 8 * header_size(content), 1 if whole else 97)
    for bit in bits:
        refused(read, path, flipped(content, bit))
    tally["flips of a bit of the header refused"] += len(bits)


@pytest.mark.parametrize("added", [b"\0", b"more", bytes(1000)])
def test_appended_bytes(saved, added):
    read, path = saved
    refused(read, path, path.read_bytes() + added)


def test_two_bytes_exchanged(saved):
    read, path = saved
    content, draw = path.read_bytes(), random.Random(1)
    for _ in range(100):
        i, j = draw.sample(range(len(content)), 2)
        bent = bytearray(content)
        bent[i], bent[j] = bent[j], bent[i]
        if bent != content:
            refused(read, path, bytes(bent))


def zipped(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def arrays():
    file = io.BytesIO()
    np.savez(file, weights=np.eye(3))
    return file.getvalue()


FOREIGN = {
    "empty": b"",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    "text": b"step,loss\n1,0.5\n" * 50,
    "json": json.dumps({"fastbp": {"kind": "fastbp.MLP"}}).encode(),
    "pickle": pickle.dumps({"weights": [0.5] * 100}),
    "torch": zipped("archive/data.pkl", pickle.dumps({"weight": [0.5]})),
    "npz": arrays(),
    "nested": (9000).to_bytes(8, "little") + b"[" * 9000,
    "huge_header": (2**62).to_bytes(8, "little") + b"{}",
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_foreign_files(read, name, tmp_path):
    refused(read, tmp_path / "file", FOREIGN[name])


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"fastbp": "{}", "run": "{}"}, {"fastbp": "[" * 9000}], ids=range(4))
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_safetensors_files_of_another_library(read, metadata, tmp_path):
    save_file({"layers.0.weight": np.zeros((3, 2), "f4")}, tmp_path / "file", metadata)
    refused(read, tmp_path / "file")


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_folder_and_no_file(read, tmp_path):
    refused(read, tmp_path, error=IsADirectoryError)
    refused(read, tmp_path / "missing", error=FileNotFoundError)


def test_a_model_file_is_no_run(tmp_path):
    path = tmp_path / "model"
    make().model.save(path)
    assert "MLP.load reads it" in refused(fastbp.Trainer.resume, path)


# Versions, and what a file may make Python do


def rewritten(path, entry, **changes):
    """The file at `path` with other settings and no checksum, as a program of another version may write it."""
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # safe_open is no mapping
    metadata[entry] = json.dumps(json.loads(metadata[entry]) | changes)
    del metadata["checksum"]
    save_file(tensors, path, metadata)


@pytest.mark.parametrize(("entry", "newest"), [("fastbp", 3), ("run", 2)])
def test_a_newer_version_is_named(entry, newest, tmp_path):
    from fastbp.files.sealed import sealed, unsealed, write_atomically

    path = tmp_path / "run.safetensors"
    make().save(path)
    content = unsealed(path)
    content.settings[entry]["version"] = newest + 1
    write_atomically(path, *sealed(content.tensors, content.settings))
    told = refused(fastbp.Trainer.resume, path)
    assert f"format version {newest + 1}; this fastbp reads versions 1 to {newest}" in told


def test_a_run_without_checksum_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    make().save(path)
    rewritten(path, "fastbp")
    assert "no checksum" in refused(fastbp.Trainer.resume, path)


def test_a_model_of_the_first_version_has_no_checksum_and_loads(tmp_path):
    path, model = tmp_path / "model", make().model
    model.save(path)
    rewritten(path, "fastbp", version=1)
    loaded = fastbp.MLP.load(path)
    assert loaded.network.parameters.tobytes() == model.network.parameters.tobytes()
    assert (loaded.layer_sizes, loaded.activations, loaded.dtype) == (model.layer_sizes, model.activations, model.dtype)


def test_reading_uses_no_pickle(run_python, tmp_path):
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    trainer.save(tmp_path / "run")
    code = (
        "import pickle, sys\n"
        "import fastbp\n"
        "import safetensors.numpy\n"
        "def refuse(*arguments, **settings): raise AssertionError('pickle was used')\n"
        "pickle.load = pickle.loads = pickle.Unpickler = pickle._Unpickler = refuse\n"
        "before = set(sys.modules)\n"
        "print(fastbp.Trainer.resume(sys.argv[1]), fastbp.MLP.load(sys.argv[1]))\n"
        "assert not {name for name in set(sys.modules) - before if 'pickle' in name}"
    )
    assert run_python(code, tmp_path / "run").startswith("Trainer(MLP(3-6-2")
