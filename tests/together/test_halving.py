"""`fastbp.halving_search`: who goes on, and that going on is as never having stopped."""

import numpy as np
import pytest
from small_task import LABELS, X, bits, make

import fastbp
from fastbp.compiling.jit import DISABLED

RATES = [3e-5, 1e-4, 3e-4, 1e-3, 1e-2, 3e-2]


def build(rate):
    return make(fastbp.Adam(fastbp.OneCycle(rate)), batch_size=10)


def search(settings=None, build=build, **given):
    settings = [{"rate": rate} for rate in RATES] if settings is None else settings
    return fastbp.halving_search(build, settings, X, LABELS, **({"epochs": 9} | given))


def test_the_best_go_on_and_end_as_if_trained_without_a_break():
    found = search(callbacks=lambda i: fastbp.EarlyStopping(patience=50))
    assert [(rung.epochs, len(rung.numbers)) for rung in found.rungs] == [(3, 6), (9, 2)]
    first, last = found.rungs
    assert {*last.numbers} == {*np.argsort(first.scores)[:2]} and found.best == last.numbers[np.argmin(last.scores)]
    assert [trainer.epoch for trainer in found.trainers] == [9 if i in last.numbers else 3 for i in range(6)]
    assert found.epochs == 4 * 3 + 2 * 9 and found.best_settings == {"rate": RATES[found.best]}
    training, held_out = split_of(found)
    for number in last.numbers:
        alone = build(RATES[number])
        data = X[held_out], LABELS[held_out]
        early = fastbp.EarlyStopping(patience=50)
        alone.fit(X[training], LABELS[training], epochs=9, validation_data=data, callbacks=early)
        # What each has seen is told by its data.
        left = [
            {name: each for name, each in bits(trainer).items() if name[0] != "callbacks"} for trainer in (alone, found.trainers[number])
        ]
        assert left[0] == left[1]
        assert alone.evaluate(*data)["loss"] == last.scores[last.numbers.index(number)]
    dropped = next(i for i in range(6) if i not in last.numbers)
    assert found.histories[dropped].stopped == "paused" and found.histories[found.best].stopped == "epochs"


def split_of(found):
    from fastbp.together.folds import draw_part
    from fastbp.together.shared import Shared

    return draw_part(found.trainers[0], Shared(X, LABELS), 0.2, 0)


def test_a_rung_is_no_end_to_callbacks():
    """`EarlyStopping` puts the best weights back at the end alone."""
    turned = X[:20], 1 - LABELS[:20]

    def build(rate):
        return make(fastbp.Adam(rate))

    given = {"validation_data": turned, "epochs": 6, "factor": 2}
    found = search([{"rate": 0.03 + 0.01 * i} for i in range(4)], build, callbacks=lambda i: fastbp.EarlyStopping(patience=50), **given)
    alone, number = build(0.03 + 0.01 * found.best), found.best
    alone.fit(X, LABELS, epochs=6, validation_data=turned, callbacks=fastbp.EarlyStopping(patience=50))
    assert len(found.rungs) == 2 and np.argmin(alone.history.val_loss[:3]) < 2
    left = [{name: each for name, each in bits(trainer).items() if name[0] != "callbacks"} for trainer in (alone, found.trainers[number])]
    assert left[0] == left[1]


@pytest.mark.skipif(DISABLED, reason="NumPy warns of what overflows")
def test_one_that_diverges_is_out():
    def wild(rate):
        return make(fastbp.SGD(rate, weight_decay=rate if rate > 1 else 0), loss="squared_error", batch_size=10)

    found = fastbp.halving_search(wild, [{"rate": 1e30}, {"rate": 0.1}, {"rate": 0.01}, {"rate": 1e-3}], X, X[:, :2], epochs=9)
    assert np.isnan(found.rungs[0].scores[0]) and found.histories[0].stopped == "diverged" and found.best == 1
    none = fastbp.halving_search(wild, [{"rate": 1e30}], X, X[:, :2], epochs=9)
    assert none.best is None and none.best_trainer is None and none.best_settings is None and np.isnan(none.best_score)
    assert "best none" in repr(none)


def test_those_that_stop_early_stay_stopped():
    turned = X[:20], 1 - LABELS[:20]
    found = search(
        [{"rate": rate} for rate in (0.02, 0.03, 0.04, 0.05)], build=lambda rate: make(fastbp.Adam(rate)), epochs=30,
        validation_data=turned, callbacks=lambda i: fastbp.EarlyStopping(patience=1),
    )  # fmt: skip
    first, last = found.rungs
    assert {found.histories[number].stopped for number in last.numbers} == {"early_stopping"}
    assert max(found.trainers[number].epoch for number in last.numbers) < first.epochs
    assert found.best_trainer.evaluate(*turned)["loss"] == found.best_score == min(found.best_trainer.history.val_loss)


def test_another_metric_rises():
    found = search(metric="val_f1", metrics=["f1"], epochs=3, least_epochs=3)
    assert len(found.rungs) == 1 and found.best == np.argmax(found.rungs[0].scores)


def test_what_there_is_to_look_at():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    found = search(epochs=4)
    assert repr(found).startswith("HalvingSearch(6 settings, epochs 6 x 1 > 2 x 4, best number ")
    assert found._repr_html_().count("<tr>") == 7
    ax = found.plot()
    assert len(ax.lines) == 7 and ax.get_ylabel() == "val_loss"
    pyplot.close("all")


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"settings": []}, ValueError, "settings is empty"),
        ({"settings": {"rate": 1}}, TypeError, r"settings is \{'rate': 1\}; expected a list of dicts"),
        ({"settings": [0.1]}, TypeError, r"settings is \[0\.1\]; expected a list of dicts"),
        ({"build": lambda rate: None}, TypeError, "make gave an object of type NoneType"),
        ({"epochs": 0}, ValueError, "epochs is 0"),
        ({"metric": "val_f1"}, ValueError, "metric='val_f1' is not known; expected one of val_loss, val_accuracy"),
        ({"metric": "loss"}, ValueError, "metric='loss' is not known; expected one of val_loss"),
        ({"metric": "val_thing"}, ValueError, "mode='auto' does not know"),
        ({"validation_split": 0.0}, ValueError, "validation_split is 0"),
        ({"time_limit": "1 s"}, TypeError, "time_limit is '1 s'"),
    ],
)
def test_bad_arguments(given, error, message):
    with pytest.raises(error, match=message):
        search(**given)
