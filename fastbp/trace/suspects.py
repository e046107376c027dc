"""Which rows are most likely mislabelled, by what a run has made of them."""

from __future__ import annotations

import numpy as np

from fastbp.trace.contributions import Contributions
from fastbp.trace.recording import Recording, by_rows


def suspects(recording: Recording, *, top: int | None = 20) -> Contributions:
    """Tell which rows the net has learnt against: wrong labels are learnt late, since the rows like them say otherwise.

    The score of a row is the mean, over all its recorded visits, of what its output deltas say is wrong, half their absolute sum over the
    row's share of the loss: with cross-entropy ``1 - p``, p the probability of its label before the step. It is near kin to the area under
    the margin (G. Pleiss et al., NeurIPS 2020). The rows in question are trained on, once, with no folds; a run that goes on until it has
    learnt all labels by heart tells less.

    Parameters
    ----------
    recording : Recording
        With the last layer. Rows that no recorded step has visited are not told: record with ``every=1``, or long enough.
    top : int or None, default 20
        How many rows, the most suspicious first; None: all that were visited.

    Returns
    -------
    Contributions
        ``"row"`` by its place in the training data, and ``"contribution"``, the score.

    Raises
    ------
    ValueError, TypeError
        For a recording without the last layer.
    """
    last = len(recording.about["layer_sizes"]) - 2
    if last not in recording.layers:
        raise ValueError(f"suspects need the deltas of the last layer, {last}; recorded are {', '.join(map(str, recording.layers))}")
    rows, scores = [], []
    for step in recording:
        rows.append(step.rows)
        # A row without a share has nothing to say.
        shares = np.where(step.shares > 0, step.shares, np.inf)
        scores.append(np.abs(step.deltas(last)).sum(axis=1) / shares / 2)
    visited, visits = np.unique(np.concatenate(rows), return_counts=True)
    each = np.concatenate(scores) / visits[np.searchsorted(visited, np.concatenate(rows))]
    return by_rows(f"mean error over {len(recording)} steps by rows", np.concatenate(rows), each, top)
