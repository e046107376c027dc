"""Parts of a recording: what is read is what was written."""

import numpy as np
import pytest

import fastbp
from fastbp.files.recording_file import (
    Part,
    RecordedStep,
    has_idle_biases,
    is_normalized,
    numbers_in,
    path_of,
    places_of,
    read_part,
    restored,
    spans_of,
    stored,
    unpacked,
)

ABOUT = {"layer_sizes": [2, 3], "weights": {"0": "all"}}


def test_a_part(tmp_path):
    steps = [RecordedStep({"step": k, "x": [1.5]}, {"rows": np.arange(k), "deltas.0": np.ones((k, 2), np.float16)}) for k in (1, 4)]
    part = Part(ABOUT, steps[:1])
    part.add(steps[1])
    assert part.size == sum(step.size for step in steps) == 5 * (8 + 4)
    part.write(tmp_path, 3)
    assert numbers_in(tmp_path) == [3] and path_of(tmp_path, 3).name == "part-000003.safetensors"
    about, found = read_part(tmp_path, 3)
    assert about == ABOUT and [step.values for step in found] == [step.values for step in steps]
    for one, other in zip(found, steps, strict=True):
        assert {name: array.tobytes() for name, array in one.arrays.items()} == {n: a.tobytes() for n, a in other.arrays.items()}


def test_what_only_some_steps_have(tmp_path):
    steps = [RecordedStep({"step": k}, {"rows": np.arange(k)} | ({"weights.l1": np.full(9, 0.1 * k)} if k == 2 else {})) for k in (1, 2, 3)]
    Part(ABOUT, steps).write(tmp_path, 1)
    found = read_part(tmp_path, 1)[1]
    assert [[*step.arrays] for step in found] == [["rows"], ["rows", "weights.l1"], ["rows"]]
    assert all(np.array_equal(one.arrays["rows"], other.arrays["rows"]) for one, other in zip(found, steps, strict=True))
    assert np.array_equal(found[1].arrays["weights.l1"], steps[1].arrays["weights.l1"])


def test_a_part_of_the_version_before():
    about = {"layer_sizes": [2, 1, 1], "weights": {"0": "all", "1": [[0], [0]]}}
    values = [{"step": k, "kept.0": 0.9, "kept.1": 0.9} for k in (1, 2)]
    tensors = {"0.rows": np.arange(2), "1.rows": np.arange(3), "0.weights.0.source.l1": np.array([1.0, 2.0, 3.0])}
    tensors |= {f"{k}.weights.{layer}.after": np.full(size, 0.5 + k) for k in (0, 1) for layer, size in ((0, 3), (1, 1))}
    held = {"kind": "fastbp.Record", "version": 1, "about": about, "steps": values}
    found, steps = unpacked(tensors, {"recording": held})
    assert found == about and [step.values for step in steps] == [{"step": 1, "kept": 0.9}, {"step": 2, "kept": 0.9}]
    arrays = [{name: array.tolist() for name, array in step.arrays.items()} for step in steps]
    # What was 0 for all weights of a layer had not been written.
    assert arrays[0] == {"rows": [0, 1], "weights.source.l1": [1, 2, 3, 0], "weights.after": [0.5] * 4}
    assert arrays[1] == {"rows": [0, 1, 2], "weights.after": [1.5] * 4}
    with pytest.raises(ValueError, match="no part of a recording that this version reads"):
        unpacked(tensors, {"recording": held | {"version": 3}})


def test_another_file_is_none(tmp_path):
    fastbp.MLP([1, 1], seed=0).save(path_of(tmp_path, 1))
    with pytest.raises(ValueError, match="is no part of a recording"):
        read_part(tmp_path, 1)


def test_places():
    rows, columns = places_of(ABOUT)[0]
    assert rows.tolist() == [0, 0, 0, 1, 1, 1, -1, -1, -1] and columns.tolist() == [0, 1, 2] * 3
    rows, columns = places_of(ABOUT | {"weights": {"0": "all weights"}})[0]
    assert rows.tolist() == [0, 0, 0, 1, 1, 1] and columns.tolist() == [0, 1, 2] * 2
    assert [each.tolist() for each in places_of(ABOUT | {"weights": {"0": [[-1, 1], [2, 0]]}})[0]] == [[-1, 1], [2, 0]]


def test_spans():
    about = {"layer_sizes": [1, 2, 1], "weights": {"1": "all", "0": [[-1, 0], [1, 0]]}}
    assert spans_of(about) == {1: slice(0, 3), 0: slice(3, 5)} and spans_of(about | {"weights": {}}) == {}


def test_places_of_normalised_layers():
    about = {"layer_sizes": [1, 2, 1], "weights": {"0": "all", "1": "all"}, "normalization": "layer"}
    found = {layer: [each.tolist() for each in places] for layer, places in places_of(about).items()}
    assert found == {0: [[0, 0, -1, -1, -2, -2, -3, -3], [0, 1] * 4], 1: [[0, 1, -1], [0, 0, 0]]}
    assert [is_normalized(about, layer) for layer in (0, 1)] == [True, False] and not is_normalized(ABOUT, 0)
    assert not has_idle_biases(about, 0)
    assert [has_idle_biases(about | {"normalization": "batch"}, layer) for layer in (0, 1)] == [True, False]


@pytest.mark.parametrize("size", [1e-30, 1e-6, 1.0, 1e6])
def test_half_precision_keeps_eleven_bits_of_any_size(size):
    numbers = np.random.default_rng(0).normal(size=100) * size
    array, exponent = stored(numbers, np.dtype(np.float16))
    assert array.dtype == np.float16
    assert np.abs(restored(array, exponent) - numbers).max() <= 2**-11 * np.abs(numbers).max()


def test_other_types_are_as_they_are():
    numbers = np.random.default_rng(0).normal(size=9).astype(np.float32)
    array, exponent = stored(numbers, np.dtype(np.float32))
    assert exponent == 0 and np.array_equal(restored(array, exponent), numbers)
    assert stored(np.zeros(3), np.dtype(np.float16))[1] == 0
