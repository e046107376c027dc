"""The gradient of a batch in several calls: each makes those of some layers, the last ones first, so that they can be sent meanwhile.

The first call passes the batch forward, the others find what it has left in the buffers. Bits are those of one call.
"""

from __future__ import annotations

from fastbp.compiling.units import variant
from fastbp.kernels.arguments import Call
from fastbp.kernels.codes import APART, BY_LAYERS
from fastbp.kernels.gradient import weight_gradients
from fastbp.kernels.loss import output_delta, total_loss
from fastbp.kernels.passes import forward_batch, hidden_deltas, keeping
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.sharing import own_panels
from fastbp.kernels.team import meet


def gradients_of_layers(call: Call, batch: Batch, task: Task) -> None:
    """Deltas and gradients of the layers from ``first_layer`` to ``end_layer``; with the last layer ``results[step]`` = the loss."""
    network, workspace, layers = call.network, call.workspace, Span(call.first_layer, call.end_layer)
    panels, is_first = own_panels(workspace, batch.rows, task), layers.end == network.layers
    if is_first:
        forward_batch(call, batch, 1, task)
        output_delta(call.objective, network, workspace, call.data, batch.rows, panels)
    hidden_deltas(network, workspace, batch.rows, Span(layers.begin, min(layers.end, network.layers - 1)), panels, task)
    meet(workspace.team, task)
    weight_gradients(network, workspace, call.data, keeping(call.rule), batch, Span(0, batch.rows), layers, task)
    if is_first and task.number == 0:
        call.results[batch.step] = total_loss(workspace, batch.rows)
    meet(workspace.team, task)


variant(gradients_of_layers, APART, BY_LAYERS, "gradients_of_layers")
