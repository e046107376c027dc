"""Frames: the numbers of mixed columns, one column of labels, and columns taken by their names."""

import copy
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

import fastbp
from fastbp.data.frames import is_frame, names_of

NAMES = ["age", "height", "weight"]
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 3)).astype(np.float32)
LABELS = (X[:, 0] > 0).astype(np.int64)
FRAMES = {
    "pandas": lambda array, names=NAMES: pd.DataFrame(array, columns=names),
    "polars": lambda array, names=NAMES: pl.DataFrame(array, schema=list(names)),
}


def make():
    return fastbp.Trainer(fastbp.MLP([3, 4, 2], seed=0), loss="cross_entropy", optimizer="adam", batch_size=8, seed=0)


def bits(trainer):
    return trainer.model.network.parameters.tobytes()


@pytest.fixture(params=FRAMES)
def frame(request):
    return FRAMES[request.param]


@pytest.fixture
def trained(frame):
    trainer = make()
    trainer.fit(frame(X), LABELS, epochs=1)
    return trainer


def turned(frame):
    """The same columns in another order."""
    return frame(X[:, [2, 0, 1]], ["weight", "age", "height"])


# Numbers


@pytest.mark.parametrize(
    ("columns", "dtype"),
    [
        ({"a": np.arange(24, dtype="f4"), "b": LABELS > 0, "c": np.arange(24, dtype="u1")}, "f4"),
        ({"a": np.arange(24) * 0.5, "b": LABELS > 0, "c": np.arange(24)}, "f8"),
        ({"a": np.arange(24), "b": LABELS > 0, "c": LABELS == 0}, "i8"),
    ],
)
def test_a_frame_of_numbers_and_bools_is_taken_as_numbers(columns, dtype):
    array = np.stack(list(columns.values()), axis=1).astype(dtype)
    found = [make() for _ in range(3)]
    for trainer, data in zip(found, (array, pd.DataFrame(columns), pl.DataFrame(columns)), strict=True):
        trainer.fit(data, LABELS, epochs=2)
        assert trainer.model.predict(data).tobytes() == found[0].model.predict(array).tobytes()
    assert len({bits(trainer) for trainer in found}) == 1


def test_a_frame_of_dummies_is_taken():
    given = pd.get_dummies(pd.DataFrame({"age": X[:, 0], "colour": np.where(LABELS, "red", "blue")}))
    trainer, plain = make(), make()
    trainer.fit(given, LABELS, epochs=1)
    plain.fit(np.stack([X[:, 0], LABELS == 0, LABELS], axis=1), LABELS, epochs=1)
    assert trainer.model.feature_names == ("age", "colour_blue", "colour_red") and bits(trainer) == bits(plain)


def test_a_frame_with_a_column_of_other_things_is_refused():
    with pytest.raises(TypeError, match=r"X has dtype object \(DataFrame\); expected real numbers"):
        make().fit(pd.DataFrame({"a": X[:, 0], "b": LABELS > 0, "c": "red"}), LABELS, epochs=1)


# Labels


def test_a_frame_with_one_column_of_labels_is_taken(frame):
    trainer, plain = make(), make()
    column = frame(LABELS[:, np.newaxis], ["label"])
    trainer.fit(X, column, epochs=2, validation_data=(X, column))
    plain.fit(X, LABELS, epochs=2, validation_data=(X, LABELS))
    assert bits(trainer) == bits(plain) and trainer.history.val_loss == plain.history.val_loss
    assert trainer.evaluate(X, column) == plain.evaluate(X, LABELS)
    assert trainer.step(X, column) == plain.step(X, LABELS)


def test_a_column_of_labels_that_is_no_frame_is_taken_too():
    wanted = make()
    wanted.fit(X, LABELS, epochs=1)
    for column in (LABELS[:, np.newaxis], LABELS[:, np.newaxis].tolist()):
        trainer = make()
        trainer.fit(X, column, epochs=1)
        assert bits(trainer) == bits(wanted)


# Names


def test_the_names_of_the_first_frame_are_remembered(frame):
    for train in (lambda trainer: trainer.fit(frame(X), LABELS, epochs=1), lambda trainer: trainer.step(frame(X[:2]), LABELS[:2])):
        trainer = make()
        assert trainer.model.feature_names is None
        trainer.fit(X, LABELS, epochs=1)
        trainer.evaluate(frame(X), LABELS)
        trainer.loss_and_gradients(frame(X), LABELS)
        trainer.model.predict(frame(X))
        assert trainer.model.feature_names is None, "it was not trained on a frame"
        train(trainer)
        assert trainer.model.feature_names == tuple(NAMES)
        trainer.fit(X, LABELS, epochs=1)
        assert trainer.model.feature_names == tuple(NAMES)


def test_a_refused_fit_leaves_no_names(frame):
    trainer = make()
    for arguments in ({"y": LABELS[:3]}, {"y": LABELS, "epochs": -1}, {"y": LABELS, "validation_data": (X, LABELS[:3])}):
        with pytest.raises(ValueError, match="expected"):
            trainer.fit(frame(X), **{"epochs": 1} | arguments)
    assert trainer.model.feature_names is None


