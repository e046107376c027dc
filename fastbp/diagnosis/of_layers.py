"""What is ill about layers: their weights, their units, their gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from fastbp.diagnosis.finding import Finding, plural
from fastbp.diagnosis.layers import LayerStatistics
from fastbp.mlp import MLP

# On fewer rows a unit may be without a slope by chance.
_ROWS = 30
# Some dead units are usual; 40 % are what CS231n calls the mark of a learning rate too high, so that a quarter is worth a word.
_DEAD = 0.25
# Of saturated ones as many: X. Glorot and Y. Bengio (AISTATS 2010) saw nets stall when a whole layer was.
_SATURATED = 0.25
# From the layer of the largest gradient back to that of the smallest: a factor of 1/4, the largest slope of sigmoid, seven times.
_VANISHED = 1e-4
# The other way round: gradients that grow by 10 a layer, three times.
_GROWN = 1e3
# With a gradient of so many times the weights, a step of SGD at 0.01 is as large as the weights.
_LARGE = 100.0


def layer_findings(model: MLP, layers: Sequence[LayerStatistics], rows: int) -> Iterator[Finding]:
    """All of them, of so many rows looked at."""
    ill = [layer for layer, pair in enumerate(zip(model.weights, model.biases, strict=True)) if not all(np.isfinite(a).all() for a in pair)]
    for layer in ill:
        what = f"weights or biases of layer {layer} are infinite or NaN."
        yield Finding("weights not finite", what, "Assign others, or begin again with a smaller learning rate.", {}, layer)
    if ill:
        return
    yield from _alike(model)
    if rows >= _ROWS:
        for each in layers[:-1]:
            yield from _units(each, rows)
    yield from _gradients(layers)


def _alike(model: MLP) -> Iterator[Finding]:
    for layer, (into, bias, out) in enumerate(zip(model.weights[:-1], model.biases[:-1], model.weights[1:], strict=True)):
        units = bias.size
        if units > 1 and not (np.ptp(into, axis=1).any() or np.ptp(bias) or np.ptp(out, axis=0).any()):
            what = f"all {units:,} units of layer {layer} have the same weights, so that all learn the same."
            advice = "Begin with random weights, such as init='auto' draws."
            yield Finding("units all alike", what, advice, {"units": units}, layer)


def _units(layer: LayerStatistics, rows: int) -> Iterator[Finding]:
    units = plural(layer.n_out, "unit")
    if layer.dead > _DEAD * layer.n_out:
        yield Finding(
            "dead units",
            f"{layer.dead:,} of the {units} of layer {layer.layer} ({layer.activation}) have no slope on any of the {rows:,} rows.",
            "Begin again with a smaller learning rate or scaled inputs; leaky_relu and elu units cannot die.",
            {"dead": layer.dead, "units": layer.n_out},
            layer.layer,
        )
    if layer.saturated > _SATURATED * layer.n_out:
        yield Finding(
            "saturated units",
            f"{layer.saturated:,} of the {units} of layer {layer.layer} ({layer.activation}) are at their limits on 95 % of the rows.",
            "Scale the inputs, begin with smaller weights, or take normalization='batch' or relu.",
            {"saturated": layer.saturated, "units": layer.n_out},
            layer.layer,
        )


def _gradients(layers: Sequence[LayerStatistics]) -> Iterator[Finding]:
    ratios = [each.gradient_ratio for each in layers]
    if not all(map(math.isfinite, ratios)) or max(ratios) == 0:
        return
    least, most = int(np.argmin(ratios)), int(np.argmax(ratios))
    # Of the layers that come after them, nearer to the loss.
    larger, smaller = max(ratios[least:]), min(ratios[most:])
    vanished = ratios[least] < _VANISHED * larger
    if vanished:
        yield Finding(
            "vanishing gradients",
            f"the gradient of layer {least} is {ratios[least]:.1e} of its weights, that of a later layer {larger:.1e} of its own.",
            "Take relu or a like of it, normalization='batch' or 'layer', or fewer layers.",
            {"least": ratios[least], "most": larger},
            least,
        )
    grown = ratios[most] > _GROWN * smaller and not vanished
    if grown or ratios[most] > _LARGE:
        others = f", that of a later layer {smaller:.1e} of its own" if grown else ""
        yield Finding(
            "exploding gradients",
            f"the gradient of layer {most} is {ratios[most]:.1e} times its weights{others}.",
            "Scale inputs and targets, begin with smaller weights (init='auto'), or limit the step with clip_norm=1.0.",
            {"most": ratios[most], "least": smaller},
            most,
        )
