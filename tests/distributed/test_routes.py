"""Which rows each process needs: those of its shards, and the same steps once they are there."""

import numpy as np
import pytest

from fastbp.distributed.routes import moved, places_of, rows_at
from fastbp.training.mixup import Mixture
from fastbp.training.sharded import Steps, share

ORDER = np.random.default_rng(0).permutation(23)


def steps_of(order=ORDER, begin=0, batch=7, updates=3, mixture=None):
    return Steps(order, begin, batch, updates, mixture, 0, None, None)


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
@pytest.mark.parametrize(("begin", "batch", "updates"), [(0, 7, 3), (14, 7, 2), (0, 23, 5), (20, 20, 1), (21, 7, 1)])
def test_each_place_is_of_one_process_which_has_whole_shards(processes, begin, batch, updates):
    steps = steps_of(begin=begin, batch=batch, updates=updates)
    every = places_of(steps, 4, processes)
    last = min(23, begin + batch * updates)
    assert sorted(np.concatenate(every)) == list(range(begin, last))
    for rank, places in enumerate(every):
        wanted = []
        for number in range(updates if batch < 23 else 1):
            rows = steps.rows(number)
            cut = min(4, rows.end - rows.begin)
            for shard in range(*share(cut, rank, processes)):
                wanted += range(*(rows.begin + edge for edge in share(rows.end - rows.begin, shard, cut)))
        assert sorted(places) == wanted


def test_steps_find_their_rows_and_partners_where_they_have_been_moved():
    steps = steps_of(mixture=Mixture(ORDER[::-1].copy(), np.ones(23)))
    places = places_of(steps, 4, 2)[1]
    needed = rows_at(steps, places)
    held = np.random.default_rng(1).permutation(needed.size)
    here = np.empty_like(needed)
    here[held] = needed
    found = moved(steps, places, held)
    assert np.array_equal(here[found.order[places]], ORDER[places])
    assert np.array_equal(here[found.mixture.partners[places]], ORDER[::-1][places])
    assert found.mixture.shares is steps.mixture.shares and found.batch == 7