@pytest.mark.parametrize("order", [[2, 0, 1], [1, 0, 2], [0, 1, 2]])
def test_columns_in_another_order_are_taken_by_name(frame, trained, order):
    plain, data = make(), frame(X[:, order], [NAMES[i] for i in order])
    plain.fit(X, LABELS, epochs=1)
    assert trained.model.predict(data).tobytes() == plain.model.predict(X).tobytes()
    assert trained.model.predict(data[:1]).tobytes() == plain.model.predict(X[:1]).tobytes()
    assert trained.evaluate(data, LABELS) == plain.evaluate(X, LABELS)
    assert trained.step(data, LABELS) == plain.step(X, LABELS)
    assert trained.loss_and_gradients(data, LABELS)[0] == plain.loss_and_gradients(X, LABELS)[0]
    trained.fit(data, LABELS, epochs=2)
    plain.fit(X, LABELS, epochs=2)
    assert bits(trained) == bits(plain) and trained.model.feature_names == tuple(NAMES)


def test_validation_data_follow_the_names_of_the_data_trained_on(frame):
    trainer, plain = make(), make()
    trainer.fit(frame(X), LABELS, epochs=2, validation_data=(turned(frame), LABELS))
    plain.fit(X, LABELS, epochs=2, validation_data=(X, LABELS))
    assert trainer.history.val_loss == plain.history.val_loss
    with pytest.raises(ValueError, match=r"validation_data: X has other columns than .*: missing 'weight', unexpected 'wieght'"):
        make().fit(frame(X), LABELS, epochs=1, validation_data=(frame(X, ["age", "height", "wieght"]), LABELS))


BAD_NAMES = [
    (["age", "height", "wieght"], "missing 'weight', unexpected 'wieght'"),
    (["age", "height"], "missing 'weight'"),
    (["age", "height", "weight", "id"], "unexpected 'id'"),
    (list("abcde"), "missing 'age', 'height', 'weight', unexpected 'a', 'b', 'c' and 2 more"),
]


@pytest.mark.parametrize(("names", "words"), BAD_NAMES)
def test_other_names_are_refused(frame, trained, names, words):
    data = frame(np.zeros((24, len(names)), np.float32), names)
    calls = [
        trained.model.predict,
        lambda data: trained.fit(data, LABELS, epochs=1),
        lambda data: trained.step(data, LABELS),
        lambda data: trained.evaluate(data, LABELS),
        lambda data: trained.loss_and_gradients(data, LABELS),
    ]
    before = bits(trained), trained.steps
    for call in calls:
        message = f"X has other columns than those the model was trained on (model.feature_names): {words}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            call(data)
    assert (bits(trained), trained.steps) == before


def test_a_column_that_comes_twice_is_unexpected():
    trainer = make()
    trainer.fit(pd.DataFrame(X, columns=NAMES), LABELS, epochs=1)
    with pytest.raises(ValueError, match=r"unexpected 'age'$"):
        trainer.model.predict(pd.DataFrame(X[:, [0, 0, 1, 2]], columns=["age", *NAMES]))


@pytest.mark.parametrize("names", [["a", "b", "a"], [0, 1, 2], ["a", "b", 2], [("a", "b"), ("a", "c"), ("b", "c")]])
def test_names_that_tell_nothing_are_not_remembered(names):
    trainer = make()
    trainer.fit(pd.DataFrame(X, columns=names), LABELS, epochs=1)
    assert trainer.model.feature_names is None


def test_an_array_and_a_frame_without_names_are_taken_as_they_are(trained):
    plain = make()
    plain.fit(X, LABELS, epochs=1)
    for data in (X, X.tolist(), pd.DataFrame(X)):
        assert trained.model.predict(data).tobytes() == plain.model.predict(X).tobytes()


def test_the_names_are_kept_in_files_and_copies(tmp_path, frame, trained):
    model = trained.model
    model.save(tmp_path / "model")
    trained.save(tmp_path / "run")
    others = [fastbp.MLP.load(tmp_path / "model"), fastbp.MLP.load(tmp_path / "run"), fastbp.Trainer.resume(tmp_path / "run").model]
    for other in [*others, copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model)), copy.deepcopy(trained).model]:
        assert other.feature_names == tuple(NAMES)
        assert other.predict(turned(frame)).tobytes() == model.predict(X).tobytes()


def test_the_names_cannot_be_assigned(trained):
    with pytest.raises(AttributeError, match=r"model\.feature_names is .* and stays so"):
        trained.model.feature_names = None


# What a frame is


def test_what_a_frame_is():
    frames = [pd.DataFrame(X), pl.DataFrame(X)]
    assert all(map(is_frame, frames))
    others = [X, X.tolist(), pd.Series(X[:, 0]), pl.Series(X[:, 0]), pl.DataFrame(X).lazy(), None, "columns", pd.DataFrame]
    assert not any(map(is_frame, others))
    assert [names_of(other) for other in others] == [None] * len(others)
    assert names_of(pd.DataFrame(X).iloc[:, :0]) is None
