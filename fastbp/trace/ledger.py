"""The ledger of one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastbp._textbook import Array
from fastbp.activations import Activation
from fastbp.losses import Loss
from fastbp.trace.seeing import Seeing


@dataclass(frozen=True, repr=False, eq=False)
class Trace(Seeing):
    """All numbers of one step of back-propagation on a batch of n rows, in float64, as `Trainer.trace` finds them.

    What row r has to do with the gradient of a weight is one product::

        dL/dW_l[i, j] = sum over r of activations[l][r, i] * deltas[l][r, j]

    Lists have an entry a layer of weights, from the first on.

    Attributes
    ----------
    inputs : ndarray of shape (n, n_inputs)
        What the first layer reads, with noise and dropout where the model has any.
    targets : ndarray of shape (n, n_targets)
        Labels of several classes as rows of ones and zeros.
    shares, losses : ndarray of shape (n,)
        What each row's loss is multiplied with: 1 / n, or its weight over the sum of them; the loss of each row times that.
    loss : float
        The sum of `losses`.
    activations : list of ndarray
        ``activations[l]``, (n, width), goes into layer l; one more entry is what the output layer gives.
    sums, normalized : list of ndarray of shape (n, n_out)
        z = a W + b, and what the activation is of: the same where the layer is not normalised.
    slopes : list of ndarray or None
        The derivative of each unit's activation by its own `normalized`, (n, n_out), times its factor of dropout. None where outputs depend
        on each other's sums, as of softmax.
    errors : list of ndarray or None
        dL/da of each unit, a what the next layer reads; None for the outputs of losses that are written by z, as cross-entropy.
    deltas : list of ndarray of shape (n, n_out)
        dL/dz, each row with its share.
    weights, biases : list of ndarray
        Copies.
    weight_gradients, bias_gradients : list of ndarray
        (n_in, n_out) and (n_out,) of each layer.
    scale_gradients, shift_gradients : list of ndarray
        (n_out,) of each normalised layer; empty without normalisation.
    layer_sizes : tuple of int
    activation_names : tuple of str
    loss_name, optimizer_name : str
    learning_rate : float or None
        That of the next step; None of a solver.
    functions : tuple of Activation
        The activations themselves, of which `activation_names` are the names; `loss_function` and `optimizer` likewise.
    feature_names, classes : sequence or None
        What the model calls its inputs, and its outputs where they are classes.
    """

    inputs: Array
    targets: Array
    shares: Array
    losses: Array
    loss: float
    sums: list[Array]
    normalized: list[Array]
    activations: list[Array]
    deltas: list[Array]
    slopes: list[Array | None]
    errors: list[Array | None]
    weights: list[Array]
    biases: list[Array]
    weight_gradients: list[Array]
    bias_gradients: list[Array]
    scale_gradients: list[Array]
    shift_gradients: list[Array]
    layer_sizes: tuple[int, ...]
    activation_names: tuple[str, ...]
    loss_name: str
    optimizer_name: str
    learning_rate: float | None
    functions: tuple[Activation, ...]
    loss_function: Loss
    optimizer: Any
    feature_names: Sequence[str] | None
    classes: Sequence[Any] | None

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.layer_sizes))
        return f"Trace({len(self.inputs)} rows through {sizes}, loss {self.loss:.4g})"
