"""What all solvers have in common: how a trainer takes them, and what it refuses."""

import os
import signal
import time

import numpy as np
import pytest
from small_task import SOLVERS, TARGETS, Recorder, StopAt, X, bits, make

import fastbp
from fastbp.solvers import METHODS, as_method, described_method
from fastbp.solvers import SOLVERS as TABLE
from fastbp.training.sets import check_sets


def solved(name, epochs=6, **settings):
    callbacks = settings.pop("callbacks", ())
    trainer = make(name, **{"loss": "squared_error", "dtype": "float64"} | settings)
    trainer.fit(X, TARGETS, epochs=epochs, callbacks=callbacks)
    return trainer


pytestmark = pytest.mark.parametrize("name", SOLVERS)


def test_it_is_in_the_tables_and_known_by_its_name(name):
    assert {SOLVERS[each]().name for each in SOLVERS} == {*TABLE} and {*TABLE} < {*METHODS}
    solver = as_method(TABLE[SOLVERS[name]().name].name)
    assert type(solver) is type(SOLVERS[name]())
    with pytest.raises(ValueError, match=f"is called '{solver.name}' here"):
        as_method(solver.name.upper())


def test_a_file_holds_its_settings(name):
    solver = SOLVERS[name]()
    assert described_method(solver.described()) == solver


def test_an_iteration_is_an_update_and_an_epoch_whatever_the_batch_size(name):
    trainer, calls = solved(name, batch_size=None), Recorder()
    other = solved(name, batch_size=7, callbacks=calls)
    assert trainer.epoch == trainer.steps == len(trainer.history) == 6 and trainer.history.stopped == "epochs"
    assert [event for _, event, _ in calls.calls] == ["begin", *["epoch"] * 6, "end"]
    assert bits(other) == bits(trainer)


def test_the_loss_of_an_epoch_is_that_before_it(name):
    trainer = make(name, loss="squared_error", dtype="float64")
    before = trainer.evaluate(X, TARGETS)["loss"]
    trainer.fit(X, TARGETS, epochs=1, validation_data=(X, TARGETS))
    assert trainer.history.loss[0] == pytest.approx(before, rel=1e-13)
    assert trainer.history.val_loss[0] < before
    trainer.fit(X, TARGETS, epochs=1)
    assert trainer.history.loss[1] == pytest.approx(trainer.history.val_loss[0], rel=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2, None])
def test_stopped_anywhere_and_resumed_it_comes_to_the_same_bits(name, threads, dtype, tmp_path):
    whole = solved(name, 14, dtype=dtype, threads=1)
    for stop in (1, 5, 12):
        trainer = solved(name, 14, dtype=dtype, callbacks=[StopAt(stop), fastbp.Checkpoint(tmp_path / f"run-{stop}", every="1 epoch")])
        assert trainer.steps == stop
        resumed = fastbp.Trainer.resume(tmp_path / f"run-{stop}", threads=threads)
        assert resumed.optimizer == whole.optimizer
        resumed.fit(X, TARGETS, epochs=14 - stop)
        assert bits(resumed) == bits(whole)


def test_calls_of_fit_in_a_row_are_one(name):
    trainer = solved(name, 4)
    trainer.fit(X, TARGETS, epochs=5, validation_data=(X, TARGETS))
    other = solved(name, 9)
    assert np.array_equal(trainer.model.network.parameters, other.model.network.parameters)


def test_ctrl_c_and_time_limit_end_it_between_two_iterations(name):
    class Interrupting(fastbp.Callback):
        def on_epoch_end(self, trainer):
            if trainer.epoch == 3:
                os.kill(os.getpid(), signal.SIGINT)

    class Waiting(fastbp.Callback):
        def on_epoch_end(self, trainer):
            time.sleep(0.02)

    stopped, late = solved(name, 9, callbacks=Interrupting()), make(name, loss="squared_error", dtype="float64")
    assert (stopped.epoch, stopped.history.stopped) == (3, "interrupted")
    late.fit(X, TARGETS, epochs=9, callbacks=Waiting(), time_limit=0.05)
    assert 0 < late.epoch < 9 and late.history.stopped == "time_limit"
    for trainer in (stopped, late):
        trainer.fit(X, TARGETS, epochs=9 - trainer.epoch)
        assert bits(trainer) == bits(solved(name, 9))


def test_numbers_that_are_not_finite_are_told_and_the_weights_kept(name):
    trainer = make(name, loss="squared_error")
    trainer.fit(X, TARGETS, epochs=2)
    trainer.model.weights[-1][:] = 3e38
    before = trainer.model.network.parameters.copy()
    with pytest.raises(fastbp.DivergenceError, match="Begin again with smaller weights") as told:
        trainer.fit(X, TARGETS, epochs=2)
    assert told.value.step == 3 and trainer.epoch == 2 and np.array_equal(trainer.model.network.parameters, before)


def test_padding_between_arrays_stays_0(name):
    trainer = solved(name)
    padding = trainer.model.network.parameters.copy()
    before = padding != 0
    for array in (*trainer.model.weights, *trainer.model.biases):
        begin = (array.ctypes.data - trainer.model.network.parameters.ctypes.data) // array.itemsize
        before[begin : begin + array.size] = False
    assert not before.any()


