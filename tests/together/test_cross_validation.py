"""`fastbp.cross_validate`: each fold's model has not seen what it is scored on."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, N, X, bits, make

import fastbp


def test_each_fold_is_as_trained_alone_and_scored_on_what_it_has_not_seen():
    found = fastbp.cross_validate(make(), X, LABELS, epochs=4, folds=3, metrics=["f1"])
    for trainer, (training, held_out), i in zip(found.trainers, found.folds, range(3), strict=True):
        alone = make()
        alone.fit(X[training], LABELS[training], epochs=4, validation_data=(X[held_out], LABELS[held_out]), metrics=["f1"])
        assert bits(trainer) == bits(alone)
        scores = alone.evaluate(X[held_out], LABELS[held_out], metrics=["f1"])
        assert {name: values[i] for name, values in found.scores.items()} == scores
        np.testing.assert_array_equal(found.predictions[held_out], alone.model.predict(X[held_out]))
    assert found.mean["loss"] == pytest.approx(np.mean(found.scores["loss"]))
    assert found.deviation["loss"] == pytest.approx(np.std(found.scores["loss"], ddof=1))


def test_the_template_stays_as_it_is_and_a_function_knows_the_fold():
    template, made = make("sgd"), []
    before = bits(template)

    def build(fold):
        made.append(fold)
        return make("sgd", seed=fold)

    first = fastbp.cross_validate(template, X, LABELS, epochs=1, folds=2)
    second = fastbp.cross_validate(build, X, LABELS, epochs=1, folds=2, seed=None)
    assert bits(template) == before and made == [0, 1]
    assert [trainer.seed for trainer in (*first.trainers, *second.trainers)] == [0, 0, 0, 1]


def test_folds_of_scikit_learn_that_leave_rows_out_or_take_them_twice():
    folds = [(np.arange(10, N), np.arange(10)), (np.arange(20, N), np.arange(5, 15))]
    found = fastbp.cross_validate(make(loss="squared_error"), X, TARGETS, epochs=2, folds=folds)
    one, two = (trainer.model.predict(X) for trainer in found.trainers)
    np.testing.assert_array_equal(found.predictions[:5], one[:5])
    np.testing.assert_allclose(found.predictions[5:10], (one[5:10].astype(float) + two[5:10]) / 2)
    assert np.isnan(found.predictions[15:]).all()
    assert np.isnan(fastbp.cross_validate(make(), X, LABELS, epochs=1, folds=folds[:1]).deviation["loss"])


def test_what_there_is_to_look_at():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    found = fastbp.cross_validate(make(), X, LABELS, epochs=3, folds=2)
    assert repr(found).startswith("CrossValidation(2 folds, loss ") and " +- " in repr(found)
    assert found._repr_html_().count("<tr>") == 3
    assert found.plot().get_ylabel() == "val_loss" and found.plot(metric="loss").get_ylabel() == "loss"
    pyplot.close("all")
    assert len(found.ensemble()) == 2 and found.ensemble().histories == tuple(found.histories)


@pytest.mark.parametrize(
    ("make_", "message"),
    [(3, "make is an object of type int; expected a Trainer"), (lambda fold: make().model, "make gave an object of type MLP")],
)
def test_what_makes_no_trainers(make_, message):
    with pytest.raises(TypeError, match=message):
        fastbp.cross_validate(make_, X, LABELS, epochs=1)
