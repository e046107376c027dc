"""What activations and losses have in common."""

from dataclasses import dataclass

import numpy as np
import pytest

import fastbp
from fastbp import losses
from fastbp.activations import ACTIVATIONS
from fastbp.losses import LOSSES, SquaredError, as_loss, describe_loss, described_loss

CASES = [case for table in (ACTIVATIONS, LOSSES) for cls in table.values() for case in cls.cases()]


@dataclass(frozen=True)
class Scaled(SquaredError):
    """A loss with two settings."""

    name = "scaled"
    factor: float = 2.0
    power: float = 1.0


def test_settings_are_the_fields_in_their_order():
    assert Scaled(3.0).settings == {"factor": 3.0, "power": 1.0} and SquaredError().settings == {}
    assert fastbp.LeakyReLU(0.25).settings == {"negative_slope": 0.25}


def test_a_string_is_the_name_with_the_settings():
    told = ["tanh", "leaky_relu(0.25)", "scaled", "scaled(3, 1)"]
    assert [str(each) for each in (fastbp.Tanh(), fastbp.LeakyReLU(0.25), Scaled(), Scaled(3))] == told


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equal_settings_are_equal_and_names_are_told(case):
    assert case == type(case)(**case.settings) and hash(case) == hash(type(case)(**case.settings))
    assert case.described() == {"name": case.name, **case.settings}


@pytest.mark.parametrize("table", [ACTIVATIONS, LOSSES], ids=["activations", "losses"])
def test_the_first_case_has_the_default_settings_and_the_others_have_not(table):
    for cls in table.values():
        first, *others = cls.cases()
        # The default of celu is that of elu.
        assert (first == cls() or cls.name == "celu") and first not in others and len(set(others)) == len(others)


def test_a_setting_too_large_for_the_type_is_refused():
    Scaled(1e39).check_range(np.dtype("f8"))
    with pytest.raises(ValueError, match="factor is 1e\\+39"):
        Scaled(1e39).check_range(np.dtype("f4"))
    with pytest.raises(ValueError, match="factor is 1e\\+39"):
        fastbp.Trainer(fastbp.MLP([2, 1]), loss=Scaled(1e39))


@pytest.mark.parametrize("loss", [case for cls in LOSSES.values() for case in cls.cases()], ids=str)
def test_a_loss_is_described_to_a_file_and_back(loss):
    assert described_loss(describe_loss(loss)) == loss
    assert as_loss(loss) is loss and as_loss(loss.name) == type(loss)()


def test_settings_of_a_loss_are_described_too(monkeypatch):
    monkeypatch.setitem(losses.LOSSES._places, "scaled", (__name__, "Scaled"))
    assert describe_loss(Scaled(3.0)) == {"name": "scaled", "factor": 3.0, "power": 1.0}
    assert described_loss(describe_loss(Scaled(3.0))) == Scaled(3.0)
    assert describe_loss(SquaredError()) == "squared_error"


def test_numbers_of_numpys_types_are_described_as_pythons():
    described = [each.described() for each in (fastbp.LeakyReLU(np.float32(0.5)), fastbp.Huber(np.float64(0.5)))]
    assert [type(value) for each in described for value in each.values()] == [str, float, str, float]


def test_the_kernels_get_the_settings_in_their_order():
    objective = Scaled(3.0, 0.5).objective(np.dtype("f4"))
    assert objective.code == SquaredError.code and objective.settings.dtype == np.float32
    assert objective.settings.tolist() == [3.0, 0.5, 0.0, 0.0]
