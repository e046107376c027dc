"""The averages of batch normalisation follow the sums of what the shards leave in the places of the gradients."""

import numpy as np
import pytest

import fastbp
from fastbp.kernels.portions import Span
from fastbp.training.moments import Moments


def model_of(dtype="float64"):
    return fastbp.MLP([2, 3, 5, 1], activation="tanh", normalization=fastbp.BatchNorm(momentum=0.25), dtype=dtype, seed=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_averages_go_a_share_of_the_way_and_leave_zeros(dtype):
    model = model_of(dtype)
    before, size = {name: array.copy() for name, array in model.named_arrays().items()}, model.network.size
    total = np.full(size, 4.0, model.dtype)
    Moments(model).follow(total, Span(0, size))
    for name, array in model.named_arrays().items():
        # Means begin with 0, variances with 1.
        wanted = {"running_means": 1.0, "running_variances": 1.75}.get(name.split(".")[0])
        assert np.array_equal(array, before[name] if wanted is None else np.full(array.shape, wanted))
    assert np.count_nonzero(total == 0) == 2 * (3 + 5) and np.count_nonzero(total == 4) == size - 16


def test_each_part_is_changed_by_its_owner_alone():
    one, two = model_of(), model_of()
    size, random = one.network.size, np.random.default_rng(0)
    total = random.normal(size=size)
    Moments(one).follow(total.copy(), Span(0, size))
    middle = int(np.flatnonzero(one.network.parameters != two.network.parameters)[5])
    moments = Moments(two)
    for part in (Span(middle, size), Span(0, middle)):
        moments.follow(total.copy(), part)
    assert np.array_equal(one.network.parameters, two.network.parameters)


def test_a_model_without_averages_stays_as_it_is():
    model = fastbp.MLP([2, 3, 1], normalization="layer", seed=0)
    before, total = model.network.parameters.copy(), np.ones(model.network.size, np.float32)
    Moments(model).follow(total, Span(0, total.size))
    assert np.array_equal(model.network.parameters, before) and total.all()
