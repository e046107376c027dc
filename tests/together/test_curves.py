"""The picture of many histories."""

import pytest
from small_task import LABELS, X, make

from fastbp.together.curves import draw, usual_metric

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture
def histories():
    return [make(seed=i).fit(X, LABELS, epochs=2 + i, validation_data=(X, LABELS)) for i in range(3)]


def test_every_curve_and_the_mean_as_far_as_all_go(histories):
    ax = draw(None, histories, "val_loss")
    assert [len(line.get_xdata()) for line in ax.lines] == [2, 3, 4, 2] and ax.get_ylabel() == "val_loss"
    assert ax.lines[3].get_ydata()[1] == pytest.approx(sum(history.val_loss[1] for history in histories) / 3)
    pyplot.close("all")


def test_the_best_one_is_drawn_again(histories):
    ax = draw(None, histories, "loss", best=1)
    assert list(ax.lines[3].get_ydata()) == histories[1].loss and ax.get_legend().get_texts()[0].get_text() == "number 1"
    pyplot.close("all")


def test_a_metric_that_no_history_has(histories):
    with pytest.raises(ValueError, match="metric='f1': the history has loss"):
        draw(None, histories, "f1")
    pyplot.close("all")


def test_the_usual_metric(histories):
    assert usual_metric(histories) == "val_loss"
    assert usual_metric([*histories, make().fit(X, LABELS, epochs=1)]) == "loss"
