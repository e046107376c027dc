"""Files of ensembles: damaged ones, and others, are refused by name. That all comes back is seen by `together/test_ensemble.py`."""

import json

import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from small_task import make

import fastbp


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ensemble.safetensors"
    fastbp.Ensemble([make(model_seed=i).model for i in range(2)]).save(path)
    return path


def test_other_programs_can_read_it(path):
    with safe_open(path, framework="numpy") as file:
        names = {f"{i}.{kind}.{layer}" for i in range(2) for kind in ("weights", "biases") for layer in range(2)}
        assert set(file.keys()) == names
        assert [each["model"]["layer_sizes"] for each in json.loads(file.metadata()["ensemble"])["members"]] == [[3, 6, 2]] * 2


def test_every_byte_counts(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged, or no file of fastbp's: its checksum is not that of its content"):
        fastbp.Ensemble.load(path)


def test_files_of_another_kind(path, tmp_path):
    make().model.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"holds no fastbp ensemble: its metadata has no entry of kind fastbp\.Ensemble"):
        fastbp.Ensemble.load(tmp_path / "model")
    with pytest.raises(ValueError, match="holds no fastbp model"):
        fastbp.MLP.load(path)
    with pytest.raises(FileNotFoundError, match="no ensemble file at"):
        fastbp.Ensemble.load(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 9}, "format version 9; this fastbp reads versions 1 to 1"),
        ({"members": [{}]}, "holds no fastbp ensemble"),
        ({}, "checksum"),
    ],
)
def test_other_versions_and_files_without_a_checksum(path, change, message):
    with safe_open(path, framework="numpy") as file:
        entry = json.loads(file.metadata()["ensemble"]) | change
    save_file(load_file(path), path, {"ensemble": json.dumps(entry)})
    with pytest.raises(ValueError, match=message):
        fastbp.Ensemble.load(path)
