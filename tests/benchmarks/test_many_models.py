"""The comparison of many models: its command line, its table, and that fastbp's ways train the same nets."""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import many_models  # not installed: found by the path
from benchmarks.comparison import many


class Timed(NamedTuple):
    """A way that has been timed."""

    name: str
    times: list
    failed: str | None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--nets", "0"], "argument --nets: '0'"), (["--ways", "jax.vmap; jax"], "argument --ways: 'jax'; expected some of fastbp together")],
)
def test_malformed_option_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        many_models.read(arguments)
    assert error.value.code == 2 and message in capsys.readouterr().err


def test_some_ways_in_the_order_of_the_list():
    assert many_models.read(["--ways", "jax.vmap; fastbp, 1 thread"]).ways == ["fastbp, 1 thread", "jax.vmap"]


def test_the_table_has_ratios_and_what_failed():
    given = {"fastbp together": [1e-6, 2e-6], "fastbp, 1 thread": [2e-6, 4e-6], "jax.vmap": []}
    ways = [Timed(name, times, None if times else "it is not here") for name, times in given.items()]
    text = "\n".join(many_models.table(ways, {}))
    assert "2.00" in text and "(fastbp, 1 thread): 2.00 times as fast" in text and "jax.vmap failed: it is not here" in text


def test_orders_are_of_each_net():
    found = many.orders(np.random.default_rng(0), 3, 100)
    assert found.shape == (3, 3, 32)
    assert all(len(np.unique(found[:, net])) == 96 for net in range(3)) and (found[:, 0] != found[:, 1]).any()


def test_the_ways_of_fastbp_train_the_same_nets():
    together, alone = many.Together(3, 320), many.OnOneThread(3, 320)
    assert together.train(2) == alone.train(2)
    for one, other in zip(together.trainers, alone.trainers, strict=True):
        np.testing.assert_array_equal(one.model.network.parameters, other.model.network.parameters)
