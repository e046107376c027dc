"""What a recording costs is measured by the same fit without it, and there is a recording."""

import sys
from pathlib import Path

import numpy as np
import pytest

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.trace import Recording

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import bench_trace as module  # not installed: found by the path

pytestmark = pytest.mark.skipif(DISABLED, reason="thousands of steps")


def test_a_recording_is_a_share_of_training_without_it(monkeypatch):
    seen = []

    class Seen(fastbp.Record):
        def on_fit_end(self, run):
            super().on_fit_end(run)
            seen.append(Recording(self.path).steps.size)

    monkeypatch.setattr(module.fastbp, "Record", Seen)
    monkeypatch.setattr(module, "RECORDED", {net: (sizes, 2) for net, (sizes, _) in module.RECORDED.items()})
    found = [module.Record().track_share_of_training(net, 1, rounds=1) for net in module.RECORDED]
    # Two epochs of a hundred steps, twice: the first round may compile.
    assert seen == [2] * 2 * len(found) and np.isfinite(found).all() and min(found) > -100
