"""A call of fit with a share of its rows kept for validation: the same bits as of a call that is given both parts."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from small_task import LABELS, TARGETS, N, StopAt, X, bits, make

import fastbp
from fastbp.callbacks import CALLBACKS
from fastbp.data.split import split
from fastbp.training import fitting
from fastbp.training.sets import check_sets

WEIGHTS = np.random.default_rng(1).uniform(0.5, 2, N)
SPLIT = 0.2


def parts(labels=LABELS, share=SPLIT):
    return split(share, N, labels, 0)


def by_hand(trainer, y, weights=None, groups=None, **settings):
    training, validation = split(SPLIT, N, groups, trainer.seed)
    of = [None, None] if weights is None else [weights[training], weights[validation]]
    data = (X[validation], y[validation]) if weights is None else (X[validation], y[validation], of[1])
    trainer.fit(X[training], y[training], epochs=4, sample_weight=of[0], validation_data=data, **settings)
    return trainer


@pytest.mark.parametrize("batch_size", [1, 8, None])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("settings", [{}, {"class_weight": "balanced", "shuffle": False}])
def test_the_bits_are_those_of_two_data_sets(batch_size, weights, settings):
    trainer, expected = make(batch_size=batch_size, **settings), make(batch_size=batch_size, **settings)
    trainer.fit(X, LABELS, epochs=4, validation_split=SPLIT, sample_weight=weights)
    assert bits(trainer) == bits(by_hand(expected, LABELS, weights, LABELS))
    assert None not in trainer.history.val_loss


def test_validation_of_many_rows_is_of_those_that_were_chosen():
    # More than a pass over a data set takes at once.
    rows, share = 40_000, 0.5
    big = np.random.default_rng(0).normal(size=(rows, 3))
    y, weights = (big[:, 0] > 0).astype(int), np.random.default_rng(1).uniform(0.5, 2, rows)
    trainer, (_, validation) = make(batch_size=1000), split(share, rows, y, 0)
    history = trainer.fit(big, y, epochs=1, validation_split=share, sample_weight=weights, metrics=["f1"])
    expected = trainer.evaluate(big[validation], y[validation], weights[validation], metrics=["f1"])
    assert [history.val_loss[0], history.val_accuracy[0], history.val_f1[0]] == [*expected.values()]


def test_targets_that_are_no_classes_are_not_stratified():
    trainer = make(loss="squared_error")
    trainer.fit(X, TARGETS, epochs=4, validation_split=SPLIT)
    assert bits(trainer) == bits(by_hand(make(loss="squared_error"), TARGETS))


@pytest.mark.parametrize(
    ("y", "settings"),
    [
        (np.array(["no", "yes"])[LABELS], {"classes": ["no", "yes"]}),
        (np.eye(2)[LABELS], {}),
        (LABELS.astype(float)[:, None], {}),
        (LABELS * 2 - 1, {"loss": "hinge", "outputs": 1}),
        (LABELS.astype(float), {"loss": "binary_cross_entropy", "outputs": 1}),
        (LABELS > 0, {"loss": "focal", "outputs": 1}),
    ],
)
def test_classes_of_any_kind_are_stratified(y, settings):
    model = fastbp.MLP([3, 2, settings.get("outputs", 2)], classes=settings.get("classes"), seed=0)
    trainer = fastbp.Trainer(model, loss=settings.get("loss", "cross_entropy"), seed=0)
    rows, validation = check_sets(trainer.run, X, y, None, None, SPLIT)
    assert_array_equal(rows.chosen, parts()[0])
    assert_array_equal(validation.chosen, parts()[1])


def test_missing_labels_are_a_class_of_their_own_and_soft_ones_none():
    model = fastbp.MLP([3, 2, 1], seed=0)
    trainer = fastbp.Trainer(model, loss="binary_cross_entropy", missing_targets="ignore", seed=0)
    y = LABELS.astype(float)
    y[::4] = np.nan
    groups = np.where(np.isnan(y), 2, LABELS)
    assert_array_equal(check_sets(trainer.run, X, y, None, None, SPLIT)[0].chosen, parts(groups)[0])
    assert_array_equal(check_sets(trainer.run, X, 0.3 + 0.5 * LABELS, None, None, SPLIT)[0].chosen, parts(None)[0])


def test_a_frame_is_split_and_its_names_are_kept():
    frame, trainer, expected = pd.DataFrame(X, columns=["a", "b", "c"]), make(), make()
    trainer.fit(frame, pd.Series(LABELS, index=np.arange(N)[::-1]), epochs=4, validation_split=SPLIT)
    expected.fit(X, LABELS, epochs=4, validation_split=SPLIT)
    assert bits(trainer) == bits(expected) and trainer.model.feature_names == ("a", "b", "c")


@pytest.mark.parametrize("steps", [3, 5, 12])
def test_a_resumed_run_validates_on_the_same_rows(tmp_path, steps):
    trainer, expected = make(), make()
    expected.fit(X, LABELS, epochs=4, validation_split=SPLIT)
    trainer.fit(X, LABELS, epochs=4, validation_split=SPLIT, callbacks=StopAt(steps))
    trainer.save(tmp_path / "run.safetensors")
    resumed = fastbp.Trainer.resume(tmp_path / "run.safetensors")
    resumed.fit(X, LABELS, epochs=4 - resumed.epoch, validation_split=SPLIT)
    assert bits(resumed) == bits(expected)


@pytest.mark.parametrize(
    ("share", "said"), [(0.3, r"choice of rows is int64 \(35, 1\)"), (None, "choice of rows is not given instead of int64")]
)
def test_another_split_of_a_resumed_run_is_told(tmp_path, share, said):
    trainer = make()
    trainer.fit(X, LABELS, epochs=1, validation_split=SPLIT)
    trainer.save(tmp_path / "run.safetensors")
    resumed = fastbp.Trainer.resume(tmp_path / "run.safetensors")
    with pytest.warns(UserWarning, match=said) as told:
        resumed.fit(X, LABELS, epochs=1, validation_split=share)
    assert told[0].filename == __file__


def test_nothing_is_copied():
    tracemalloc = pytest.importorskip("tracemalloc")
    big, y = np.ones((20_000, 500), np.float32), np.arange(20_000) % 2
    trainer = fastbp.Trainer(fastbp.MLP([500, 1], seed=0), loss="binary_cross_entropy", optimizer=fastbp.SGD(1e-5), seed=0)
    trainer.fit(big[:100], y[:100], epochs=1, validation_split=SPLIT)
    tracemalloc.start()
    try:
        trainer.fit(big, y, epochs=1, validation_split=SPLIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.1 * big.nbytes


def test_a_divergence_is_found_in_the_rows_that_are_trained_on():
    spoilt, (training, _) = X.copy(), parts()
    spoilt[training[7]] = 3e38
    trainer = make(activation="relu")
    with pytest.raises(fastbp.DivergenceError, match="they reach 3e"):
        trainer.fit(spoilt, LABELS, epochs=2, validation_split=SPLIT)


def test_data_that_a_callback_spoils_are_told():
    class Spoil(fastbp.Callback):
        def on_epoch_end(self, run):
            data[parts()[1][0], 1] = np.nan

    data = X.copy()
    with pytest.raises(ValueError, match=rf"^X\[{parts()[1][0]}, 1\] is nan; .* the data were changed during fit"):
        make().fit(data, LABELS, epochs=3, validation_split=SPLIT, callbacks=Spoil())


class Look(fastbp.Callback):
    def __init__(self, changes_data):
        self.changes_data = changes_data


@pytest.mark.parametrize("changes_data", [False, True])
def test_data_are_checked_again_where_a_callback_may_have_changed_them(changes_data, monkeypatch):
    checked = []
    monkeypatch.setattr(fitting, "check_again", lambda *given: checked.append(given))
    make().fit(X, LABELS, epochs=3, callbacks=[fastbp.EarlyStopping("loss"), Look(changes_data)])
    # At the begin of each epoch, and at its end where there was a pause.
    assert len(checked) >= 3 if changes_data else not checked


def test_no_callback_of_the_package_changes_data():
    assert [cls.__name__ for cls in CALLBACKS.values() if cls.changes_data] == []
    assert fastbp.Callback.changes_data


def refused(said, error=ValueError, y=LABELS, **settings):
    trainer = make()
    before = bits(trainer)
    with pytest.raises(error, match=said):
        trainer.fit(X, y, epochs=1, **settings)
    assert bits(trainer) == before


def test_what_is_refused():
    refused("validation_split and validation_data are given", validation_split=0.1, validation_data=(X, LABELS))
    refused(r"validation_split is 0.0; expected a number in \(0, 1\)", validation_split=0)
    refused("validation_split is 'a'", TypeError, validation_split="a")
    refused("sample_weight has shape", validation_split=0.1, sample_weight=[1.0])
    only_training = np.zeros(N)
    only_training[parts()[0]] = 1
    refused("validation_split: sample_weight is all zeros", validation_split=SPLIT, sample_weight=only_training)
    refused("validation_split: sample_weight is all zeros", validation_split=SPLIT, sample_weight=1 - only_training)
