"""Each parameter has one owner, and owners have whole blocks."""

import itertools

import pytest

import fastbp
from fastbp.distributed.spans import common, layers_at_a_time, parameters_of, spans_of
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.portions import Span


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


@pytest.mark.parametrize(
    ("sizes", "settings", "expected"),
    [
        ([784, 512, 512, 10], {}, [(1, 3), (0, 1)]),
        ([20, 64, 64, 3], {}, [(0, 3)]),
        ([512, 512, 512, 512], {}, [(2, 3), (1, 2), (0, 1)]),
        ([10, 512, 512, 10], {}, [(1, 3), (0, 1)]),
        ([512, 512, 512, 512], {"dropout": 0.1}, [(0, 3)]),
        ([256, 512, 512, 512], {"dtype": "float64"}, [(2, 3), (1, 2), (0, 1)]),
    ],
)
def test_layers_are_sent_by_megabytes_the_last_ones_first(sizes, settings, expected):
    network = fastbp.MLP(sizes, seed=0, **settings).network
    found = layers_at_a_time(network)
    assert found == expected
    spans = [parameters_of(network, layers) for layers in reversed(found)]
    assert spans[0].begin == 0 and spans[-1].end == network.size
    assert all(one.end == other.begin for one, other in itertools.pairwise(spans))


def test_what_two_spans_have_in_common():
    assert common(Span(2, 9), Span(5, 20)) == common(Span(5, 20), Span(2, 9)) == (5, 9)
    for other in (Span(9, 12), Span(0, 2), Span(4, 4)):
        found = common(Span(2, 9), other)
        assert found.begin == found.end
