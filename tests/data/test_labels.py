"""Labels of any kind: numbered and given back; and weights of classes."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.utils.class_weight import compute_class_weight

import fastbp
from fastbp.data.labels import check_class_weight, check_classes, decided, described, from_description, numbered, weights_of

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
NUMBERS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.8)
KINDS = {
    "strings": ["low", "mid", "high"],
    "integers": [7, -2, 40],
    "floats": [0.5, 1.5, 2.5],
    "digits": ["1", "0", "2"],
    "empty": ["", "a", "b"],
}
HOLDERS = {
    "list": list, "array": np.array, "column": lambda y: np.array(y)[:, np.newaxis], "objects": lambda y: np.array(y, object),
    "series": pd.Series, "frame": lambda y: pd.DataFrame({"y": y}), "polars": pl.Series, "polars frame": lambda y: pl.DataFrame({"y": y}),
    "categories": lambda y: pd.Series(y).astype("category"),
}  # fmt: skip


def trainer_of(classes, n_outputs=3, loss="cross_entropy", **settings):
    model = fastbp.MLP([3, 6, n_outputs], activation="tanh", seed=0, classes=classes)
    return fastbp.Trainer(model, loss=loss, optimizer=fastbp.Adam(0.05), seed=0, **settings)


@pytest.fixture(scope="module")
def wanted():
    """The parameters that numbers of classes lead to."""
    trainer = trainer_of(None)
    trainer.fit(X, NUMBERS, epochs=3)
    return trainer.model.network.parameters.tobytes()


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_any_kind_in_anything_train_as_their_numbers(kind, holder, wanted):
    labels = [KINDS[kind][number] for number in NUMBERS]
    trainer = trainer_of(KINDS[kind])
    history = trainer.fit(X, HOLDERS[holder](labels), epochs=3, validation_data=(X, HOLDERS[holder](labels)))
    assert trainer.model.network.parameters.tobytes() == wanted
    right = trainer.model.predict_class(X) == np.array(labels)
    assert trainer.evaluate(X, HOLDERS[holder](labels))["accuracy"] == pytest.approx(right.mean()) == history.val_accuracy[-1]


@pytest.mark.parametrize(("loss", "border"), [("binary_cross_entropy", 0.5), ("focal", 0.5), ("hinge", 0.0), ("squared_hinge", 0.0)])
@pytest.mark.parametrize("classes", [["no", "yes"], [False, True], [3, 1], None], ids=str)
def test_two_classes_have_one_output(classes, loss, border):
    numbers = (X[:, 0] > 0).astype(int)
    labels = np.array([0, 1] if classes is None else classes)[numbers]
    trainer = trainer_of(classes, 1, loss)
    trainer.fit(X, labels, epochs=60)
    found = trainer.model.predict_class(X)
    assert found.dtype == labels.dtype or classes is None
    assert np.array_equal(found, np.array([0, 1] if classes is None else classes)[(trainer.model.predict(X)[:, 0] > border).astype(int)])
    share = (found == labels).mean()
    assert share > 0.9 and trainer.evaluate(X, labels[:, np.newaxis])["accuracy"] == pytest.approx(share)


@pytest.mark.parametrize("output", ["softmax", "identity"])
def test_the_class_of_several_is_that_of_the_largest_output(output):
    model = fastbp.MLP([3, 3], output_activation=output, classes=["a", "b", "c"], seed=0)
    assert model.predict_class(X).tolist() == [model.classes[number] for number in model.predict(X).argmax(axis=1)]
    plain = fastbp.MLP([3, 3], output_activation=output, seed=0).predict_class(X)
    assert plain.dtype == np.int64 and np.array_equal(np.array(model.classes)[plain], model.predict_class(X))


@pytest.mark.parametrize("output", ["sigmoid", "identity"])
def test_the_border_of_one_output_is_a_half_of_probabilities_and_zero_of_logits(output):
    model = fastbp.MLP([1, 1], output_activation=output, init=([[[1.0]]], [[0.0]]), classes=["no", "yes"])
    assert model.predict_class([[-0.3], [0.0], [0.3]]).tolist() == ["no", "no", "yes"]


def test_rows_of_probabilities_are_taken_beside_labels():
    one, other = trainer_of(["a", "b", "c"]), trainer_of(None)
    assert one.loss_and_gradients(X, np.eye(3)[NUMBERS])[0] == other.loss_and_gradients(X, np.eye(3)[NUMBERS])[0]


@pytest.mark.parametrize("call", ["fit", "evaluate", "step", "loss_and_gradients"])
def test_an_unknown_label_is_refused_and_named(call):
    trainer, labels = trainer_of(["a", "b", "c"]), np.array(["a", "b", "c"])[NUMBERS]
    labels[7] = "z"
    before = trainer.model.network.parameters.tobytes()
    with pytest.raises(ValueError, match=r"y\[7\] is 'z'; the model's classes are 'a', 'b', 'c'"):
        getattr(trainer, call)(X, labels, **({"epochs": 1} if call == "fit" else {}))
    with pytest.raises(ValueError, match=r"validation_data: .*y\[7\] is 'z'|y\[7\] is 'z'"):
        trainer.fit(X, np.array(["a", "b", "c"])[NUMBERS], epochs=1, validation_data=(X, labels))
    assert trainer.model.network.parameters.tobytes() == before and trainer.steps == 0
    with pytest.raises(ValueError, match=r"y\[0\] is nan; the model's classes"):
        trainer.evaluate(X[:2], pd.Series([np.nan, "a"], dtype=object))


@pytest.mark.parametrize("classes", [["a", "b", "c"], [10, 20, 30], [0.5, 1.5, 2.5]], ids=str)
def test_classes_are_in_files_copies_and_pickles(classes, tmp_path):
    trainer = trainer_of(classes, class_weight={classes[0]: 2.0})
    trainer.fit(X, [classes[number] for number in NUMBERS], epochs=2)
    model, wanted = trainer.model, trainer.model.predict_class(X)
    model.save(tmp_path / "model")
    trainer.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert again.class_weight == trainer.class_weight
    for other in (fastbp.MLP.load(tmp_path / "model"), again.model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.classes == model.classes and np.array_equal(other.predict_class(X), wanted)


@pytest.mark.parametrize(
    ("given", "n_outputs", "error", "message"),
    [
        ("ab", 2, TypeError, r"classes is 'ab'; expected a list of labels such as \['no', 'yes'\]"),
        (5, 2, TypeError, "classes is 5; expected a list"),
        ([(1,), 2], 2, TypeError, r"classes holds \(1,\) of type tuple; expected strings or numbers"),
        ([None, "a"], 2, TypeError, "classes holds None of type NoneType"),
        (["a", 1], 2, TypeError, r"classes holds strings and numbers: \['a', 1\]; expected the ones or the others"),
        ([1.0, np.nan], 2, ValueError, "classes holds nan"),
        (["a", "a"], 2, ValueError, r"classes holds a label twice: \['a', 'a'\]"),
        ([0, False], 2, ValueError, "classes holds a label twice"),
        (["a"], 3, ValueError, "classes has 1 label; a model with 3 outputs tells 3 classes apart"),
        (["a"], 1, ValueError, "classes has 1 label; a model with 1 output tells 2 classes apart"),
    ],
)
def test_what_are_no_labels_is_refused(given, n_outputs, error, message):
    with pytest.raises(error, match=message):
        check_classes(given, n_outputs)


def test_labels_become_pythons():
    assert check_classes(np.array(["a", "b"]), 2) == ("a", "b")
    assert [type(label) for label in check_classes(np.array([1, 2]), 1)] == [int, int] and check_classes(None, 5) is None
    assert numbered([1, 0], None) == [1, 0] and numbered(np.zeros((2, 3)), ("a", "b", "c")).shape == (2, 3)
    assert decided(np.array([[0.1, 0.7, 0.2]]), None, 0.5).tolist() == [1]


@pytest.mark.parametrize("seed", range(3))
def test_balanced_weights_are_those_of_scikit_learn(seed):
    numbers = np.random.default_rng(seed).choice(4, 200, p=[0.6, 0.2, 0.15, 0.05])
    wanted = compute_class_weight("balanced", classes=np.arange(4), y=numbers)[numbers]
    assert np.array_equal(weights_of(numbers[:, np.newaxis], "balanced", 4, None), wanted)
    # Numbers of the loss, whatever the labels are called, and -1 and 1.
    assert np.array_equal(weights_of(numbers[:, np.newaxis], "balanced", 4, ("a", "b", "c", "d")), wanted)
    two = (numbers > 0).astype(int)
    wanted = compute_class_weight("balanced", classes=np.arange(2), y=two)[two]
    assert np.array_equal(weights_of(2 * two[:, np.newaxis] - 1, "balanced", 2, None), wanted)


def test_weights_by_label_leave_one_to_the_others():
    y = np.array([[0], [1], [2], [1]])
    assert weights_of(y, {1: 3.0}, 3, None).tolist() == [1, 3, 1, 3]
    assert weights_of(y, {"b": 3.0, "c": 0.0}, 3, ("a", "b", "c")).tolist() == [1, 3, 0, 3]
    assert weights_of(np.array([[-1], [1]]), {-1: 2.0, 1: 5.0}, 2, None).tolist() == [2, 5]


@pytest.mark.parametrize(
    ("targets", "weights", "message"),
    [
        ([[0.5], [1.0]], "balanced", "class_weight goes with labels of classes; y holds other targets"),
        ([[0], [7]], {0: 2.0}, "y holds other targets"),
        ([[-1], [0]], "balanced", "y holds other targets"),
        ([[0, 1], [1, 0]], "balanced", "y holds other targets"),
        ([[np.nan], [1]], "balanced", "y holds other targets"),
        ([[0], [1]], {"yes": 2.0}, "class_weight has the label 'yes'; expected one of 0, 1"),
    ],
)
def test_targets_that_are_no_classes_have_no_weights(targets, weights, message):
    with pytest.raises(ValueError, match=message):
        weights_of(np.array(targets), weights, 2, None)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([1, 2], TypeError, r"class_weight is \[1, 2\]; expected 'balanced', or a dict of weights by label such as"),
        ("balance", TypeError, "class_weight is 'balance'"),
        ({0: -1}, ValueError, "expected finite weights that are not negative"),
        ({0: np.inf}, ValueError, "expected finite weights that are not negative"),
        ({0: "x"}, TypeError, "class_weight has dtype <U1"),
    ],
)
def test_what_are_no_weights_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        check_class_weight(given)


@pytest.mark.parametrize("given", [None, "balanced", {0: 1.0, 1: 2.5}, {"a": 0.5}, {True: 2.0}], ids=str)
def test_weights_are_described_to_a_file_and_back(given):
    assert from_description(described(check_class_weight(given))) == given
