"""The picture of a trace: what is blue, orange, dashed and wide is what the numbers say."""

import numpy as np
import pytest
from traced import X, Y, textbook, wide

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    pyplot.close("all")


def texts(ax):
    return [each.get_text() for each in ax.texts]


def test_updates_are_lines_of_their_colour_and_width():
    trace = textbook().trace(X, Y)
    ax = trace.plot(row=3)
    lines = [line for line in ax.lines if len(line.get_xdata())]
    changes = np.concatenate([(-2.0 * gradient).ravel() for gradient in trace.weight_gradients])
    assert len(lines) == len(changes) == 6
    for line, change in zip(lines, changes, strict=True):
        assert line.get_linestyle() == ("-" if change > 0 else "--")
        assert line.get_color() == ("#0072B2" if change > 0 else "#D55E00")
        assert f"{change:+.3g}" in texts(ax)
    widths = [line.get_linewidth() for line in lines[:4]]
    assert np.argsort(widths).tolist() == np.argsort(abs(changes[:4])).tolist()


def test_units_show_activation_and_delta():
    trace = textbook().trace(X, Y)
    shown = texts(trace.plot(row=3))
    assert f"{trace.activations[1][3, 0]:.2g}\nδ {trace.deltas[0][3, 0]:.2g}" in shown and {"x0", "h1", "y0"} <= set(shown)


def test_of_a_large_net_the_units_that_carry_most():
    _, ax = pyplot.subplots()
    assert wide().plot(ax, units=5) is ax
    shown = texts(ax)
    assert "+ 31 more" in shown and "+ 35 more" in shown and sum(text.startswith("h") for text in shown) == 5
    ax.figure.canvas.draw()


def test_bad_numbers_are_refused_before_anything_is_drawn():
    trace = textbook().trace(X, Y)
    for wrong in ({"row": 4}, {"units": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            trace.plot(**wrong)
    assert not pyplot.get_fignums()
