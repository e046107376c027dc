"""However processes and threads are started, under every threading layer of Numba's: none ends or hangs, and all bits are the same."""

import json
import os
from pathlib import Path

import pytest

import fastbp

CODE = "import sys, processes\nprocesses.main(sys.argv[1])"
HELPERS = Path(__file__).parent / "helpers"
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join([str(Path(fastbp.__file__).parent.parent), str(HELPERS)]),
    "NUMBA_NUM_THREADS": "2",
    # Python's own word on forks beside threads.
    "PYTHONWARNINGS": "error,ignore:This process:DeprecationWarning",
}
FORKS = ["fork_before_use", "fork_after_use", "fork_after_a_kernel", "fork_while_a_thread_trains", "fork_pool", "forkserver"]
THREADS = ["joblib_threads", "four_threads", "kernel_in_main_thread", "kernel_in_another_thread", "nested", "beside_idle_threads"]


@pytest.fixture(scope="module")
def wanted(run_python):
    (digest,) = json.loads(run_python(CODE, "plain", **ENVIRONMENT))
    return digest


@pytest.fixture(scope="module", params=["omp", "workqueue", "tbb"])
def layer(request, run_python):
    code = "import numba\ntry: print(numba.get_num_threads(), numba.threading_layer())\nexcept ValueError: print('none')"
    if "none" in run_python(code, NUMBA_THREADING_LAYER=request.param):
        pytest.skip(f"Numba's threading layer {request.param} is not installed")
    return request.param


@pytest.mark.parametrize("case", [*FORKS, "spawn", "loky", *THREADS])
def test_same_bits(run_python, wanted, layer, case):
    if case in FORKS and not hasattr(os, "fork"):
        pytest.skip("processes cannot be forked here")
    digests = json.loads(run_python(CODE, case, seconds=120, NUMBA_THREADING_LAYER=layer, **ENVIRONMENT))
    assert digests and set(digests) == {wanted}
