"""How far a result is from what it should be, and how to tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from fastbp._typing import Array


@dataclass(frozen=True)
class Deviation:
    """A comparison: of what, how large the error, and what was found where the error is largest."""

    where: str
    error: float
    limit: float
    found: str
    wanted: str

    @property
    def passed(self) -> bool:
        """False for an error that is no number, too."""
        return self.error <= self.limit

    @property
    def severity(self) -> float:
        """The error in limits; where nothing may differ, the error itself."""
        return self.error / self.limit if self.limit > 0 else self.error

    def __str__(self) -> str:
        return f"{self.where} is {self.found}; expected {self.wanted} (error {self.error:.2g}, limit {self.limit:.2g})"


class Findings(NamedTuple):
    """What a check has compared, and what else it has to say."""

    deviations: list[Deviation]
    note: str = ""


def compare(where: str, found: Any, wanted: Any, *, limit: float, scale: Any = None) -> Deviation:
    """The largest difference of two arrays, in units of `scale`: by default of the largest number wanted."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape:
        return Deviation(where, np.inf, limit, f"of shape {found.shape}", f"{wanted.shape}")
    if scale is None:
        scale = max(np.abs(wanted).max(initial=0), 1e-300)
    errors = _differences(found, wanted) / scale
    return _at_worst(where, float(errors.max(initial=0)), limit, found, wanted, errors)


def compare_norms(where: str, found: Any, wanted: Any, *, limit: float, scale: float) -> Deviation:
    """The length of the difference of two arrays of one shape, in units of `scale`."""
    differences = _differences(found, wanted)
    return _at_worst(where, float(np.linalg.norm(differences)) / max(scale, 1e-300), limit, found, wanted, differences)


def same_bits(where: str, found: Any, wanted: Any) -> Deviation:
    """Whether two arrays of one type are the same, bit by bit; the error is that of `compare`."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.tobytes() == wanted.tobytes():
        return Deviation(where, 0.0, 0.0, "", "")
    measured = compare(where, found, wanted, limit=0.0)
    # Zeros of unlike sign differ by nothing that can be measured.
    return measured if measured.error > 0 else replace(measured, error=float(np.finfo(float).tiny))


def layers(model: Any) -> list[str]:
    """Names of a model's arrays that are trained, in the order of ``model.trained_arrays()``."""
    return ["{}[{}]".format(*name.split(".")) for name in model.trained_arrays()]


def _differences(found: Array, wanted: Array) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):
        differences: Array = np.abs(found.astype(np.float64) - wanted.astype(np.float64))
    return np.where(np.isfinite(differences), differences, np.inf)


def _at_worst(where: str, error: float, limit: float, found: Array, wanted: Array, errors: Array) -> Deviation:
    place = np.unravel_index(int(errors.argmax()), errors.shape) if errors.size else ()
    index = f"[{', '.join(map(str, place))}]" if place else ""
    # No number is no small error.
    error = error if error == error else np.inf
    return Deviation(f"{where}{index}", error, limit, repr(float(found[place])), repr(float(wanted[place])))
