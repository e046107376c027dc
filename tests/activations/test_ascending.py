"""Outputs sorted in groups: where they may be, and what becomes of them in files and copies."""

import copy

import numpy as np
import pytest

import fastbp
from fastbp.activations import Ascending
from fastbp.verification.problems import random_inputs, random_model


def test_it_is_for_outputs_and_losses_of_logits_alone():
    with pytest.raises(ValueError, match="is for the output"):
        fastbp.MLP([2, 3, 3], activation=Ascending(3))
    model = fastbp.MLP([2, 6], output_activation=Ascending(3))
    fastbp.Trainer(model, loss=fastbp.Quantile([0.1, 0.5, 0.9]))
    for loss in ("cross_entropy", "squared_error", "huber"):
        with pytest.raises(ValueError, match=f"loss='{loss}' .*; the model has ascending"):
            fastbp.Trainer(model, loss=loss)


@pytest.mark.parametrize(("size", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError), ("3", TypeError)])
def test_the_size_is_a_number_of_outputs(size, error):
    with pytest.raises(error, match=r"size is .*; expected an integer of at least 1"):
        Ascending(size)


def test_it_is_in_files_and_copies(tmp_path):
    model, X = random_model([2, 5, 6], activation="tanh", output_activation=Ascending(3)), random_inputs(9, 2)
    model.save(tmp_path / "model")
    for other in (fastbp.MLP.load(tmp_path / "model"), copy.deepcopy(model)):
        assert other.output_activation == Ascending(3) != Ascending(2)
        assert np.array_equal(other.predict(X), model.predict(X))
    assert (str(Ascending(3)), repr(Ascending(3))) == ("ascending(3)", "Ascending(size=3)")
