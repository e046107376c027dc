"""`Recording`: what is read is what was written, and a weight's change over a run is the sum of what the rows and the rest have made."""

import re

import numpy as np
import pytest
from small_task import LABELS, TARGETS, X, make

import fastbp
from fastbp.files.recording_file import path_of
from fastbp.optimizers import OPTIMIZERS
from fastbp.trace import Recording

# Of all that goes into the sum; a weight of float32 takes half a unit in the last place a step beside it.
LIMITS = {"float64": (1e-12, 1e-16), "float32": (1e-5, 6e-8)}
EVERY = [(name, number) for name, cls in OPTIMIZERS.items() for number in range(len(cls.cases()))]
LIMITED = {
    "clip_norm": fastbp.SGD(0.5, momentum=0.9, clip_norm=0.1, l1=1e-3, decoupled_weight_decay=0.01, layer_rates=(1.0, 0.5), bias_rate=2.0),
    "clip_value": fastbp.Adam(0.05, clip_value=0.01, decay_biases=True, decoupled_weight_decay=0.1),
    "lamb": fastbp.LAMB(0.02, clip_norm=0.1, layer_rates=(2.0, 0.5)),
    "scheduled": fastbp.AdamW(fastbp.Cosine(0.01), weight_decay=fastbp.Cosine(0.1)),
}


def record(folder, optimizer, dtype="float64", every=1, y=LABELS, **settings):
    """Nine steps, or three whole epochs of the set; all weights."""
    size = None if optimizer.takes_whole_set else 17
    trainer = make(optimizer, dtype=dtype, batch_size=size, **settings)
    trainer.fit(X, y, epochs=9 if size is None else 3, callbacks=fastbp.Record(folder, every=every, weights="all"))
    return trainer, Recording(folder)


def worst(recording, dtype, steps):
    """The largest of what the law leaves of any weight's change, as a multiple of what it may; all names of remainders."""
    relative, absolute = LIMITS[dtype]
    found, names = 0.0, set()
    for layer, pairs in recording.weights.items():
        for i, j in pairs[:: 3 if layer == 0 else 2]:
            change, rows = recording.change_of(layer, i, j), recording.rows_of(layer, i, j, top=None)
            np.testing.assert_allclose(rows["contribution"].sum(), change.rows, rtol=1e-9, atol=1e-15)
            size = np.abs(rows["contribution"]).sum() + sum(map(abs, change.remainders.values())) + abs(change.total)
            found = max(found, abs(change.rounding) / (relative * size + steps * absolute))
            names |= set(change.remainders)
    return found, names


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize(("name", "number"), EVERY)
def test_the_conservation_law_of_each_optimizer(tmp_path, name, number, dtype):
    optimizer = OPTIMIZERS[name].cases()[number]
    trainer, recording = record(tmp_path / "r", optimizer, dtype)
    left, names = worst(recording, dtype, len(recording))
    assert left < 1
    decays = (number == 1 and "rprop" not in name) or name in ("adamw", "lamb")
    assert names == ({"weight_decay"} if decays else {"taken_back"} if name == "rprop" else set())
    # The recorded changes are all that there was.
    first, last = next(iter(recording)), next(reversed(recording))
    weights = trainer.model.weights[0].ravel()
    assert np.array_equal(last.weights(0)["after"][: weights.size], weights) and first.step == 1


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("optimizer", LIMITED)
def test_with_limits_of_a_step(tmp_path, optimizer, dtype):
    _, recording = record(tmp_path / "r", LIMITED[optimizer], dtype)
    left, names = worst(recording, dtype, len(recording))
    assert left < 1
    expected = {"clip_norm": {"l1", "decoupled_weight_decay"}, "clip_value": {"clip_value", "decoupled_weight_decay"}}
    assert names == expected.get(optimizer, {"weight_decay"})


def test_where_a_unit_is_at_the_limit_of_its_norm(tmp_path):
    optimizer = fastbp.SGD(0.5, max_norm=0.9)
    trainer, recording = record(tmp_path / "r", optimizer)
    limited = set()
    for i, j in recording.weights[0]:
        change = recording.change_of(0, i, j)
        if "max_norm" in change.remainders:
            limited.add(j)
        else:
            assert abs(change.rounding) < 1e-12 * abs(change.rows)
    norms = np.sqrt((trainer.model.weights[0] ** 2).sum(axis=0))
    # Some are, some are not; those scaled down at the last step are by the same factor in all of a column.
    assert limited and limited >= set(np.flatnonzero(norms > 0.9 * (1 - 1e-9)).tolist()) and len(limited) < 6
    step = next(reversed(recording)).weights(0)
    rule = step["before"] - step["direct"] * _gradients(next(reversed(recording)))
    factors = (step["after"] / rule)[:18].reshape(3, 6)
    for j in np.flatnonzero(norms > 0.9 * (1 - 1e-9)):
        np.testing.assert_allclose(factors[:, j], factors[0, j], rtol=1e-10)


def _gradients(step):
    return np.append((step.activations(0).T @ step.deltas(0)).ravel(), step.deltas(0).sum(axis=0))


