"""`Record`: training stays what it is, no step is missing or twice, whatever happens in between."""

import warnings

import numpy as np
import pytest
from small_task import LABELS, StopAt, TooFast, X, bits, make

import fastbp
from fastbp.files.recording_file import numbers_in, path_of
from fastbp.trace import Recording


def recorded(folder):
    """All that a recording holds, step by step: numbers, and arrays to the bit."""
    return [(step._values, {name: (array.dtype, array.tobytes()) for name, array in step._arrays.items()}) for step in Recording(folder)]


def without_callbacks(trainer):
    return {key: value for key, value in bits(trainer).items() if key[0] != "callbacks"}


@pytest.mark.parametrize("between", ["", "batch"])
def test_training_stays_the_same_to_the_bit(tmp_path, between):
    plain, watched = make(between=between), make(between=between)
    plain.fit(X, LABELS, epochs=3)
    watched.fit(X, LABELS, epochs=3, callbacks=fastbp.Record(tmp_path / "r", every=2))
    assert without_callbacks(watched) == without_callbacks(plain)


@pytest.mark.parametrize(("every", "steps"), [(1, range(1, 15)), (4, (1, 5, 9, 13)), (100, (1,))])
def test_the_steps_that_were_asked_for(tmp_path, every, steps):
    make().fit(X, LABELS, epochs=2, callbacks=fastbp.Record(tmp_path / "r", every=every))
    assert Recording(tmp_path / "r").steps.tolist() == list(steps)


@pytest.mark.parametrize("layers", [None, [-1], [0]])
def test_layers_and_weights(tmp_path, layers):
    pairs = {-1: [(2, 1), (None, 0)]} if layers != [0] else {0: [(1, 1)]}
    make().fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r", layers=layers, weights=pairs))
    recording = Recording(tmp_path / "r")
    assert recording.layers == {None: [0, 1], (-1,): [1], (0,): [0]}[layers and tuple(layers)]
    assert recording.weights == {layer % 2: chosen for layer, chosen in pairs.items()}


def test_some_weights_are_drawn_by_the_seed(tmp_path):
    for name in ("a", "b"):
        make().fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / name, weights=5))
    first, second = Recording(tmp_path / "a"), Recording(tmp_path / "b")
    assert first.weights == second.weights and all(len(set(pairs)) == 5 for pairs in first.weights.values())


