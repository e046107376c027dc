"""What stands around training is compared with nothing at all."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import bench_callbacks as module  # not installed: found by the path

pytestmark = pytest.mark.skipif(DISABLED, reason="thousands of steps")


def test_callbacks_and_metrics_are_shares_of_what_there_is_without(monkeypatch):
    monkeypatch.setattr(module, "STEPS", 10)
    monkeypatch.setattr(module, "ROWS", 100)
    epoch, shares = module.shares_of_epoch(rounds=1)
    assert epoch > 0 and [*shares] == [*module.CALLBACKS][1:] and np.isfinite([*shares.values()]).all()
    for net, (_, _, metrics) in module.PASSES.items():
        took, shares = module.shares_of_pass(net, rounds=1)
        assert took > 0 and [*shares] == [", ".join(each) for each in metrics] and min(shares.values()) > -100