def test_what_rules_alone_have_is_refused(name):
    with pytest.raises(ValueError, match=r"accumulate is 2; .* always takes the whole set"):
        make(name, loss="squared_error", accumulate=2)
    with pytest.raises(ValueError, match=r"average is .*; .* makes no steps to average"):
        make(name, loss="squared_error", average="ema")
    with pytest.raises(TypeError, match="clip_norm"):
        type(SOLVERS[name]())(clip_norm=1.0)
    trainer = solved(name, 2)
    before = bits(trainer)
    with pytest.raises(TypeError, match=r"step makes one update by a rule; \w+ takes the whole set: call fit"):
        trainer.step(X[:4], TARGETS[:4])
    assert bits(trainer) == before


def test_it_goes_on_from_an_optimizer_and_an_optimizer_from_it(name):
    trainer = make("adam", loss="squared_error", dtype="float64", batch_size=7)
    trainer.fit(X, TARGETS, epochs=1, callbacks=StopAt(3))
    begun = trainer.model.network.parameters.copy()
    trainer.optimizer = SOLVERS[name]()
    trainer.fit(X, TARGETS, epochs=3)
    alone = make(name, loss="squared_error", dtype="float64")
    alone.model.network.parameters[:] = begun
    alone.fit(X, TARGETS, epochs=3)
    assert np.array_equal(trainer.model.network.parameters, alone.model.network.parameters) and trainer.epoch == 3
    trainer.optimizer = "adam"
    trainer.fit(X, TARGETS, epochs=2)
    assert trainer.steps == 3 + 3 + 2 * 8


def test_a_callback_cannot_set_it_in_the_middle_of_batches(name):
    class Polishing(fastbp.Callback):
        def on_epoch_end(self, run):
            run.optimizer = SOLVERS[name]()

    trainer = make("adam", loss="squared_error", batch_size=7)
    with pytest.raises(ValueError, match="takes the whole set; set it between two calls of fit"):
        trainer.fit(X, TARGETS, epochs=2, callbacks=Polishing())
    trainer = make("adam", loss="squared_error", batch_size=None)
    trainer.fit(X, TARGETS, epochs=4, callbacks=Polishing())
    assert trainer.epoch == 4 and trainer.run.memory.steps == 3


def test_without_scipy_the_error_says_so(name, run_python):
    words = type(SOLVERS[name]()).__name__
    code = (
        "import sys\n"
        "sys.modules['scipy.optimize'] = sys.modules['scipy.linalg'] = None\n"
        "import fastbp\n"
        "model = fastbp.MLP([1, 1])\n"
        "try:\n"
        f"    fastbp.Trainer(model, loss='squared_error', optimizer=fastbp.{words}())\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    assert f"{words} needs scipy, which cannot be imported: pip install 'fastbp[scipy]'" in run_python(code)


@pytest.mark.parametrize("settings", [{"dropout": 0.1}, {"input_dropout": 0.1}, {"input_noise": 0.1}], ids=str)
def test_a_loss_that_is_drawn_anew_is_refused(name, settings):
    model = fastbp.MLP([3, 6, 2], **settings)
    with pytest.raises(ValueError, match="needs a loss that is the same at each evaluation"):
        fastbp.Trainer(model, loss="squared_error", optimizer=SOLVERS[name]())


def test_normalisation_is_refused_where_it_is_not_trained(name):
    refused = {"batch"} | ({"layer"} if name == "levenberg_marquardt" else set())
    for kind in ("batch", "layer"):
        model = fastbp.MLP([3, 6, 2], normalization=kind, dtype="float64", seed=0)
        if kind in refused:
            with pytest.raises(ValueError, match=f"the model has {kind} normalization, which .* does not train"):
                fastbp.Trainer(model, loss="squared_error", optimizer=SOLVERS[name]())
        else:
            history = fastbp.Trainer(model, loss="squared_error", optimizer=SOLVERS[name]()).fit(X, TARGETS, epochs=40)
            assert history.loss[-1] < 0.1 * history.loss[0]


def test_a_part_of_the_rows_may_be_for_validation(name):
    split = make(name, loss="squared_error", dtype="float64")
    split.fit(X, TARGETS, epochs=5, validation_split=0.3, sample_weight=np.arange(1.0, len(X) + 1))
    given = make(name, loss="squared_error", dtype="float64")
    rows = check_sets(split.run, X, TARGETS, None, None, 0.3)[0].chosen
    assert 30 < rows.size < 40
    given.fit(X[rows], TARGETS[rows], epochs=5, sample_weight=rows + 1.0)
    assert np.array_equal(split.model.network.parameters, given.model.network.parameters)


def test_a_range_test_of_learning_rates_is_refused(name):
    with pytest.raises(ValueError, match="has no learning rate that counts at each step"):
        make(name, loss="squared_error").learning_rate_range_test(X, TARGETS)


def test_rows_that_are_mixed_anew_are_refused(name):
    with pytest.raises(ValueError, match=r"mixup is 0.2; .* needs a loss that is the same at each evaluation"):
        make(name, loss="squared_error", mixup=0.2).fit(X, TARGETS, epochs=1)
