"""`Recording` of normalised layers: of scales, shifts and biases, too, a change over a run is the sum of what has made it."""

import re

import numpy as np
import pytest
from small_task import BETWEEN, LABELS, X, make

import fastbp
from fastbp.between import NORMALIZATIONS
from fastbp.optimizers import OPTIMIZERS
from fastbp.trace import Recording

# Of all that goes into the sum; a weight of float32 below 2 takes half a unit in the last place a step beside it.
LIMITS = {"float64": (1e-12, 1e-16), "float32": (1e-5, 6e-8)}
EVERY = [(name, number) for name, cls in OPTIMIZERS.items() for number in range(len(cls.cases()))]
UNITS = 4
PLACES = [(kind, j) for kind in ("scale", "shift", None, 1) for j in range(UNITS)]


def record(folder, optimizer, normalization, dtype="float64", every=1, places=PLACES):
    """Six steps, the last of each epoch on a few rows; of the hidden layer all that normalisation has, and some weights."""
    model = fastbp.MLP([3, UNITS, 2], activation="tanh", normalization=normalization, dtype=dtype, seed=0)
    model.biases[0][...] = 0.25, -0.5, 0.75, 1
    model.scales[0][...] = 0.5, 1, -1.5, 0.75
    size = None if optimizer.takes_whole_set else 24
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=optimizer, batch_size=size, seed=0)
    trainer.fit(X, LABELS, epochs=6 if size is None else 2, callbacks=fastbp.Record(folder, every=every, weights={0: places}))
    return trainer, Recording(folder)


def worst(recording, dtype="float64", places=PLACES):
    """The largest of what the law leaves of any change, as a multiple of what it may; all names of remainders."""
    (relative, absolute), found, names = LIMITS[dtype], 0.0, set()
    for i, j in places:
        change, rows = recording.change_of(0, i, j), recording.rows_of(0, i, j, top=None)
        np.testing.assert_allclose(rows["contribution"].sum(), change.rows, rtol=1e-9, atol=1e-15)
        size = np.abs(rows["contribution"]).sum() + sum(map(abs, change.remainders.values())) + abs(change.total)
        found = max(found, abs(change.rounding) / (relative * size + len(recording) * absolute))
        names |= set(change.remainders)
    return found, names


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize(("name", "number"), EVERY)
def test_the_conservation_law_of_each_optimizer(tmp_path, name, number, normalization, dtype):
    trainer, recording = record(tmp_path / "r", OPTIMIZERS[name].cases()[number], normalization, dtype)
    left, names = worst(recording, dtype)
    assert left < 1
    decays = (number == 1 and "rprop" not in name) or name in ("adamw", "lamb")
    assert names == ({"weight_decay"} if decays else {"taken_back"} if name == "rprop" else set())
    # The recorded changes are all that there was, and there was one of each scale and shift.
    after = next(reversed(recording)).weights(0)["after"]
    assert np.array_equal(after[: 2 * UNITS], np.append(trainer.model.scales[0], trainer.model.shifts[0]))
    assert all(any(recording.change_of(0, kind, j).total != 0 for j in range(UNITS)) for kind in ("scale", "shift"))


LIMITED = {
    "clip_norm": fastbp.SGD(0.5, momentum=0.9, clip_norm=0.1, l1=1e-3, decoupled_weight_decay=0.01, layer_rates=(0.5, 1.0), bias_rate=2.0),
    "clip_value": fastbp.Adam(0.05, clip_value=0.01, decay_biases=True, decoupled_weight_decay=0.1),
    "lamb": fastbp.LAMB(0.02, clip_norm=0.1, layer_rates=(2.0, 0.5), bias_rate=0.5),
}


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("optimizer", LIMITED)
def test_with_limits_of_a_step(tmp_path, optimizer, normalization):
    left, names = worst(record(tmp_path / "r", LIMITED[optimizer], normalization)[1])
    assert left < 1
    expected = {"clip_norm": {"l1", "decoupled_weight_decay"}, "clip_value": {"clip_value", "decoupled_weight_decay"}}
    assert names == expected.get(optimizer, {"weight_decay"})


