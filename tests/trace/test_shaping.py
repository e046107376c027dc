"""Dropout and noise of the next step, as the kernels draw them."""

import numpy as np
import pytest

import fastbp
from fastbp.trace.shaping import shaped
from fastbp.verification.problems import random_inputs, random_model

X = random_inputs(12, 3)


def run_of(seed=3, **between):
    model = random_model([3, 6, 5, 2], **between)
    return fastbp.Trainer(model, loss="squared_error", seed=seed).run


def test_without_any_all_is_as_it_is():
    inputs, masks = shaped(run_of(), X)
    assert (
        (inputs == X).all() and [mask.shape for mask in masks] == [(12, 3), (12, 6), (12, 5)] and all((mask == 1).all() for mask in masks)
    )


def test_who_is_left_out_depends_on_seed_step_layer_row_and_unit():
    run = run_of(dropout=(0.5, 0.2), input_dropout=0.25)
    inputs, masks = shaped(run, X)
    assert [sorted({*mask.ravel()}) for mask in masks] == [[0, 1 / 0.75], [0, 2], [0, 1.25]] and (inputs == X).all()
    again, other = shaped(run, X[:5])[1], shaped(run_of(4, dropout=(0.5, 0.2), input_dropout=0.25), X)[1]
    assert (again[1] == masks[1][:5]).all() and (other[1] != masks[1]).any()
    run.position.steps += 1
    assert (shaped(run, X)[1][1] != masks[1]).any()


@pytest.mark.parametrize("deviation", [0.1, 10.0])
def test_noise_has_its_deviation(deviation):
    noise = shaped(run_of(input_noise=deviation), np.zeros((200, 3)))[0] / deviation
    assert abs(noise.mean()) < 0.15 and noise.std() == pytest.approx(1, abs=0.1)
