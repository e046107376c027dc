"""Gradients of a batch made layer by layer, in a call each, are to the bit those of one call."""

import itertools

import numpy as np
import pytest
from drawn import draws, up_to
from hypothesis import example, given
from hypothesis import strategies as st

import fastbp
from fastbp.kernels.portions import Span
from fastbp.training.sharded import Alone
from fastbp.verification.problems import random_inputs, random_model, random_targets

pytestmark = pytest.mark.kernels

SIZES = st.lists(st.integers(1, up_to(60, 20)), min_size=3, max_size=5)


class InParts(Alone):
    """Has the layers one by one, or some of them at a time, and adds them when all are there."""

    def __init__(self, run, ends):
        super().__init__(run)
        last = run.model.network.layers
        ends = [last, *sorted({end for end in ends if end < last}, reverse=True), 0]
        self.layers = [Span(begin, end) for end, begin in itertools.pairwise(ends)]

    def take(self, shard, layers):
        if layers.begin == 0:
            super().take(shard, layers)


def trained(sizes, rows, ends, loss="squared_error", threads=1, dtype="float32"):
    model = random_model(sizes, dtype=dtype, activation="relu")
    trainer = fastbp.Trainer(model, loss=loss, optimizer="adam", batch_size=2 * rows, shards=2, seed=0, threads=threads)
    if ends is not None:
        trainer._engine.join(InParts(trainer.run, ends))
    X, targets = random_inputs(2 * rows + 3, sizes[0], dtype=dtype), random_targets(loss, 2 * rows + 3, sizes[-1], dtype=dtype)
    trainer.fit(X, targets, epochs=2)
    return model.network.parameters.tobytes(), np.array(trainer.history.loss).tobytes()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
@draws(25)
@given(sizes=SIZES, rows=st.integers(1, 70), ends=st.sets(st.integers(1, 3)))
@example([70, 40, 20, 2], 5, {1, 2})
@example([40, 60, 1, 33], 40, {1, 2})
def test_the_bits_are_those_of_one_call(threads, loss, sizes, rows, ends):
    assert trained(sizes, rows, ends, loss, threads) == trained(sizes, rows, None, loss)


@pytest.mark.parametrize("rows", [3, 20, 130])
def test_wide_layers_on_two_threads(rows):
    sizes = [up_to(300, 30), up_to(400, 40), up_to(260, 26), 5]
    assert trained(sizes, rows, {1, 2}, threads=2, dtype="float64") == trained(sizes, rows, None, dtype="float64")
