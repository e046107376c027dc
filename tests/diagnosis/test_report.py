"""What is printed, shown in notebooks and drawn."""

import os

import numpy as np
import pytest

from fastbp.diagnosis import Diagnosis, Finding, LayerStatistics

LAYERS = (
    LayerStatistics(0, 64, 32, "relu", 0.001, 0.25, 0.5, 0.5, 1.5, 3, 0, 0.02, 3e-3),
    LayerStatistics(1, 32, 10, "softmax", -0.5, 0.25, 0.5, 0.1, 0.3, 0, 0, 0.0, np.inf),
)
DEAD, LARGE = Finding("dead units", "3 are.", "Try <b>.", {}, 0), Finding("learning rate too large", "It is.", "Less.")
ILL, WELL = Diagnosis((DEAD, LARGE, DEAD), LAYERS, 0.125, 2000, 60_000, 3, 99), Diagnosis((), LAYERS, 0.125, 50, 50, 1, 1)


def test_printed_it_has_the_findings_and_the_layers():
    heading, first, second, third, table = str(ILL).split("\n\n")
    assert heading == "Diagnosis after 3 epochs and 99 steps, of 2,000 of 60,000 rows, loss 0.125: 3 findings"
    assert first == "1. dead units: 3 are. Try <b>." and second == "2. learning rate too large: It is. Less." and third[0] == "3"
    head, *rows = table.splitlines()
    assert head.split("  ")[0] == "layer" and [row.split()[:4] for row in rows] == [["0", "64", "x", "32"], ["1", "32", "x", "10"]]
    assert "0.001 +- 0.25  0.5 +- 1.5  3     0          2.0e-02             3.0e-03" in rows[0]


def test_where_nothing_is_found_it_says_so():
    assert str(WELL).startswith("Diagnosis after 1 epoch and 1 step, of 50 rows, loss 0.125: nothing found\n\nlayer")
    assert (repr(WELL), repr(ILL)) == ("Diagnosis(nothing found)", "Diagnosis(dead units, learning rate too large)")


def test_in_notebooks_it_is_a_list_and_a_table():
    html = ILL._repr_html_()
    assert html.count("<li>") == 3 and "<b>dead units</b>: 3 are. Try &lt;b&gt;." in html and html.count("<tr>") == 3
    assert "<li>" not in WELL._repr_html_() and "nothing found" in WELL._repr_html_()


def test_it_is_drawn():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, given = pyplot.subplots()
    assert ILL.plot(given) is given and ILL.plot().figure is not figure
    gradients, updates = given.lines
    assert gradients.get_ydata()[0] == 0.02 and np.isnan(gradients.get_ydata()[1]) and updates.get_xdata().tolist() == [0, 1]
    assert given.get_yscale() == "log" and given.get_xlabel() == "layer"
    figure.savefig(os.devnull, format="png")
    pyplot.close("all")
