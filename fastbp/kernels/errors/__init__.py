"""Losses that are units of their own, compiled when a run asks for them."""

from __future__ import annotations

from fastbp.kernels.codes import SMOOTHED_CROSS_ENTROPY
from fastbp.kernels.errors.add import add, add_elementwise
from fastbp.kernels.errors.elementwise import ELEMENTWISE, OF_PREDICTIONS
from fastbp.kernels.errors.own import add_own as add_own
from fastbp.kernels.errors.smoothed import smoothed_cross_entropy

for code, of in ELEMENTWISE.items():
    add_elementwise(code, of, of_predictions=code in OF_PREDICTIONS)
add(SMOOTHED_CROSS_ENTROPY, smoothed_cross_entropy, of_predictions=False)
