"""Functions that users write: whether one is the derivative of another, and by what name another process finds them."""

import numpy as np
import own_functions as own
import pytest

from fastbp._functions import check_functions, check_slopes, imported, of_numbers, path_of

CALLS = [f"derivative({i})" for i in range(100)]


def test_functions_of_python_and_of_numba_are_taken():
    import numba

    check_functions(value=own.swish, derivative=numba.njit(own.swish))
    for given in (3, None, abs, np.sin, [own.swish]):
        with pytest.raises(TypeError, match=r"value is .*; expected a Python function of numbers"):
            check_functions(value=given)


def test_a_function_is_called_with_numbers_of_python_one_after_the_other():
    kinds = []
    found = of_numbers(
        lambda a, b: kinds.append((type(a), type(b))) or a + b, "value", np.array([[1.0, 2.0]], "f4"), np.array([[3.0, 4.0]])
    )
    assert found.tolist() == [[4, 6]] and {*kinds} == {(float, float)}
    with pytest.raises(TypeError, match="value is no function of a number: it raises ZeroDivisionError"):
        of_numbers(lambda a: 1 / 0, "value", np.array([1.0]))


def test_slopes_may_differ_by_a_little_and_at_a_few_places():
    slopes = np.linspace(-2, 2, 100)
    check_slopes(slopes * (1 + 1e-6), slopes, CALLS)
    kinks = slopes.copy()
    kinks[:4] += 1
    check_slopes(kinks, slopes, CALLS)
    kinks[4] = np.nan
    with pytest.raises(
        ValueError, match=r"derivative\(0\) is -1, and value rises by -2 for each unit there; they differ at 5 of 100 places"
    ):
        check_slopes(kinks, slopes, CALLS)


@pytest.mark.parametrize("function", [own.swish, own.Functions.cube], ids=["of a module", "of a class"])
def test_a_path_leads_back_to_the_function(function):
    assert imported(path_of(function, "value")) is function


def test_what_cannot_be_imported_has_no_path():
    def within(z):
        return z

    for function in (within, lambda z: z):
        with pytest.raises(ValueError, match=r"value is the function .* which another process cannot import"):
            path_of(function, "value")


@pytest.mark.parametrize("path", ["no_such_module:f", "own_functions:no_such", "own_functions:Functions.no_such"])
def test_a_path_that_leads_nowhere_is_told(path):
    module, _, name = path.partition(":")
    with pytest.raises(ValueError, match=f"it needs the function {name} of the module {module}, which cannot be imported"):
        imported(path)
