"""Where pictures are drawn."""

import pytest

from fastbp._plots import axes


def test_axes_that_are_given_are_taken_and_others_made():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, given = pyplot.subplots()
    assert axes(given) is given and axes().figure is not figure
    pyplot.close("all")


def test_without_matplotlib_it_says_what_is_missing(run_python):
    code = (
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "from fastbp._plots import axes\n"
        "assert axes(1) == 1\n"
        "try:\n"
        "    axes()\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    assert run_python(code).startswith("plot needs matplotlib (") and run_python(code).endswith("pip install 'fastbp[plot]'\n")