def test_rows_activations_and_deltas_are_those_of_the_step(tmp_path):
    # 50 rows in batches of 24: the last has 2, which lie otherwise in the kernels.
    trainer = make("sgd", batch_size=24, dtype="float64")
    before = [w.copy() for w in trainer.model.weights]
    trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r", every=1, weights="all"))
    steps = list(Recording(tmp_path / "r"))
    assert [step.rows.size for step in steps] == [24, 24, 2]
    assert sorted(np.concatenate([step.rows for step in steps])) == list(range(50))
    for step in steps:
        fields = [step.weights(layer)["before"] for layer in range(2)]
        model = fastbp.MLP(
            [3, 6, 2],
            activation="tanh",
            dtype="float64",
            init=([f[:n].reshape(s) for f, n, s in zip(fields, (18, 12), ((3, 6), (6, 2)), strict=True)], [fields[0][18:], fields[1][12:]]),
        )
        again = fastbp.Trainer(model, loss="cross_entropy").trace(X[step.rows], LABELS[step.rows])
        for layer in range(2):
            np.testing.assert_allclose(step.activations(layer), again.activations[layer], rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(step.deltas(layer), again.deltas[layer], rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(step.shares, again.shares, rtol=1e-14)
    assert np.array_equal(steps[0].weights(0)["before"][:18], before[0].ravel())
    assert np.array_equal(steps[-1].weights(0)["after"][:18], trainer.model.weights[0].ravel())


def test_half_precision_keeps_small_deltas(tmp_path):
    for dtype in ("float16", "float32"):
        make().fit(X * 1e3, LABELS, epochs=1, sample_weight=np.full(50, 1e-3), callbacks=fastbp.Record(tmp_path / dtype, dtype=dtype))
    (half,), (whole,) = (list(Recording(tmp_path / dtype)) for dtype in ("float16", "float32"))
    for layer in range(2):
        for one, other in ((half.activations(layer), whole.activations(layer)), (half.deltas(layer), whole.deltas(layer))):
            assert 0 < np.abs(one - other).max() < 1e-3 * np.abs(other).max()
    files = [path_of(tmp_path / dtype, 1).stat().st_size for dtype in ("float16", "float32")]
    assert files[0] < files[1]


def small_parts(folder):
    """Two steps a part, some 5 kB."""
    record = fastbp.Record(folder, every=1, weights="all")
    record.part_megabytes = 0.01
    return record


@pytest.mark.parametrize("stop", [1, 7, 10, 14])
def test_a_run_that_was_killed_and_resumed_records_no_step_twice(tmp_path, stop):
    make().fit(X, LABELS, epochs=3, callbacks=small_parts(tmp_path / "whole"))
    # Goes on to its end after the checkpoint of step `stop`, which a kill would have been before: the parts it wrote are in the way.
    trainer, saved = make(), fastbp.Checkpoint(tmp_path / "run.safetensors", "1 h")
    trainer.fit(X, LABELS, epochs=3, callbacks=[Killed(stop, tmp_path), small_parts(tmp_path / "r"), saved])
    assert len(numbers_in(tmp_path / "r")) > 3
    again = fastbp.Trainer.resume(tmp_path / "killed.safetensors")
    assert again.steps == stop
    again.fit(X, LABELS, epochs=3 - again.epoch, callbacks=small_parts(tmp_path / "r"))
    assert recorded(tmp_path / "r") == recorded(tmp_path / "whole")
    assert numbers_in(tmp_path / "r") == numbers_in(tmp_path / "whole")


class Killed(fastbp.Callback):
    """Saves the run after some steps, as what a process that is killed later leaves."""

    after_others = True

    def __init__(self, steps, folder):
        self.steps, self.folder = steps, folder

    def steps_to_pause(self, run):
        return max(1, self.steps - run.steps)

    def on_pause(self, run):
        if run.steps == self.steps:
            run.save(self.folder / "killed.safetensors")


def test_without_its_state_it_goes_by_the_folder(tmp_path):
    make().fit(X, LABELS, epochs=3, callbacks=small_parts(tmp_path / "whole"))
    trainer = make()
    trainer.fit(X, LABELS, epochs=3, callbacks=[StopAt(9), fastbp.Checkpoint(tmp_path / "run", "1 h")])
    make().fit(X, LABELS, epochs=3, callbacks=small_parts(tmp_path / "r"))
    again = fastbp.Trainer.resume(tmp_path / "run")
    again.fit(X, LABELS, epochs=2, callbacks=small_parts(tmp_path / "r"))
    assert recorded(tmp_path / "r") == recorded(tmp_path / "whole")


def test_two_calls_of_fit_make_one_recording(tmp_path):
    make().fit(X, LABELS, epochs=2, callbacks=fastbp.Record(tmp_path / "whole", every=1))
    trainer, record = make(), fastbp.Record(tmp_path / "r", every=1)
    for _ in range(2):
        trainer.fit(X, LABELS, epochs=1, callbacks=record)
    assert recorded(tmp_path / "r") == recorded(tmp_path / "whole") and len(numbers_in(tmp_path / "r")) == 2


# With the JIT off NumPy tells of what leaves the range.
@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_steps_that_divergence_takes_back_are_forgotten(tmp_path):
    trainer = make("sgd")
    with pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, LABELS, epochs=3, callbacks=[small_parts(tmp_path / "r"), TooFast(9)])
    assert Recording(tmp_path / "r").steps.max() <= trainer.steps


def test_another_run_keeps_the_folder_of_the_one_before(tmp_path):
    make().fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r"))
    before = recorded(tmp_path / "r")
    with pytest.warns(UserWarning, match="r-before"):
        make(model_seed=1).fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r"))
    assert recorded(tmp_path / "r-before") == before != recorded(tmp_path / "r")


def test_it_ends_when_the_disk_it_may_take_is_full(tmp_path, caplog):
    record = small_parts(tmp_path / "r")
    record.most_megabytes = 0.05
    make().fit(X, LABELS, epochs=9, callbacks=record)
    size = sum(path.stat().st_size for path in (tmp_path / "r").iterdir())
    assert 0.02e6 < size < 0.07e6 and 3 < len(Recording(tmp_path / "r")) < 30
    assert "no more steps are recorded" in caplog.text


def test_what_cannot_be_recorded_is_refused_before_anything_changes(tmp_path):
    bad = [
        ({"layers": [2]}, "layers has 2; the model has 2 layers"),
        ({"weights": {0: [(3, 0)]}}, r"weights\[0\] has \(3, 0\); the weights of layer 0 are 3 x 6"),
        ({"layers": [0], "weights": {1: [(0, 0)]}}, "weights has layer 1"),
    ]
    for arguments, message in bad:
        trainer = make()
        with pytest.raises(ValueError, match=message):
            trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r", **arguments))
        assert trainer.steps == 0 and not (tmp_path / "r").exists()
    with pytest.raises(ValueError, match="steps of optimizers"):
        make("lbfgs").fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r"))
    with pytest.raises(ValueError, match="shards is 2"):
        make(shards=2).fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r"))
    trainer = make()
    trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r"))
    with warnings.catch_warnings(), pytest.raises(ValueError, match="holds a recording with every 100"):
        trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.Record(tmp_path / "r", every=7))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"every": 0}, ValueError, "every"), ({"layers": "all"}, TypeError, "layers"), ({"weights": 1.5}, TypeError, "weights"),
        ({"weights": "some"}, TypeError, "weights"), ({"weights": {0: [3]}}, TypeError, "weights"),
        ({"dtype": "int8"}, ValueError, "dtype"), ({"part_megabytes": 0}, ValueError, "part_megabytes"),
        ({"most_megabytes": 0}, ValueError, "most_megabytes"),
    ],
)  # fmt: skip
def test_arguments(tmp_path, arguments, error, message):
    with pytest.raises(error, match=message):
        fastbp.Record(tmp_path / "r", **arguments)
