"""Activations of the user's own: what is refused, and what becomes of them in copies, pickles and files."""

import copy
import os
import pickle
import sys
import types

import numba
import numpy as np
import own_functions as own
import pytest

import fastbp
from fastbp.verification.gradients import gradient_deviations
from fastbp.verification.problems import random_inputs, random_model, random_targets

SWISH = own.swish, own.swish_derivative
BRANCHES = own.swish_by_branches, own.swish_derivative_by_branches
X = random_inputs(30, 4)


def model_of(activation, dtype="float64", **settings):
    return random_model([4, 9, 7, 2], activation=activation, dtype=dtype, seed=1, **settings)


def trained(model, threads=1, batch_size=13):
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer="adam", batch_size=batch_size, threads=threads, seed=0)
    trainer.fit(X, random_targets("squared_error", 30, 2), epochs=3)
    return model.network.parameters


@pytest.mark.parametrize("rows", [3, 30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("functions", [SWISH, BRANCHES], ids=["vectors", "one by one"])
def test_values_and_gradients_are_those_of_the_built_in_of_the_same_formula(functions, dtype, rows):
    limit = 40 * float(np.finfo(dtype).eps)
    found, wanted = (
        fastbp.Trainer(model_of(each, dtype), loss="squared_error", threads=1) for each in (fastbp.CustomActivation(*functions), "silu")
    )
    np.testing.assert_allclose(found.model.predict(X[:rows]), wanted.model.predict(X[:rows]), rtol=0, atol=limit)
    targets = random_targets("squared_error", rows, 2)
    (loss, dW, db), (wanted_loss, *others) = (each.loss_and_gradients(X[:rows], targets) for each in (found, wanted))
    assert loss == pytest.approx(wanted_loss, rel=limit)
    for one, other in zip([*dW, *db], [*others[0], *others[1]], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=limit * max(1, np.abs(other).max()))


def test_gradients_of_one_with_a_kink_agree_with_central_differences():
    leaky = fastbp.CustomActivation(lambda z: max(0.1 * z, z), lambda z: np.where(z > 0, 1.0, 0.1))
    trainer = fastbp.Trainer(random_model([3, 4, 2], activation=leaky, seed=3), loss="squared_error")
    assert all(each.passed for each in gradient_deviations(trainer, random_inputs(5, 3, seed=3), random_targets("squared_error", 5, 2)))


def test_it_may_be_the_output():
    square = fastbp.CustomActivation(lambda z: z * z, lambda z: 2 * z)
    model = model_of("tanh", output_activation=square)
    trainer = fastbp.Trainer(model, loss="squared_error")
    assert (model.predict(X) >= 0).all()
    assert all(each.passed for each in gradient_deviations(trainer, X[:5], random_targets("squared_error", 5, 2)))
    with pytest.raises(ValueError, match="goes with output_activation"):
        fastbp.Trainer(model, loss="cross_entropy")


@pytest.mark.parametrize("functions", [SWISH, BRANCHES], ids=["vectors", "one by one"])
def test_two_threads_give_the_bits_of_one(functions):
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("Numba was started with one thread")
    one, two = (trained(model_of(fastbp.CustomActivation(*functions)), threads, batch_size=30) for threads in (1, 2))
    assert one.tobytes() == two.tobytes()


def test_a_wrong_derivative_is_refused():
    with pytest.raises(ValueError, match=r"derivative\(-5\.03\) is -5\.03, and value rises by -10\.06 .* they differ at 102 of 102 places"):
        fastbp.CustomActivation(lambda z: z * z, lambda z: z)
    with pytest.raises(ValueError, match="they differ at"):
        fastbp.CustomActivation(own.squared_relu, lambda z: 2 * max(z, 0.1))
    with pytest.raises(ValueError, match="is nan"):
        fastbp.CustomActivation(lambda z: z, lambda z: float("nan"))


def test_jumps_of_the_value_at_a_few_places_are_taken():
    fastbp.CustomActivation(lambda z: float(round(z)), lambda z: 0.0)


@pytest.mark.parametrize("given", [None, "silu", 3.0, np.tanh, abs, [own.swish]], ids=str)
@pytest.mark.parametrize("argument", ["value", "derivative"])
def test_what_is_no_function_of_python_is_refused(argument, given):
    functions = {"value": own.swish, "derivative": own.swish_derivative} | {argument: given}
    with pytest.raises(TypeError, match=f"{argument} is .*expected a Python function of numbers"):
        fastbp.CustomActivation(**functions)


def test_functions_that_raise_or_give_no_number_are_refused():
    for value in (lambda z: 1 / 0, lambda a, b: a, lambda z: "text", lambda z: None):
        with pytest.raises(TypeError, match="value is no function of a number: it raises"):
            fastbp.CustomActivation(value, own.swish_derivative)
    with pytest.raises(TypeError, match="derivative is no function of a number: it raises ValueError: math domain error"):
        fastbp.CustomActivation(own.swish, lambda z: __import__("math").log(z))


def test_functions_compiled_by_the_user_are_taken():
    compiled = fastbp.CustomActivation(numba.njit(own.swish), numba.njit(own.swish_derivative))
    plain = fastbp.CustomActivation(*SWISH)
    assert model_of(compiled).predict(X).tobytes() == model_of(plain).predict(X).tobytes()


def test_equal_functions_are_equal_activations():
    one, other = fastbp.CustomActivation(*SWISH), fastbp.CustomActivation(*BRANCHES)
    assert one == fastbp.CustomActivation(*SWISH) and hash(one) == hash(fastbp.CustomActivation(*SWISH))
    assert one != other and one != fastbp.SiLU() and one.code != other.code
    assert (str(one), repr(one)) == ("swish", "CustomActivation(swish)")


def test_the_initializer_is_the_users():
    he = fastbp.CustomActivation(*SWISH, initializer="he_uniform")
    assert np.array_equal(
        fastbp.MLP([4, 9, 2], activation=he, seed=0).weights[0], fastbp.MLP([4, 9, 2], activation="silu", seed=0).weights[0]
    )
    glorot = fastbp.CustomActivation(*SWISH)
    assert not np.array_equal(
        fastbp.MLP([4, 9, 2], activation=glorot, seed=0).weights[0], fastbp.MLP([4, 9, 2], activation=he, seed=0).weights[0]
    )


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["copy", "deepcopy", "pickle"]
)
def test_copies_compute_the_same(copied):
    model = model_of(fastbp.CustomActivation(*SWISH, initializer="he_normal"))
    other = copied(model)
    assert other.activations == model.activations and other.activations[0].initializer == "he_normal"
    assert other.predict(X).tobytes() == model.predict(X).tobytes()
    assert trained(other).tobytes() == trained(copy.deepcopy(model)).tobytes()


FUNCTIONS = [SWISH, (own.Functions.cube, own.Functions.cube_derivative)]


@pytest.mark.parametrize("functions", FUNCTIONS, ids=["of a module", "of a class"])
def test_a_file_holds_the_names_of_importable_functions(tmp_path, functions):
    model = model_of(fastbp.CustomActivation(*functions, initializer="he_normal"))
    model.save(tmp_path / "model")
    loaded = fastbp.MLP.load(tmp_path / "model")
    assert loaded.activations == model.activations and loaded.activations[0].initializer == "he_normal"
    assert loaded.predict(X).tobytes() == model.predict(X).tobytes()


def local(z):
    return z


def test_functions_that_cannot_be_imported_are_not_saved_and_nothing_is_written(tmp_path, monkeypatch):
    def within(z):
        return z

    script = types.FunctionType(local.__code__, {"__name__": "__main__"}, "local")
    script.__module__ = "__main__"
    hidden = types.FunctionType(local.__code__, globals(), "no_such_name")
    # A name that stands for another function now.
    replaced = types.FunctionType(local.__code__, globals(), "local")
    for value in (lambda z: z, within, script, hidden, replaced):
        model = model_of(fastbp.CustomActivation(value, lambda z: 1.0))
        with pytest.raises(ValueError, match=r"cannot import|cannot be imported"):
            model.save(tmp_path / "model")
        trainer = fastbp.Trainer(model, loss="squared_error")
        with pytest.raises(ValueError, match=r"cannot import|cannot be imported"):
            trainer.save(tmp_path / "run")
        with pytest.raises(ValueError, match=r"cannot import|cannot be imported"):
            trainer.fit(X, X[:, :2], epochs=1, callbacks=fastbp.Checkpoint(tmp_path / "run"))
        assert os.listdir(tmp_path) == []


def test_a_file_whose_functions_are_gone_is_refused_by_their_names(tmp_path, monkeypatch):
    module = types.ModuleType("of_another_day")
    exec("def value(z):\n    return z\ndef derivative(z):\n    return 1.0\n", vars(module))
    monkeypatch.setitem(sys.modules, "of_another_day", module)
    model_of(fastbp.CustomActivation(module.value, module.derivative)).save(tmp_path / "model")
    del module.derivative
    with pytest.raises(ValueError, match="function derivative of the module of_another_day"):
        fastbp.MLP.load(tmp_path / "model")
    monkeypatch.delitem(sys.modules, "of_another_day")
    with pytest.raises(ValueError, match="function value of the module of_another_day"):
        fastbp.MLP.load(tmp_path / "model")
