"""The ledger of one batch."""

from __future__ import annotations

from fastbp.trace.queries import Queries
from fastbp.trace.seeing import Seeing


class Trace(Queries, Seeing):
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
    labels : ndarray of shape (n,) or None
        The number of each row's class; None where the targets are no classes.
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
    loss_function : Loss
    optimizer : Optimizer or Solver
        A copy.
    classes, feature_names : tuple or None
        Those of the model.
    """

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.layer_sizes))
        return f"Trace({len(self.inputs)} rows through {sizes}, loss {self.loss:.4g})"
