"""Losses that are units of their own, compiled when a run asks for them."""

from __future__ import annotations

from fastbp.kernels.codes import (
    CATEGORICAL_FOCAL,
    CLIPPED_BINARY_CROSS_ENTROPY,
    CLIPPED_CROSS_ENTROPY,
    HALF_SQUARED_ERROR,
    SMOOTHED_CROSS_ENTROPY,
    is_of_predictions,
)
from fastbp.kernels.errors.add import add, add_elementwise
from fastbp.kernels.errors.elementwise import ELEMENTWISE
from fastbp.kernels.errors.focal import categorical_focal
from fastbp.kernels.errors.own import add_own as add_own
from fastbp.kernels.errors.reported import clipped_binary_cross_entropy, clipped_cross_entropy, half_squared_error
from fastbp.kernels.errors.smoothed import smoothed_cross_entropy

for code, of in ELEMENTWISE.items():
    add_elementwise(code, of, of_predictions=is_of_predictions(code))
add(SMOOTHED_CROSS_ENTROPY, smoothed_cross_entropy, of_predictions=False)
add(CATEGORICAL_FOCAL, categorical_focal, of_predictions=False)
add(CLIPPED_CROSS_ENTROPY, clipped_cross_entropy, of_predictions=False)
add_elementwise(CLIPPED_BINARY_CROSS_ENTROPY, clipped_binary_cross_entropy, of_predictions=False)
add_elementwise(HALF_SQUARED_ERROR, half_squared_error, of_predictions=True)
