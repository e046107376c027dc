"""The doctor: what is ill about a run, found by looking at its data, its layers and its next step, on a copy.

==================================  ==========================================================================================
finding                             where
==================================  ==========================================================================================
weights not finite                  a weight or bias of a layer is infinite or NaN
units all alike                     the units of a hidden layer have the same weights, and stay alike for ever
dead units                          units whose derivative is 0 on all rows, which learn nothing
saturated units                     units of sigmoid, tanh and the like that are at their limits on nearly all rows
vanishing gradients                 gradients that get small on their way back to the first layers
exploding gradients                 gradients that grow on that way, or are larger than the weights by far
learning rate too large             a step that raises the loss of its own rows, where a tenth of it would raise it less
learning rate too small             steps too small to be seen, where a hundred times as much would lower the loss
diverged                            the last ``fit`` ended with a `DivergenceError`
unscaled inputs                     columns of large, of tiny, or of large and hardly differing numbers
unscaled targets                    the same of targets
targets out of reach                targets that the output activation cannot give
labels out of balance               a class with less than a tenth of its even share
column that tells the target        one column predicts the target nearly perfectly
few rows for batch normalisation    batches too small for means and variances
==================================  ==========================================================================================
"""

from __future__ import annotations

from fastbp.diagnosis.doctor import diagnose
from fastbp.diagnosis.finding import Finding
from fastbp.diagnosis.layers import LayerStatistics
from fastbp.diagnosis.report import Diagnosis

__all__ = ["Diagnosis", "Finding", "LayerStatistics", "diagnose"]
