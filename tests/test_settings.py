"""Settings that may be changed, and are checked whenever they are."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from fastbp._names import integer, real
from fastbp._settings import Settings


@dataclass(init=False, repr=False, eq=False)
class Common(Settings):
    shared: float = field(default=0.0, kw_only=True)


@dataclass(repr=False, eq=False)
class Some(Common):
    name: ClassVar[str] = "some"
    whole: ClassVar[tuple[str, ...]] = ("count",)

    rate: float = 0.5
    count: int = 3

    def check(self):
        real(self.rate, "rate", below=1)
        integer(self.count, "count", least=1)


def test_a_bad_setting_is_refused_when_made_and_when_changed_and_changes_nothing():
    with pytest.raises(ValueError, match="rate is 2"):
        Some(2)
    some = Some()
    with pytest.raises(ValueError, match="rate is 2"):
        some.rate = 2
    with pytest.raises(TypeError, match=r"count is 2\.5"):
        some.count = 2.5
    assert some == Some(0.5, 3) and some != Some(0.25)


def test_what_is_no_setting_is_refused_with_those_there_are_its_own_first():
    with pytest.raises(AttributeError, match="Some has no setting 'rates'; expected one of rate, count, shared"):
        Some().rates = 1


def test_it_shows_its_own_and_what_is_not_as_by_default():
    assert repr(Some()) == "Some(rate=0.5, count=3)"
    assert repr(Some(shared=2.0)) == "Some(rate=0.5, count=3, shared=2.0)"


def test_numbers_of_other_libraries_become_pythons():
    some = Some(np.float32(0.5), np.int64(4))
    some.simplify()
    assert (type(some.rate), type(some.count), type(some.shared)) == (float, int, float) and some.count == 4


def test_what_is_too_large_for_the_type_of_the_model_is_refused():
    Some(shared=1e30).check_range(np.dtype("f4"))
    with pytest.raises(ValueError, match=r"shared is 1e\+40"):
        Some(shared=1e40).check_range(np.dtype("f4"))
