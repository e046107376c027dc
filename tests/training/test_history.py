"""What a run leaves in its history."""

import copy
import os
import pickle
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_task import LABELS, TARGETS, N, X, make

from fastbp import History


def with_epochs(count):
    history = History()
    for epoch in range(count):
        history.add(1 / (epoch + 1), {"loss": 0.5, "accuracy": 0.25} if epoch else {}, 2.0, 10_000)
    return history


def cells(history):
    rows = re.findall("<tr>(.*?)</tr>", history._repr_html_())
    return [re.findall("<t[hd]>(.*?)</t[hd]>", row) for row in rows]


def test_history_has_an_entry_an_epoch():
    trainer = make()
    trainer.fit(X, LABELS, epochs=2)
    history = trainer.fit(X, LABELS, epochs=3, validation_data=(X[:9], LABELS[:9]))
    lengths = {len(getattr(history, name)) for name in ("loss", "val_loss", "val_accuracy", "seconds", "samples_per_second")}
    assert lengths == {5} and len(history) == 5
    assert history.val_loss[:2] == history.val_accuracy[:2] == [None, None]
    assert {"loss": history.val_loss[-1], "accuracy": history.val_accuracy[-1]} == trainer.evaluate(X[:9], LABELS[:9])
    assert all(seconds > 0 for seconds in history.seconds)
    assert_allclose(history.samples_per_second, N / np.array(history.seconds))


def test_history_of_a_loss_without_accuracy():
    history = make(loss="squared_error").fit(X, TARGETS, epochs=1, validation_data=[X, TARGETS])
    assert history.val_accuracy == [None] and history.val_loss[0] > 0


def test_history_loss_is_the_mean_over_rows_before_each_update():
    trainer, stepped = make("sgd", shuffle=False), make("sgd", shuffle=False)
    history = trainer.fit(X, LABELS, epochs=1)
    parts = [slice(first, first + 8) for first in range(0, N, 8)]
    losses = [stepped.step(X[part], LABELS[part]) for part in parts]
    assert_allclose(history.loss, np.average(losses, weights=[len(X[part]) for part in parts]), rtol=1e-12)


@pytest.mark.parametrize(
    ("history", "wanted"),
    [
        (History(), "History(0 epochs)"),
        (History(loss=[0.123456], stopped="epochs"), "History(1 epoch, loss 0.1235, stopped: epochs)"),
        (History(loss=[1.0, 2.0], val_loss=[3.0, None]), "History(2 epochs, loss 2)"),
        (with_epochs(10_000), "History(10000 epochs, loss 0.0001, val_loss 0.5, val_accuracy 0.25)"),
        (History([np.nan], [np.float32(7)], stopped="time_limit"), "History(1 epoch, loss nan, val_loss 7, stopped: time_limit)"),
    ],
)  # fmt: skip
def test_history_says_in_a_line_where_it_ended(history, wanted):
    assert repr(history) == str(history) == wanted


def test_history_of_a_fit_says_why_it_ended():
    assert re.fullmatch(r"History\(3 epochs, loss [0-9.]+, stopped: epochs\)", repr(make().fit(X, LABELS, epochs=3)))


def test_history_is_a_table_in_notebooks():
    head, first, second = cells(with_epochs(2))
    assert head == ["epoch", "loss", "val_loss", "val_accuracy", "seconds", "samples_per_second"]
    assert first == ["1", "1", "", "", "2", "5,000"] and second == ["2", "0.5", "0.5", "0.25", "2", "5,000"]


def test_a_long_table_has_the_first_and_the_last_epochs():
    assert [row[0] for row in cells(with_epochs(12))[1:]] == [str(epoch) for epoch in range(1, 13)]
    assert [row[0] for row in cells(with_epochs(1000))[1:]] == ["1", "2", "3", "4", "5", "...", "996", "997", "998", "999", "1000"]


def test_a_table_has_no_columns_without_entries_and_no_foreign_markup():
    assert cells(History(loss=[2.0], val_loss=[None])) == [["epoch", "loss"], ["1", "2"]]
    assert cells(History()) == [["epoch"]]
    assert "<b>" not in History(stopped="<b>")._repr_html_() and "&lt;b&gt;" in History(stopped="<b>")._repr_html_()


def measured():
    history = History()
    history.add(1.0, {"loss": 0.5}, 2.0, 100)
    history.add(0.5, {"loss": 0.25, "accuracy": 1.0, "f1": 0.75}, 2.0, 100, {"f1": 0.5})
    return history


