"""The integers by which kernels know what is asked for: each has one meaning, on both sides."""

import numpy as np
import pytest

from fastbp.activations import ACTIVATIONS
from fastbp.compiling.units import UNITS
from fastbp.kernels import accuracy, activate, codes, curves, errors, loss, rules, update
from fastbp.losses import LOSSES
from fastbp.optimizers import OPTIMIZERS


def cases(table):
    return [case for cls in table.values() for case in cls.cases()]


def test_everything_registered_has_a_code_and_every_code_is_of_something():
    # Ascending is for a loss to choose, and has no name.
    assert {*(case.code for case in cases(ACTIVATIONS)), codes.ASCENDING} == set(codes.ACTIVATIONS)
    assert {case.code for case in cases(LOSSES)} == set(codes.LOSSES) - {codes.NO_LOSS}
    assert {case.code for case in cases(OPTIMIZERS)} == set(codes.RULES) - {codes.NO_UPDATE}


def test_every_code_has_one_place_in_the_kernels():
    placed = [codes.IDENTITY, codes.SOFTMAX, codes.ASCENDING, *activate.BY_OUTPUT, *curves.BY_OUTPUT, *curves.BY_LOGIT]
    assert sorted(placed) == list(codes.ACTIVATIONS)
    assert {codes.NO_LOSS, *loss.LOSSES} == set(codes.CORE_LOSSES)
    # The core's are there once more, for targets that may be missing; those of a row as a whole are no means over outputs.
    of_rows = {codes.CROSS_ENTROPY, codes.SMOOTHED_CROSS_ENTROPY, codes.CATEGORICAL_FOCAL}
    assert {*errors.ELEMENTWISE} == {*codes.LOSSES} - {codes.NO_LOSS} - of_rows
    assert sorted(update.RULES) == list(codes.CORE_RULES)
    assert sorted(rules.RULES) == list(codes.OTHER_RULES)


def test_every_loss_that_is_not_in_all_kernels_is_a_unit_and_so_are_those_with_missing_targets():
    found = {code for number, code in UNITS if number == codes.ERROR and code is not None and code < codes.OWN_LOSS}
    elementwise = {*errors.ELEMENTWISE, codes.CLIPPED_BINARY_CROSS_ENTROPY, codes.HALF_SQUARED_ERROR}
    assert found == {*codes.OTHER_LOSSES, *codes.REPORTED_LOSSES} | {code + codes.MASKED for code in elementwise}
    assert {case.code for case in cases(LOSSES) if case.elementwise} == set(errors.ELEMENTWISE)


@pytest.mark.parametrize("number", [codes.UPDATE, codes.UPDATE_ROWS])
def test_every_rule_that_is_not_in_all_kernels_is_two_units(number):
    for code in codes.OTHER_RULES:
        rules.add(code)
    assert {code for each, code in UNITS if each == number and code is not None} == {*codes.OTHER_RULES}


def test_classes_and_kernels_say_the_same():
    assert {cls.code for cls in ACTIVATIONS.values() if cls.needs_z} == set(curves.BY_LOGIT)
    assert {code for code in codes.ACTIVATIONS if codes.keeps_derivative(code)} == set(curves.BY_LOGIT)
    assert set(codes.CORE_ACTIVATIONS) == {codes.IDENTITY, codes.SOFTMAX, *activate.BY_OUTPUT}
    assert {case.accuracy for case in cases(LOSSES)} == {codes.NO_ACCURACY, *accuracy.ACCURACIES}
    assert all(bool(case.answers(2)) == (case.accuracy in accuracy.ACCURACIES) for case in cases(LOSSES))
    # Those of logits say which output activation they contain.
    of_predictions = {case.code for case in cases(LOSSES) if case.allowed == tuple(ACTIVATIONS)}
    assert of_predictions == {*codes.OF_PREDICTIONS} - {*codes.REPORTED_LOSSES}
    for code in (*codes.LOSSES, *codes.REPORTED_LOSSES):
        assert codes.is_of_predictions(code) == codes.is_of_predictions(code + codes.MASKED) == (code in codes.OF_PREDICTIONS)
    assert codes.is_of_predictions(codes.OWN_LOSS) and codes.is_of_predictions(codes.OWN_LOSS + codes.MASKED + 1)


def test_an_activation_that_is_taken_automatically_needs_no_logits():
    """The activation of the output layer may be settled when buffers are there already."""
    assert not any(case.default_output().needs_z for case in cases(LOSSES))


@pytest.mark.parametrize("table", [ACTIVATIONS, LOSSES], ids=["activations", "losses"])
def test_no_two_names_share_a_code(table):
    found = [{case.code for case in cls.cases()} for cls in table.values()]
    assert sum(len(each) for each in found) == len(set.union(*found))


def test_adam_and_adamw_share_a_rule_and_no_others_do():
    found = [{case.code for case in cls.cases()} for name, cls in OPTIMIZERS.items() if name != "adamw"]
    assert sum(len(each) for each in found) == len(set.union(*found))
    assert {case.code for case in OPTIMIZERS["adamw"].cases()} == {codes.ADAM}


@pytest.mark.parametrize("activation", cases(ACTIVATIONS), ids=str)
def test_an_activations_settings_have_room(activation):
    assert len(activation.for_kernels) == codes.ACTIVATION_SETTINGS
    assert activation.for_kernels[: len(activation.settings)] == tuple(activation.settings.values())


def test_codes_of_the_package_are_below_those_of_users():
    assert max(codes.ACTIVATIONS) < codes.OWN_ACTIVATION and codes.keeps_derivative(codes.OWN_ACTIVATION)


@pytest.mark.parametrize("loss", cases(LOSSES), ids=str)
def test_a_losss_settings_have_room(loss):
    settings = loss.objective(np.dtype("f8")).settings
    assert settings.size >= codes.LOSS_SETTINGS and settings[: len(loss.numbers)].tolist() == loss.numbers


def test_element_types_are_numbered_in_the_order_of_their_list():
    numbers = [codes.F4, codes.F8, codes.U1, codes.I2, codes.I4, codes.I8]
    assert [codes.DTYPES[number] for number in numbers] == [np.dtype(name) for name in ("f4", "f8", "u1", "i2", "i4", "i8")]


@pytest.mark.parametrize("optimizer", cases(OPTIMIZERS), ids=repr)
def test_a_rules_coefficients_have_room(optimizer):
    factors = np.ones(optimizer.n_factors)
    assert len(optimizer.coefficients(np.array([1, 2]), factors)) <= codes.COEFFICIENTS
    assert optimizer.rates(0, 2, np.dtype("f8"), factors).shape == (2, codes.RATES)
