"""Forward and delta without what comes between two layers, for networks where that is a pass of its own (``shaped.py``)."""

from __future__ import annotations

from fastbp.compiling.jit import naming
from fastbp.compiling.units import variant
from fastbp.kernels.codes import BARE, DELTA, FORWARD
from fastbp.kernels.delta import delta_few_of, hidden_delta_of
from fastbp.kernels.forward import forward_few_of, forward_layer_of

with naming("bare"):
    variant(forward_layer_of(forward_few_of(bare=True), bare=True), FORWARD, BARE, "forward_bare")
    variant(hidden_delta_of(delta_few_of(bare=True), bare=True), DELTA, BARE, "delta_bare")
