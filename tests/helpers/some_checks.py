"""What the tests of `fastbp verify` share: checks that pass, fail, raise and give no number, and what those of the package tell."""

import os
from pathlib import Path

import numpy as np

import fastbp
from fastbp.kernels.lanes.isa import VARIABLE
from fastbp.verification import checks, make_golden
from fastbp.verification.deviation import Findings, compare
from fastbp.verification.level import level

ROOT = Path(fastbp.__file__).parent.parent
NAMES = [function.__name__.replace("_", " ") for function in checks.CHECKS]


def good():
    return Findings([compare("a number", 1.0, 1.0, limit=1e-9)], "a note")


def wrong():
    return Findings([compare(f"number {i}", 1.0 + i, 1.0, limit=1e-9) for i in range(6)])


def no_number():
    return Findings([compare("a number", np.nan, 1.0, limit=1e-9)])


def raises():
    raise KeyError("gone")


def failures(function):
    """The comparisons of a check that failed."""
    return [str(each) for each in function().deviations if not each.passed]


def cache_of(name):
    """Where kernels with the tiles of a level are kept: two errands have them compiled once."""
    return f"{os.environ['NUMBA_CACHE_DIR']}-{make_golden.SETTINGS[name][VARIABLE]}"


def on_this_machine(name):
    """Whether code for a level runs here."""
    levels = list(make_golden.SETTINGS)
    return level() in levels and levels.index(name) >= levels.index(level())
