"""Each parameter has one owner, and owners have whole blocks."""

import itertools

import pytest

import fastbp
from fastbp.distributed.spans import buckets_of, spans_of
from fastbp.kernels.arguments import WEIGHT
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.portions import Span


@pytest.mark.parametrize("size", [16, PIECE, PIECE + 16, 5 * PIECE + 16, 1000 * PIECE])
@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_spans_follow_each_other(size, processes):
    spans = spans_of(Span(0, size), processes)
    assert len(spans) == processes and spans[0].begin == 0 and spans[-1].end == size
    assert all(one.end == other.begin for one, other in itertools.pairwise(spans))
    assert all(span.begin % PIECE == 0 or span.begin == size for span in spans)


def test_they_are_about_as_large():
    lengths = [span.end - span.begin for span in spans_of(Span(0, 1000 * PIECE), 7)]
    assert max(lengths) - min(lengths) <= PIECE


BUCKETS = [
    ([784, 512, 512, 10], {}, [(1, 3), (0, 1)]),
    ([20, 64, 64, 3], {}, [(0, 3)]),
    ([512, 512, 512, 512], {}, [(2, 3), (1, 2), (0, 1)]),
    ([10, 512, 512, 10], {}, [(1, 3), (0, 1)]),
    ([1, 1, 512, 700], {}, [(2, 3), (0, 2)]),
    ([512, 512, 512, 512], {"dropout": 0.1}, [(0, 3)]),
    ([256, 512, 512, 512], {"dtype": "float64"}, [(2, 3), (1, 2), (0, 1)]),
]


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
@pytest.mark.parametrize(("sizes", "settings", "layers"), BUCKETS)
def test_buckets_are_of_a_megabyte_or_more_the_last_layers_first(sizes, settings, layers, processes):
    network = fastbp.MLP(sizes, seed=0, **settings).network
    buckets = buckets_of(network, processes)
    assert [bucket.layers for bucket in buckets] == layers
    spans = [span for bucket in reversed(buckets) for span in bucket.spans]
    assert spans[0].begin == 0 and spans[-1].end == network.size
    assert all(one.end == other.begin for one, other in itertools.pairwise(spans))
    assert all(span.begin % PIECE == 0 or span.begin == network.size for span in spans)


def test_on_one_machine_there_is_one_bucket():
    network = fastbp.MLP([784, 512, 512, 10], seed=0).network
    assert buckets_of(network, 3, by_layers=False) == [(Span(0, 3), spans_of(Span(0, network.size), 3))]


@pytest.mark.parametrize(("sizes", "settings", "layers"), BUCKETS)
def test_a_bucket_has_gradients_of_its_layers_and_of_those_before_it_alone(sizes, settings, layers):
    network = fastbp.MLP(sizes, seed=0, **settings).network
    for bucket in buckets_of(network, 3):
        assert bucket.spans[0].begin >= network.table[bucket.layers.begin, WEIGHT]