@pytest.mark.parametrize("between", ["batch", "mixed"])
def test_with_dropout_noise_averages_and_mixed_rows(tmp_path, between):
    make(between=between, dtype="float64").fit(X, LABELS, epochs=2, callbacks=fastbp.Record(tmp_path / "r", every=1, weights="all"))
    recording = Recording(tmp_path / "r")
    assert BETWEEN[between][0]["normalization"] == recording.about["normalization"]
    assert {"scale", "shift", None} < {i for i, _ in recording.weights[0]} and {None} < {i for i, _ in recording.weights[1]}
    assert worst(recording, places=recording.weights[0])[0] < 1


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("left_out", ["standardized", "shift_deltas", "weights.source.weight_decay", "weights.taken", "weights.memory"])
def test_without_a_term_the_law_does_not_hold(tmp_path, left_out, normalization):
    every = 2 if left_out.endswith("memory") else 1
    vectors = PLACES[: 2 * UNITS]
    _, recording = record(tmp_path / "r", fastbp.Adam(0.01, weight_decay=0.1), normalization, every=every)
    assert worst(recording, places=vectors)[0] < 1
    for step in recording._part(1):
        if left_out.startswith("weights"):
            step._arrays.pop(left_out, None)
        else:
            step._arrays[f"{left_out}.0"][0] = 0
    assert worst(recording, places=vectors)[0] > 1e3


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_gradients_of_a_step_are_those_of_the_trainer(tmp_path, normalization):
    model = fastbp.MLP([3, 5, 4, 2], activation="gelu", normalization=normalization, dtype="float64", seed=0)
    model.biases[0][...] = 0.5
    trainer = fastbp.Trainer(model, loss="cross_entropy", batch_size=None, seed=0)
    trace, (_, dW, db, *vectors) = trainer.trace(X, LABELS), trainer.loss_and_gradients(X, LABELS)
    trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r", weights=0))
    recording = Recording(tmp_path / "r")
    step = next(iter(recording))
    for layer in range(2):
        x = (trace.normalized[layer] - trace.net.shifts[layer]) / trace.net.scales[layer]
        np.testing.assert_allclose(step.standardized(layer), x[step.rows], rtol=1e-11, atol=1e-13)
        errors = trace.errors[layer] * trace.slopes[layer]
        np.testing.assert_allclose(step.shift_deltas(layer), errors[step.rows], rtol=1e-10, atol=1e-15)
        for kind, gradients in (("scale", vectors[0]), ("shift", vectors[1]), (None, db), (0, [w[0] for w in dW])):
            found = recording.gradient_of(layer, kind, 1, 1)
            assert found.total == pytest.approx(gradients[layer][1], rel=1e-11, abs=1e-16)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_biases_before_a_batch_is_normalised_are_moved_by_decay_alone(tmp_path, decay):
    trainer, recording = record(tmp_path / "r", fastbp.SGD(0.1, weight_decay=decay), "batch")
    change, rows = recording.change_of(0, None, 2), recording.rows_of(0, None, 2, top=None)
    assert change.rows == 0 and len(rows) == 50 and not rows["contribution"].any()
    # 0.75 falls by a hundredth at each of six steps.
    assert trainer.model.biases[0][2] == pytest.approx(0.75 * (1 - 0.1 * decay) ** 6, rel=1e-14)
    assert change.remainders == ({"weight_decay": pytest.approx(change.total, rel=1e-12)} if decay else {})
    assert recording.gradient_of(0, None, 2, 3).total == 0 and next(iter(recording)).deltas(0)[:, 2].any()


def test_a_scale_by_hand(tmp_path):
    # One unit on two rows: z = 0 and 2 become x = -1 and 1, but for epsilon, and the prediction is 3 x (1 x + 0).
    model = fastbp.MLP([1, 1, 1], activation="identity", init=([[[1.0]], [[3.0]]], [[0.0], [0.0]]), normalization="batch", dtype="float64")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.25), batch_size=None, shuffle=False)
    places = {0: [("scale", 0), ("shift", 0)]}
    trainer.fit([[0.0], [2.0]], [-1.0, 5.0], epochs=1, callbacks=fastbp.Record(tmp_path / "r", weights=places))
    recording = Recording(tmp_path / "r")
    # Both errors are -2, dL/dy is -6 (twice that, half a share, times 3): the scale has 6 and -6, the shift -6 twice.
    scale, shift = recording.rows_of(0, "scale", 0), recording.rows_of(0, "shift", 0)
    assert dict(zip(scale["row"], scale["contribution"], strict=True)) == {
        0: pytest.approx(-1.5, rel=1e-4),
        1: pytest.approx(1.5, rel=1e-4),
    }
    assert shift["contribution"] == pytest.approx([1.5, 1.5], rel=1e-4)
    assert recording.change_of(0, "shift", 0).total == model.shifts[0][0] == pytest.approx(3, rel=1e-4)
    assert next(iter(recording)).averages(0).tolist() == [[0.0], [1.0]]


def test_what_is_asked_for_must_be_there(tmp_path):
    recording = record(tmp_path / "r", fastbp.SGD(0.1), "layer", places=[("scale", 1)])[1]
    with pytest.raises(ValueError, match=re.escape("the changes of shifts[0][1] are not recorded; those of [('scale', 1)] are")):
        recording.rows_of(0, "shift", 1)
    with pytest.raises(ValueError, match="i is 'gain'; expected a number or None"):
        recording.rows_of(0, "gain", 1)
    with pytest.raises(ValueError, match=r"i is 'scale'; .* of a layer whose normalisation is recorded"):
        recording.gradient_of(1, "scale", 1, 1)
    with pytest.raises(ValueError, match=r"layer 0 has no weight \(shift, 4\)"):
        recording.gradient_of(0, "shift", 4, 1)
    assert recording.gradient_of(0, "shift", 1, 2).title == "gradient of shifts[0][1] at step 2 by rows"
