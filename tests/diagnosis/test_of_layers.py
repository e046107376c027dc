"""Illnesses of layers, at their thresholds."""

import dataclasses

import numpy as np
import pytest

import fastbp
from fastbp.diagnosis.layers import LayerStatistics
from fastbp.diagnosis.of_layers import layer_findings

WELL = LayerStatistics(0, 4, 100, "relu", 0.0, 0.1, 0.5, 0.0, 1.0, 0, 0, 0.01, 1e-3)
MODEL = fastbp.MLP([4, 5, 5, 2], activation="relu", seed=0)


def found(rows=100, model=MODEL, **numbers):
    """Of three layers, with lists of numbers for them."""
    layers = [dataclasses.replace(WELL, layer=i, **{name: each[i] for name, each in numbers.items()}) for i in range(3)]
    return [(finding.name, finding.layer) for finding in layer_findings(model, layers, rows)]


@pytest.mark.parametrize(("numbers", "wanted"), [
    ({}, []),
    ({"dead": [25, 0, 0]}, []),
    ({"dead": [0, 26, 0]}, [("dead units", 1)]),
    ({"saturated": [25, 0, 0]}, []),
    ({"saturated": [26, 30, 0]}, [("saturated units", 0), ("saturated units", 1)]),
    ({"gradient_ratio": [1.1e-4, 1.0, 1.0]}, []),
    ({"gradient_ratio": [1.0, 0.9e-4, 1.0]}, [("vanishing gradients", 1)]),
    ({"gradient_ratio": [1.0, 1.0, 1.1e-3]}, []),
    ({"gradient_ratio": [1.0, 1.0, 0.9e-3]}, [("exploding gradients", 0)]),
    ({"gradient_ratio": [99.0, 99.0, 99.0]}, []),
    ({"gradient_ratio": [99.0, 101.0, 99.0]}, [("exploding gradients", 1)]),
    ({"gradient_ratio": [0.0, 0.0, 0.0]}, []),
    ({"gradient_ratio": [np.inf, 1.0, 1.0]}, []),
])  # fmt: skip
def test_thresholds(numbers, wanted):
    assert found(**numbers) == wanted


def test_of_few_rows_units_are_not_judged():
    assert found(29, dead=[100, 0, 0], saturated=[0, 100, 0]) == [] != found(30, dead=[100, 0, 0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_of_weights_that_are_not_finite_nothing_else_is_said(value):
    model = fastbp.MLP([4, 5, 5, 2], seed=0)
    model.weights[0][0, 0] = model.biases[2][1] = value
    assert found(model=model, dead=[100, 0, 0]) == [("weights not finite", 0), ("weights not finite", 2)]


def test_units_are_alike_that_have_the_same_weights_on_both_sides():
    model = fastbp.MLP([4, 5, 5, 2], seed=0)
    model.weights[0][:] = [[1.0], [2.0], [3.0], [4.0]]
    assert found(model=model) == []
    model.weights[1][:] = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert found(model=model) == [("units all alike", 0)]
    model.biases[0][0] = 1
    assert found(model=model) == []
    one = fastbp.MLP([4, 1, 1, 2], seed=0)
    assert found(model=one) == []