def test_metrics_are_lists_with_an_entry_an_epoch():
    history = measured()
    assert history.metrics == {"val_f1": [None, 0.75], "f1": [None, 0.5]}
    assert history.val_f1 is history.metrics["val_f1"] and history.f1 == [None, 0.5]
    assert repr(history) == "History(2 epochs, loss 0.5, val_loss 0.25, val_accuracy 1, val_f1 0.75, f1 0.5)"
    assert cells(history)[0] == ["epoch", "loss", "val_loss", "val_accuracy", "val_f1", "f1", "seconds", "samples_per_second"]
    history.truncate(1)
    assert history.f1 == history.val_f1 == [None]


def test_a_list_that_is_not_there_is_told():
    with pytest.raises(AttributeError, match="a History has no attribute 'val_f2'; its metrics are val_f1, f1"):
        _ = measured().val_f2
    with pytest.raises(AttributeError, match=r"no attribute 'val_f1'$"):
        _ = History().val_f1


def test_metrics_are_copied_and_come_back():
    history, read = measured(), History()
    read.load_state(history.state())
    assert read == history == copy.deepcopy(history) == pickle.loads(pickle.dumps(history))
    read.metrics["f1"][1] = 0.25
    assert read != history
    # Of a run of an earlier version.
    old = {name: value for name, value in with_epochs(2).state().items() if name != "metrics"}
    read.load_state(old)
    assert read == with_epochs(2)


def test_histories_are_equal_by_their_entries():
    assert with_epochs(3) == with_epochs(3) != with_epochs(4)


def test_names_and_rows():
    history = with_epochs(2)
    assert history.names() == ["loss", "val_loss", "val_accuracy", "seconds", "samples_per_second"]
    assert history.names(["loss", "val_f1"]) == ["loss", "val_loss", "val_accuracy", "val_f1", "seconds", "samples_per_second"]
    assert history.row(0) == {"loss": 1.0, "val_loss": None, "val_accuracy": None, "seconds": 2.0, "samples_per_second": 5000.0}
    assert history.row(-1)["val_accuracy"] == 0.25


def test_history_becomes_a_frame():
    pandas = pytest.importorskip("pandas")
    frame = measured().to_frame()
    assert list(frame.columns) == ["loss", "val_loss", "val_accuracy", "val_f1", "f1", "seconds", "samples_per_second"]
    assert frame.index.name == "epoch" and frame.index.tolist() == [1, 2] and set(frame.dtypes) == {np.dtype(np.float64)}
    assert frame["val_f1"].isna().tolist() == [True, False] and frame.loc[2, "f1"] == 0.5
    assert "val_loss" not in History(loss=[1.0], val_loss=[None]).to_frame()
    assert isinstance(History().to_frame(), pandas.DataFrame) and History().to_frame().empty


def test_history_is_drawn():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, given = pyplot.subplots()
    assert measured().plot(given) is given and measured().plot().figure is not figure
    right = figure.axes[1]
    assert [line.get_label() for line in given.lines] == ["loss", "val_loss"]
    assert [line.get_label() for line in right.lines] == ["val_accuracy", "val_f1", "f1"]
    assert given.lines[1].get_ydata().tolist() == [0.5, 0.25] and given.lines[0].get_xdata().tolist() == [1, 2]
    assert np.isnan(right.lines[0].get_ydata()[0]) and (given.get_xlabel(), right.get_ylabel()) == ("epoch", "score")
    told = [text.get_text() for text in right.get_legend().get_texts()]
    assert told == ["loss", "val_loss", "val_accuracy", "val_f1", "f1"]
    figure.savefig(os.devnull, format="png")
    assert len(History(loss=[1.0]).plot().figure.axes) == 1 and len(History().plot().lines) == 0
    pyplot.close("all")


def test_without_the_libraries_history_says_what_is_missing(run_python):
    code = (
        "import sys\n"
        "sys.modules['matplotlib'] = sys.modules['pandas'] = None\n"
        "from fastbp import History\n"
        "for call in (History().plot, History().to_frame):\n"
        "    try:\n"
        "        call()\n"
        "    except ImportError as error:\n"
        "        print(error)"
    )
    plot, to_frame = run_python(code).splitlines()
    assert plot.startswith("plot needs matplotlib (") and plot.endswith("pip install 'fastbp[plot]'")
    assert to_frame.startswith("to_frame needs pandas (") and to_frame.endswith("pip install 'fastbp[pandas]'")
