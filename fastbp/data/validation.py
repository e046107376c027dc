"""Checks of the arrays a user gives, before any kernel sees them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastbp._names import counted
from fastbp._typing import Array, DType
from fastbp.compiling.loading import imported
from fastbp.data.frames import Names, by_names, numbers_in

# Types of arrays that are what they are, and whose range a compiled loop checks.
_COMMON = frozenset(np.dtype(name) for name in ("f4", "f8", "i8"))


@imported
def _checks() -> Any:
    """The compiled checks."""
    from fastbp.kernels import checks

    return checks


def first_within(array: Array, low: Any, high: Any) -> Callable[[int], bool]:
    """Tells of so many of the first numbers of an array whether they lie between two of its own type, again and again."""
    check: Callable[[int], bool] = _checks().first_within(array, low, high)
    return check


def first_finite(array: Array) -> Callable[[int], bool]:
    """Tells the same of an array of floats: whether they are finite."""
    return first_within(array, *finite_range(array.dtype, array.dtype))


def copied_if_finite(arrays: Sequence[Array], copies: Sequence[Array]) -> Callable[[bool], bool]:
    """Tells it of all of several vectors of one type of float; asked to copy, it then does, where they are finite."""
    found: Callable[[bool], bool] = _checks().copied_within(arrays, copies, *finite_range(arrays[0].dtype, arrays[0].dtype))
    return found


@functools.cache
def largest(dtype: DType) -> float:
    """The largest finite number of a type."""
    return float(np.finfo(dtype).max)


@functools.cache
def finite_range(own: DType, dtype: DType) -> tuple[Any, Any]:
    """The lowest and the highest number of type `own` that is finite, also once converted to `dtype`."""
    limit = own.type(min(largest(own), largest(dtype)))
    return -limit, limit


def all_finite(array: Array) -> bool:
    """Whether no element is infinite or NaN, in one pass that takes no memory."""
    if array.size <= 1:
        return array.size == 0 or math.isfinite(array.item())
    if array.dtype in _COMMON and array.flags.c_contiguous:
        return bool(_checks().all_within(array, *finite_range(array.dtype, array.dtype)))
    return bool(np.isfinite(array).all())


def numeric(given: object, argument: str, of_text: str = "") -> Array:
    """`given` (array, list, pandas or polars frame, memory map) as an array of real numbers of its own type.

    `of_text` is added to the error for strings.
    """
    if type(given) is np.ndarray and given.dtype in _COMMON:
        return given
    if hasattr(given, "toarray") and hasattr(given, "nnz"):
        raise TypeError(f"{argument} is sparse ({type(given).__name__}); expected a dense array, such as {argument}.toarray()")
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        raise ValueError(f"{argument} has masked elements; expected numbers everywhere, such as {argument}.filled(0)")
    try:
        array = numbers_in(given)
    except ValueError as error:
        raise ValueError(f"{argument} is no rectangular array: {error}") from None
    # Objects of other libraries may raise anything.
    except Exception as error:
        raise TypeError(f"{argument} is of type {type(given).__name__}, and its array cannot be had: {error}") from error
    if array.dtype.kind not in "fiub":
        hint = of_text if _is_text(array) else ""
        raise TypeError(f"{argument} has dtype {array.dtype} ({type(given).__name__}); expected real numbers or bools{hint}")
    if array.dtype.kind == "f" and array.dtype.itemsize not in (2, 4, 8):
        with np.errstate(over="ignore"):
            return array.astype(np.float64)
    return array


def _is_text(array: Array) -> bool:
    """Whether an array holds strings, of NumPy's types or of Python's."""
    return array.dtype.kind in "UST" or (array.dtype.kind == "O" and any(isinstance(value, str) for value in array.flat))


def real_range(array: Array, argument: str, dtype: DType) -> None:
    """Raise ValueError unless every element is finite, also once converted to `dtype`."""
    if array.dtype.kind != "f" or array.size == 0:
        return
    if array.dtype in _COMMON and array.flags.c_contiguous and _checks().all_within(array, *finite_range(array.dtype, dtype)):
        return
    # Both pass NaN on, and neither needs memory for a second array.
    reached = max(abs(float(array.min())), abs(float(array.max())))
    if not reached <= largest(dtype):
        with np.errstate(over="ignore"):
            finite = np.isfinite(array.astype(dtype))
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"{argument}[{', '.join(map(str, place))}] is {array[place]}; expected finite numbers of type {dtype}")


@functools.cache
def _limits(own: DType, low: float, high: float) -> tuple[Any, Any]:
    """The least and the largest number of a type that lie in [low, high]."""
    if own.kind in "iu":
        info = np.iinfo(own)
        return own.type(max(math.ceil(low), int(info.min))), own.type(min(math.floor(high), int(info.max)))
    # Kernels take what is smaller than the smallest normal number for 0.
    least = max(low, float(np.finfo(own).tiny)) if low > 0 else max(low, -largest(own))
    return own.type(least), own.type(min(high, largest(own)))


def check_range(array: Array, argument: str, low: float, high: float, what: str) -> None:
    """Raise ValueError unless every element lies in [low, high]."""
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    if array.size == 0:
        return
    least, most = _limits(array.dtype, low, high)
    if array.dtype in _COMMON and array.flags.c_contiguous and _checks().all_within(array, least, most):
        return
    if array.min() >= least and array.max() <= most:
        return
    place = tuple(int(i) for i in np.argwhere(~((array >= least) & (array <= most)))[0])
    raise ValueError(f"{argument}[{', '.join(map(str, place))}] is {array[place]}; {what} lie between {low} and {high}")


def within(dtype: DType, **settings: float) -> None:
    """Raise ValueError unless every setting is a number that `dtype` can hold."""
    for name, value in settings.items():
        if abs(value) > largest(dtype):
            raise ValueError(f"{name} is {value:g}; expected a number within the range of {dtype}")


def real_array(given: object, argument: str, dtype: DType) -> Array:
    """`given` as a finite array of `dtype`."""
    array = numeric(given, argument)
    real_range(array, argument, dtype)
    return array.astype(dtype)


def check_inputs(X: object, n_features: int, dtype: DType, names: Names = None) -> Array:
    """`X` as a finite array (n, n_features) with at least one row, in its own type; a frame's columns in the order of `names`."""
    inputs = numeric(by_names(X, names, "X"), "X")
    if inputs.ndim != 2:
        hint = "; one sample is X.reshape(1, -1), one feature X.reshape(-1, 1)" if inputs.ndim == 1 else ""
        raise ValueError(f"X has {counted(inputs.ndim, 'dimension')}, shape {inputs.shape}; expected (n, {n_features}){hint}")
    if inputs.shape[1] != n_features:
        raise ValueError(f"X has {counted(inputs.shape[1], 'column')}; the model has {counted(n_features, 'input')}")
    if inputs.shape[0] == 0:
        raise ValueError("X has no rows; expected at least one")
    real_range(inputs, "X", dtype)
    return inputs


def check_sample_weight(given: object, rows: int, dtype: DType, argument: str = "sample_weight") -> Array | None:
    """`given` as finite weights (rows, 1) of `dtype` with mean 1, none negative, not all zero; None stays None."""
    if given is None:
        return None
    weights = numeric(given, argument)
    real_range(weights, argument, dtype)
    if weights.shape != (rows,):
        raise ValueError(f"{argument} has shape {weights.shape}; expected ({rows},), one a row of X")
    weights = weights.astype(np.float64)
    check_range(weights, argument, 0, largest(weights.dtype), "weights")
    # The largest is divided by first, so that no sum is too large or too small.
    highest = weights.max()
    if highest == 0:
        raise ValueError(f"{argument} is all zeros; expected at least one positive weight")
    shares = weights / highest
    normalized: Array = (shares / shares.mean()).astype(dtype)
    return normalized[:, np.newaxis]
