"""Each parameter has one owner, and owners have whole blocks."""

import itertools

import pytest

from fastbp.distributed.spans import spans_of
from fastbp.kernels.lanes.sizes import PIECE


@pytest.mark.parametrize("size", [16, PIECE, PIECE + 16, 5 * PIECE + 16, 1000 * PIECE])
@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_spans_follow_each_other(size, processes):
    spans = spans_of(size, processes)
    assert len(spans) == processes and spans[0].begin == 0 and spans[-1].end == size
    assert all(one.end == other.begin for one, other in itertools.pairwise(spans))
    assert all(span.begin % PIECE == 0 or span.begin == size for span in spans)


def test_they_are_about_as_large():
    lengths = [span.end - span.begin for span in spans_of(1000 * PIECE, 7)]
    assert max(lengths) - min(lengths) <= PIECE
