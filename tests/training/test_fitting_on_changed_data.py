"""Data that a callback changes while training: the caller's arrays are read where they lie, so `fit` looks at them again."""

import threading

import numpy as np
import pytest
from small_task import LABELS, TARGETS, N, X, bits, make

import fastbp

CHANGED = "the data were changed during fit"


class Write(fastbp.Callback):
    """Writes a value into an array when it is called for `when` and so many epochs are done."""

    def __init__(self, array, place, value, when="on_epoch_end", epoch=2):
        self.array, self.place, self.value, self.epoch = array, place, value, epoch
        setattr(self, when, self.write)

    def write(self, run):
        if run.epoch == self.epoch:
            self.array[self.place] = self.value


ONE_HOT = np.eye(2)[LABELS]
# loss, X, y, which array a callback writes into, where, what, and the beginning of the error
CASES = {
    "nan": ("cross_entropy", X, LABELS, 0, (7, 2), np.nan, r"X\[7, 2\] is nan; expected finite numbers of type float32"),
    "inf_of_float64": ("cross_entropy", X.astype(float), LABELS, 0, (7, 2), 1e39, r"X\[7, 2\] is 1e\+39; expected finite"),
    "nan_in_columns": ("cross_entropy", np.tile(X, 2)[:, :3], LABELS, 0, (7, 2), np.nan, r"X\[7, 2\] is nan"),
    "label": ("cross_entropy", X, LABELS, 1, 11, 99, r"y\[11\] is 99; class labels of 2 outputs lie between 0 and 1"),
    "label_of_int32": ("cross_entropy", X, LABELS.astype("i4"), 1, 11, -1, r"y\[11\] is -1; class labels of 2 outputs"),
    "fraction": ("cross_entropy", X, LABELS.astype(float), 1, 11, 0.5, r"y\[11\] is 0\.5; class labels are integers"),
    "probability": ("cross_entropy", X, ONE_HOT, 1, (11, 1), 0.5, r"y\[11\] sums to"),
    "target": ("squared_error", X, TARGETS, 1, (11, 1), np.nan, r"y\[11, 1\] is nan; expected finite numbers"),
    "share": ("binary_cross_entropy", X, ONE_HOT, 1, (11, 1), 2.0, r"y\[11, 1\] is 2\.0; targets of binary_cross_entropy lie"),
}


def prepared(case):
    loss, X_given, y_given, which, place, value, words = CASES[case]
    data = X_given.copy(), y_given.copy()
    return loss, data, data[which], place, value, words


@pytest.mark.parametrize("batch_size", [8, None])
@pytest.mark.parametrize("case", CASES)
def test_data_changed_after_an_epoch_are_found_before_the_next(case, batch_size):
    loss, data, array, place, value, words = prepared(case)
    trainer, plain = (make(loss=loss, batch_size=batch_size) for _ in range(2))
    plain.fit(*data, epochs=2)
    with pytest.raises(ValueError, match=f"^{words}.*; {CHANGED}$"):
        trainer.fit(*data, epochs=5, callbacks=Write(array, place, value))
    assert trainer.history.stopped == "error" and len(trainer.history) == trainer.epoch == 2
    assert trainer.model.network.parameters.tobytes() == plain.model.network.parameters.tobytes()


@pytest.mark.parametrize("case", CASES)
def test_data_changed_before_the_first_step_are_found(case):
    loss, data, array, place, value, words = prepared(case)
    trainer = make(loss=loss)
    before = bits(trainer)
    with pytest.raises(ValueError, match=f"^{words}.*; {CHANGED}$"):
        trainer.fit(*data, epochs=5, callbacks=Write(array, place, value, "on_fit_begin", 0))
    assert {**bits(trainer), ("epoch", "current"): None} == before | {("epoch", "losses"): bits(trainer)["epoch", "losses"]}


class EachStep(Write):
    def steps_to_pause(self, run):
        return 1


@pytest.mark.parametrize("case", CASES)
def test_data_changed_in_the_midst_of_an_epoch_are_found_before_it_is_counted(case):
    """By the loss, where it shows, or at the end of the epoch; never as a learning rate that is too large."""
    loss, data, array, place, value, words = prepared(case)
    trainer = make(loss=loss)
    with pytest.raises(ValueError, match=f"^{words}.*; {CHANGED}$"):
        trainer.fit(*data, epochs=5, callbacks=EachStep(array, place, value, "on_pause"))
    assert len(trainer.history) == trainer.epoch == 2 and np.isfinite(trainer.model.network.parameters).all()


@pytest.mark.parametrize("which", [0, 1])
def test_validation_data_are_looked_at_as_well(which):
    validation = X[:9].copy(), LABELS[:9].copy()
    trainer, words = make(), (r"X\[3, 1\] is nan", r"y\[3\] is 9")[which]
    write = Write(validation[which], [(3, 1), 3][which], [np.nan, 9][which])
    with pytest.raises(ValueError, match=f"^validation_data: {words}.*; {CHANGED}$"):
        trainer.fit(X, LABELS, epochs=5, validation_data=validation, callbacks=write)
    assert len(trainer.history) == 2


def test_data_that_another_thread_changes_are_named_when_training_diverges():
    data = X.copy()
    trainer = make(batch_size=None)
    threading.Timer(0.2, data.fill, [np.nan]).start()
    with pytest.raises(ValueError, match=rf"^X\[0, 0\] is nan.*; {CHANGED}$"):
        trainer.fit(data, LABELS, epochs=10**7)
    assert np.isfinite(trainer.model.network.parameters).all() and len(trainer.history) == trainer.epoch


def test_data_that_stay_in_order_may_be_changed():
    data = X.copy()
    history = make().fit(data, LABELS, epochs=4, callbacks=Write(data, slice(None), 0.5))
    assert history.stopped == "epochs" and len(history) == 4


def test_data_are_looked_at_again_only_where_there_are_callbacks(monkeypatch):
    looked = []
    monkeypatch.setattr(fastbp.training.fitting, "check_again", lambda *arguments: looked.append(arguments))
    make().fit(X, LABELS, epochs=4, validation_data=(X, LABELS))
    assert looked == []
    make().fit(X, LABELS, epochs=4, callbacks=fastbp.Callback())
    assert 4 <= len(looked) <= 8, "once an epoch, and again after a pause in its midst"


def test_a_read_only_view_of_what_is_written_is_looked_at():
    data = X.copy()
    view = data[:]
    view.flags.writeable = False
    with pytest.raises(ValueError, match=rf"^X\[7, 2\] is nan.*; {CHANGED}$"):
        make().fit(view, LABELS, epochs=5, callbacks=Write(data, (7, 2), np.nan))


def test_one_column_of_targets():
    model = fastbp.MLP([3, 4, 1], seed=0)
    trainer, y = fastbp.Trainer(model, loss="squared_error", batch_size=8), X[:, 0].copy()
    with pytest.raises(ValueError, match=rf"^y\[{N - 1}, 0\] is inf; .*; {CHANGED}$"):
        trainer.fit(X, y, epochs=5, callbacks=Write(y, N - 1, np.inf))