@pytest.mark.parametrize(
    ("between", "settings"),
    [("batch", {}), ("layer", {"average": None}), ("mixed", {}), ("", {"loss": "huber", "y": TARGETS}), ("", {"activation": "gelu"})],
)
def test_with_normalisation_dropout_noise_mixed_rows_and_other_losses(tmp_path, between, settings):
    _, recording = record(tmp_path / "r", fastbp.Adam(0.01), between=between, **settings)
    assert worst(recording, "float64", len(recording))[0] < 1


@pytest.mark.parametrize("optimizer", [fastbp.SGD(0.1, momentum=0.9), fastbp.Adam(0.01)], ids=str)
def test_what_is_remembered_of_steps_that_are_not_recorded_is_told(tmp_path, optimizer):
    _, recording = record(tmp_path / "r", optimizer, every=3)
    left, names = worst(recording, "float64", len(recording))
    assert left < 1 and names == {"memory"}


@pytest.mark.parametrize("left_out", ["source.weight_decay", "carried", "taken", "memory"])
def test_without_a_term_the_law_does_not_hold(tmp_path, left_out):
    every = 3 if left_out == "memory" else 1
    _, recording = record(tmp_path / "r", fastbp.Adam(0.01, weight_decay=0.1), every=every)
    assert worst(recording, "float64", len(recording))[0] < 1
    for number in recording._parts:
        for step in recording._part(number):
            step._arrays.pop(f"weights.{left_out}", None)
    assert worst(recording, "float64", len(recording))[0] > 1e3


def test_rows_of_by_hand(tmp_path):
    # One weight, one row a step: w = 0, then 2 rate (t - w x) x.
    model = fastbp.MLP([1, 1], init=([[[0.0]]], [[0.0]]), dtype="float64")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.25), batch_size=1, shuffle=False)
    trainer.fit([[1.0], [2.0]], [1.0, 0.0], epochs=1, callbacks=fastbp.Record(tmp_path / "r", every=1, weights="all"))
    recording = Recording(tmp_path / "r")
    # The first makes w and b 0.5; the second is predicted as 1.5: w falls by 2 * 0.25 * 1.5 * 2.
    of_weight, of_bias = recording.rows_of(0, 0, 0), recording.rows_of(0, None, 0)
    assert of_weight["row"].tolist() == [1, 0] and of_weight["contribution"].tolist() == [-1.5, 0.5]
    assert of_weight["share"].tolist() == [0.75, 0.25] and of_weight.total == -1.0
    assert of_bias["contribution"].tolist() == [-0.75, 0.5]
    assert recording.gradient_of(0, 0, 0, 2)["contribution"].tolist() == [6.0]
    assert recording.change_of(0, 0, 0).total == model.weights[0][0, 0] == -1.0


def test_momentum_carries_a_row_to_later_steps(tmp_path):
    model = fastbp.MLP([1, 1], init=([[[0.0]]], [[0.0]]), dtype="float64")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.25, momentum=0.5), batch_size=1, shuffle=False)
    trainer.fit([[1.0], [0.0]], [1.0, 0.5], epochs=1, callbacks=fastbp.Record(tmp_path / "r", every=1, weights="all"))
    # The gradient -2 of row 0 moves w by 0.5, and by half as much again at the next step, to which row 1 with its input 0 adds nothing.
    assert dict(zip(*[Recording(tmp_path / "r").rows_of(0, 0, 0)[name].tolist() for name in ("row", "contribution")], strict=True)) == {
        0: 0.75,
        1: 0.0,
    }
    assert model.weights[0][0, 0] == 0.75


def test_what_is_asked_for_must_be_there(tmp_path):
    trainer = make()
    trainer.fit(X, LABELS, epochs=2, callbacks=fastbp.Record(tmp_path / "r", every=4, layers=[0], weights={0: [(1, 2)]}))
    recording = Recording(tmp_path / "r")
    assert repr(recording).endswith("4 steps of layers 0)")
    with pytest.raises(ValueError, match="layer is 1; recorded are 0"):
        recording.rows_of(1, 0, 0)
    with pytest.raises(ValueError, match=r"no weight \(3, 0\): it is 3 x 6"):
        recording.rows_of(0, 3, 0)
    with pytest.raises(ValueError, match=re.escape("the changes of weights[0][0, 0] are not recorded; those of [(1, 2)] are")):
        recording.change_of(0, 0, 0)
    with pytest.raises(ValueError, match="step 2 is not recorded; the steps are 1 to 13, every 4"):
        recording.gradient_of(0, 0, 0, 2)
    assert len(recording.gradient_of(0, 0, 0, 5)) == 8 and len(recording.rows_of(0, 1, 2, top=3)) == 3


def test_what_is_no_recording_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no recording"):
        Recording(tmp_path)
    record = fastbp.Record(tmp_path / "r", every=1)
    record.part_megabytes = 0.005
    make().fit(X, LABELS, epochs=2, callbacks=record)
    path_of(tmp_path / "r", 2).unlink()
    with pytest.raises(ValueError, match="one is missing"):
        Recording(tmp_path / "r")
    damaged = bytearray(path_of(tmp_path / "r", 1).read_bytes())
    damaged[-1] ^= 1
    path_of(tmp_path / "r", 2).write_bytes(damaged)
    with pytest.raises(ValueError, match="damaged"):
        Recording(tmp_path / "r")
