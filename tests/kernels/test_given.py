"""Updates from gradients that are there: made part by part, by several, they leave the bits of one made at once."""

import numpy as np
import pytest
from small_task import TARGETS, X, make

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.kernels.codes import AFTER, NORMS, RULE, SQUARES, TRUST
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.portions import Span
from fastbp.training.sharded import WHOLE, Alone

pytestmark = pytest.mark.kernels

LIMITS = {"clip_norm": 0.1, "clip_value": 0.02, "l1": 0.01, "max_norm": 0.7, "layer_rates": (2.0, 0.5)}
# More than a block of parameters.
HIDDEN = 140 if DISABLED else 400


class Halves(Alone):
    """Each part of an update is made for some of the parameters, then for the others, in the order in which it is given."""

    def update(self, update, limits):
        spans = [Span(PIECE, self._size), Span(0, PIECE)]
        for part in (SQUARES, RULE, NORMS, TRUST):
            for span in spans:
                update(part, span)
        update(AFTER, Span(0, self._size))


def trained(optimizer, group=Alone, threads=1, epochs=1 if DISABLED else 3):
    trainer = make(optimizer, loss="squared_error", shards=2, batch_size=25, hidden=HIDDEN, between="layer", threads=threads)
    trainer._engine.join(group(trainer.run))
    trainer.fit(X, TARGETS, epochs=epochs)
    run = trainer.run
    return [array.tobytes() for array in (run.model.network.parameters, run.memory.slots, run.averages.flat)]


@pytest.mark.parametrize(
    "optimizer", [fastbp.SGD(0.05), fastbp.Adam(0.02, decoupled_weight_decay=0.3, **LIMITS), fastbp.LAMB(0.02, **LIMITS)], ids=str
)
def test_parts_are_as_the_whole(optimizer):
    assert WHOLE == SQUARES | RULE | NORMS | TRUST | AFTER
    whole = trained(optimizer)
    assert trained(optimizer, Halves) == whole == trained(optimizer, threads=2)


def test_a_clipped_step_by_hand():
    trainer = make(fastbp.SGD(1.0, clip_norm=1e-3), shards=2, dtype="float64")
    before = trainer.model.network.parameters.copy()
    trainer.step(X, (X[:, 0] > 0).astype(int))
    step = trainer.model.network.parameters - before
    assert np.sqrt((step**2).sum()) == pytest.approx(1e-3, rel=1e-4)
