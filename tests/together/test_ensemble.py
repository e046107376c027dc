"""`fastbp.Ensemble`: means, spreads and entropies against NumPy; files; models that do not go together."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, N, X, make

import fastbp
from fastbp.together.ensemble import Ensemble


def trained(loss="cross_entropy", y=LABELS, members=3, **settings):
    trainers = [make(loss=loss, model_seed=i, seed=i, **settings) for i in range(members)]
    fastbp.train_together(trainers, X, y, epochs=3)
    return trainers


def entropy(p):
    return -(p * np.log(p)).sum(axis=-1)


def test_mean_spread_and_entropies_of_classes():
    trainers = trained()
    ensemble = Ensemble(trainers)
    each = np.stack([trainer.model.predict(X) for trainer in trainers]).astype(np.float64)
    np.testing.assert_array_equal(ensemble.predict_each(X), each.astype(np.float32))
    np.testing.assert_allclose(ensemble.predict(X), each.mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(ensemble.predict_class(X), each.mean(axis=0).argmax(axis=1))
    found = ensemble.uncertainty(X)
    np.testing.assert_allclose(found.mean, each.mean(axis=0))
    np.testing.assert_allclose(found.spread, each.std(axis=0, ddof=1))
    np.testing.assert_allclose(found.entropy, entropy(each.mean(axis=0)))
    np.testing.assert_allclose(found.disagreement, entropy(each.mean(axis=0)) - entropy(each).mean(axis=0), atol=1e-12)
    assert (found.disagreement > 0).all() and found.entropy.shape == (N,)


def test_entropies_of_yes_and_no_are_of_each_output():
    ensemble = Ensemble(trained("binary_cross_entropy", np.stack([LABELS, 1 - LABELS], axis=1)))
    found = ensemble.uncertainty(X)
    np.testing.assert_allclose(found.entropy, entropy(np.stack([found.mean, 1 - found.mean], axis=-1)))
    assert found.disagreement.shape == (N, 2)


def test_numbers_have_no_entropy_and_one_model_no_spread():
    found = Ensemble(trained("squared_error", TARGETS)).uncertainty(X)
    assert found.entropy is None and found.disagreement is None and (found.spread > 0).all()
    assert (Ensemble([make().model]).uncertainty(X).spread == 0).all()


def test_certain_models_have_no_entropy():
    model = fastbp.MLP([3, 2], init=([np.zeros((3, 2))], [[500, -500]]), output_activation="softmax")
    found = Ensemble([model, model]).uncertainty(X)
    assert (found.entropy == 0).all() and (found.disagreement == 0).all()


def test_labels_of_classes_come_back():
    models = [fastbp.MLP([3, 4, 1], classes=["no", "yes"], output_activation="sigmoid", seed=i) for i in range(3)]
    ensemble = Ensemble(models)
    np.testing.assert_array_equal(ensemble.predict_class(X), np.where(ensemble.predict(X)[:, 0] > 0.5, "yes", "no"))
    assert ensemble.classes == ("no", "yes") and ensemble.feature_names is None


def test_saved_and_loaded_it_is_the_same_to_the_bit(tmp_path):
    ensemble = Ensemble(trained(between="batch"))
    ensemble.save(tmp_path / "ensemble.safetensors")
    again = Ensemble.load(tmp_path / "ensemble.safetensors")
    np.testing.assert_array_equal(again.predict_each(X), ensemble.predict_each(X))
    assert again.histories == ensemble.histories and repr(again) == repr(ensemble)
    Ensemble(ensemble.models).save(tmp_path / "models.safetensors")
    assert Ensemble.load(tmp_path / "models.safetensors").histories == ()


def test_what_there_is_to_look_at():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    ensemble = Ensemble(trained())
    assert len(ensemble.plot().lines) == 4
    pyplot.close("all")
    assert repr(ensemble).startswith("Ensemble(3 models: MLP(3-6-2")
    assert ", ...)" in repr(Ensemble([make(hidden=4).model, make(hidden=5).model]))
    with pytest.raises(ValueError, match="no histories: it was made of models"):
        Ensemble(ensemble.models).plot()


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ([], ValueError, "members is empty"),
        (make(), TypeError, "members is of type Trainer; expected a list"),
        ([make().model, 3], TypeError, r"members\[1\] is of type int; expected an MLP or a Trainer"),
        ([make().model, make()], TypeError, "members holds models and trainers"),
        ([fastbp.MLP([3, 2]), fastbp.MLP([4, 2])], ValueError, r"members\[1\] has inputs 4, members\[0\] 3"),
        ([fastbp.MLP([3, 2]), fastbp.MLP([3, 1])], ValueError, r"members\[1\] has outputs 1, members\[0\] 2"),
        ([make(), make(loss="squared_error")], ValueError, r"has output activation identity, members\[0\] softmax"),
        ([fastbp.MLP([3, 2], classes=["a", "b"]), fastbp.MLP([3, 2])], ValueError, r"has classes None"),
    ],
)
def test_models_that_do_not_go_together(members, error, message):
    with pytest.raises(error, match=message):
        Ensemble(members)
