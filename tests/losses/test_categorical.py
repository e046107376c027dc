"""Focal loss of several classes: settings, targets, accuracy, files."""

import numpy as np
import pytest

import fastbp
from fastbp.verification.problems import random_inputs, random_model

X, LABELS = random_inputs(60, 4), np.arange(60) % 3


def test_it_trains_counts_right_rows_and_is_kept_in_files(tmp_path):
    trainer = fastbp.Trainer(random_model([4, 8, 3]), loss=fastbp.CategoricalFocal(1.5, [1, 2, 3]), optimizer="adam", seed=0)
    history = trainer.fit(X, LABELS, epochs=20)
    assert history.loss[-1] < history.loss[0]
    right = trainer.model.predict(X).argmax(axis=1) == LABELS
    assert trainer.evaluate(X, LABELS)["accuracy"] == pytest.approx(right.mean(), rel=1e-12)
    trainer.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert again.loss == trainer.loss and again.fit(X, LABELS, epochs=2).loss == trainer.fit(X, LABELS, epochs=2).loss


def test_settings_are_checked():
    for settings, error, message in (
        ({"gamma": -1}, ValueError, "gamma is -1"),
        ({"alpha": 0}, ValueError, "alpha is 0"),
        ({"alpha": []}, ValueError, "alpha is empty"),
        ({"alpha": None}, TypeError, "alpha is None"),
    ):
        with pytest.raises(error, match=message):
            fastbp.CategoricalFocal(**settings)
    with pytest.raises(ValueError, match="alpha has 2 numbers; the model has 3 outputs"):
        fastbp.Trainer(fastbp.MLP([2, 3]), loss=fastbp.CategoricalFocal(alpha=[1, 2]))
    with pytest.raises(ValueError, match="loss='categorical_focal' needs at least 2 outputs, one a class; for one output use loss='focal'"):
        fastbp.Trainer(fastbp.MLP([2, 1]), loss="categorical_focal")


def test_it_is_found_by_the_names_of_others():
    with pytest.raises(ValueError, match="is called 'categorical_focal' here"):
        fastbp.Trainer(fastbp.MLP([2, 3]), loss="CategoricalFocalCrossentropy")
    assert str(fastbp.CategoricalFocal()) == "categorical_focal"
    assert repr(fastbp.CategoricalFocal(1, [1, 2])) == "CategoricalFocal(gamma=1.0, alpha=(1.0, 2.0))"
