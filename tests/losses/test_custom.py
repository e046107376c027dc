"""Losses of the user's own: what they compute, what is refused, and what becomes of them in copies, pickles, forks and files."""

import copy
import os
import pickle

import numba
import numpy as np
import own_functions as own
import pytest
from cases import close

import fastbp
from fastbp.verification.gradients import gradient_deviations
from fastbp.verification.problems import random_inputs, random_model, random_targets

CUBED = own.cubed_error, own.cubed_error_derivative
UNEVEN = own.uneven_error, own.uneven_error_derivative
BOTH_WAYS = pytest.mark.parametrize("functions", [CUBED, UNEVEN], ids=["vectors", "one by one"])


def trainer_of(loss, dtype="float64", **settings):
    model = random_model([4, 9, 3], activation="tanh", dtype=dtype, seed=1)
    return fastbp.Trainer(model, loss=loss, optimizer="adam", seed=0, **({"batch_size": 13} | settings))


@pytest.mark.parametrize("rows", [1, 5, 40])
@pytest.mark.parametrize(("dtype", "limit"), [("float64", 1e-13), ("float32", 1e-5)])
def test_a_formula_of_fastbps_gives_its_numbers(dtype, limit, rows):
    square = fastbp.CustomLoss(lambda p, t: (p - t) ** 2, lambda p, t: 2 * (p - t))
    branches = fastbp.CustomLoss(lambda p, t: (p - t) ** 2 if p > t else (t - p) ** 2, lambda p, t: 2 * (p - t) if p > t else -2 * (t - p))
    X, t = random_inputs(rows, 4, dtype=dtype), random_targets("squared_error", rows, 3, dtype=dtype)
    wanted = trainer_of("squared_error", dtype).loss_and_gradients(X, t)
    for loss in (square, branches):
        found = trainer_of(loss, dtype).loss_and_gradients(X, t)
        assert found[0] == pytest.approx(wanted[0], rel=limit)
        close([*found[1], *found[2]], [*wanted[1], *wanted[2]], rtol=limit)


@pytest.mark.parametrize("output", ["identity", "sigmoid", "softmax", "gelu"])
@BOTH_WAYS
def test_gradients_are_central_differences_with_any_output(functions, output):
    model = random_model([3, 4, 2], activation="tanh", output_activation=output, seed=1)
    trainer = fastbp.Trainer(model, loss=fastbp.CustomLoss(*functions))
    assert all(each.passed for each in gradient_deviations(trainer, random_inputs(5, 3), random_targets("squared_error", 5, 2)))


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread")
@BOTH_WAYS
def test_two_threads_give_the_bits_of_one(functions):
    X, t = random_inputs(60, 4), random_targets("squared_error", 60, 3)
    trainers = [trainer_of(fastbp.CustomLoss(*functions), batch_size=60, threads=threads) for threads in (1, 2)]
    assert trainers[0].fit(X, t, epochs=3).loss == trainers[1].fit(X, t, epochs=3).loss
    assert trainers[0].model.network.parameters.tobytes() == trainers[1].model.network.parameters.tobytes()


def test_a_wrong_derivative_is_refused():
    with pytest.raises(
        ValueError, match=r"derivative\(-2\.03, 0\) is -2\.03, and value rises by -4\.06 .* they differ at 188 of 188 places"
    ):
        fastbp.CustomLoss(lambda p, t: (p - t) ** 2, lambda p, t: p - t)
    with pytest.raises(ValueError, match="they differ at"):
        fastbp.CustomLoss(own.uneven_error, lambda p, t: 2 * (p - t))
    with pytest.raises(ValueError, match="value is finite at 0 of 188 places; expected numbers at 20 at least"):
        fastbp.CustomLoss(lambda p, t: float("nan"), lambda p, t: 0.0)
    # Kinks are at a few places.
    fastbp.CustomLoss(lambda p, t: abs(p - t), lambda p, t: 1.0 if p > t else -1.0)


@pytest.mark.parametrize("given", [None, "mse", 3.0, np.square], ids=str)
@pytest.mark.parametrize("argument", ["value", "derivative"])
def test_what_is_no_function_of_python_is_refused(argument, given):
    with pytest.raises(TypeError, match=f"{argument} is .*expected a Python function of numbers"):
        fastbp.CustomLoss(**(dict(zip(("value", "derivative"), CUBED, strict=True)) | {argument: given}))


def test_functions_of_other_arguments_are_refused():
    with pytest.raises(TypeError, match="value is no function of 2 numbers: it raises TypeError"):
        fastbp.CustomLoss(lambda p: p, own.cubed_error_derivative)
    with pytest.raises(TypeError, match="derivative is no function of 2 numbers: it raises"):
        fastbp.CustomLoss(own.cubed_error, lambda p, t: "text")


def test_equal_functions_are_equal_losses_with_a_code_of_their_own():
    one, other = fastbp.CustomLoss(*CUBED), fastbp.CustomLoss(*UNEVEN)
    assert one == fastbp.CustomLoss(*CUBED) and hash(one) == hash(fastbp.CustomLoss(*CUBED))
    assert one != other and one != fastbp.Huber() and abs(one.code - other.code) >= 200
    assert (str(one), repr(one)) == ("cubed_error", "CustomLoss(cubed_error)")


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))], ids=["copy", "deep", "pickle"]
)
@BOTH_WAYS
def test_copies_train_to_the_same_bits(functions, copied):
    X, t = random_inputs(30, 4), random_targets("squared_error", 30, 3)
    trainer = trainer_of(fastbp.CustomLoss(*functions))
    trainer.fit(X, t, epochs=1)
    other = copied(trainer)
    assert other.loss == trainer.loss
    if copied is not copy.copy:
        assert trainer.fit(X, t, epochs=2).loss == other.fit(X, t, epochs=2).loss
        assert other.model.network.parameters.tobytes() == trainer.model.network.parameters.tobytes()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_a_forked_child_trains_with_it():
    X, t = random_inputs(30, 4), random_targets("squared_error", 30, 3)
    trainer, wanted = (trainer_of(fastbp.CustomLoss(*UNEVEN), threads=1) for _ in range(2))
    wanted.fit(X, t, epochs=2)
    child = os.fork()
    if not child:
        trainer.fit(X, t, epochs=2)
        os._exit(int(trainer.model.network.parameters.tobytes() != wanted.model.network.parameters.tobytes()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@BOTH_WAYS
def test_a_run_is_resumed_by_the_names_of_importable_functions(functions, tmp_path):
    X, t = random_inputs(30, 4), random_targets("squared_error", 30, 3)
    trainer = trainer_of(fastbp.CustomLoss(*functions))
    trainer.fit(X, t, epochs=1)
    trainer.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert again.loss == trainer.loss
    assert again.fit(X, t, epochs=2).loss == trainer.fit(X, t, epochs=2).loss


def test_functions_without_a_name_to_import_are_not_saved_and_nothing_is_written(tmp_path):
    trainer = trainer_of(fastbp.CustomLoss(lambda p, t: (p - t) ** 2, lambda p, t: 2 * (p - t)))
    with pytest.raises(ValueError, match=r"value is the function .*lambda.*cannot import"):
        trainer.save(tmp_path / "run")
    with pytest.raises(ValueError, match="cannot import"):
        trainer.fit(random_inputs(5, 4), random_targets("squared_error", 5, 3), epochs=1, callbacks=fastbp.Checkpoint(tmp_path / "run"))
    assert os.listdir(tmp_path) == []
