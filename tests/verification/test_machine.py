"""What a report says of the machine."""

import json
import os
import platform

import numba

import fastbp
from fastbp.verification.level import level
from fastbp.verification.machine import machine, versions


def test_the_machine_is_named_in_values_of_json():
    here = machine()
    assert json.loads(json.dumps(here)) == here
    assert all(here.values())
    assert (here["level"], here["cores"], here["threads"]) == (level(), os.cpu_count(), numba.config.NUMBA_NUM_THREADS)


def test_versions_are_those_of_what_computes():
    found = versions()
    assert (found["fastbp"], found["numba"], found["python"]) == (fastbp.__version__, numba.__version__, platform.python_version())
