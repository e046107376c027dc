"""How many threads are used by default: no more than the processors that the process may use, or than a container's share of time."""

import os

import pytest

from fastbp.processors import cpus


@pytest.fixture
def system(tmp_path):
    """Writes files of a system below a folder, and gives what they grant."""

    def quota(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return cpus.quota(tmp_path)

    return quota


GROUPS = "sys/fs/cgroup"
V2 = "0::/user.slice/work\n"
V1 = "12:cpuset:/other\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/init\n"
BOTH = "4:cpu:/docker/abc\n0::/docker/abc\n"


@pytest.mark.parametrize(
    ("groups", "files", "wanted"),
    [
        (V2, {"user.slice/work/cpu.max": "200000 100000\n"}, 2),
        (V2, {"user.slice/work/cpu.max": "150000 100000\n"}, 2),
        (V2, {"user.slice/work/cpu.max": "1000 100000\n"}, 1),
        (V2, {"user.slice/work/cpu.max": "max 100000\n"}, None),
        (V2, {"user.slice/work/cpu.max": "max 100000\n", "user.slice/cpu.max": "300000 100000\n"}, 3),
        (V2, {"user.slice/work/cpu.max": "400000 100000\n", "user.slice/cpu.max": "300000 100000\n"}, 3),
        (V2, {"cpu.max": "500000 100000\n"}, 5),
        ("0::/\n", {"cpu.max": "500000 100000\n"}, 5),
        ("0::/../elsewhere\n", {"cpu.max": "500000 100000\n"}, 5),
        (V2, {"user.slice/other/cpu.max": "100000 100000\n"}, None),
        (V1, {"cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "250000\n", "cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n"}, 3),
        (V1, {"cpu/docker/cpu.cfs_quota_us": "50000\n", "cpu/docker/cpu.cfs_period_us": "100000\n"}, 1),
        (V1, {"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2),
        (V1, {"cpu/docker/abc/cpu.cfs_quota_us": "-1\n", "cpu/docker/abc/cpu.cfs_period_us": "100000\n"}, None),
        (V1, {"cpuset/other/cpu.cfs_quota_us": "100000\n", "cpuset/other/cpu.cfs_period_us": "100000\n"}, None),
        (BOTH, {"unified/docker/abc/cpu.max": "200000 100000\n"}, 2),
        (BOTH, {"cpu/docker/abc/cpu.cfs_quota_us": "300000\n", "cpu/docker/abc/cpu.cfs_period_us": "100000\n"}, 3),
    ],
)
def test_quotas_are_rounded_up(system, groups, files, wanted):
    assert system({"proc/self/cgroup": groups} | {f"{GROUPS}/{name}": content for name, content in files.items()}) == wanted


@pytest.mark.parametrize("groups", ["", "\n", "nothing\n", "0:\n", "a:b:c:d\n", "::::\n", b"\xff\xfe0::/\n", "0::/user.slice/work"])
@pytest.mark.parametrize("content", ["", "\n", "max", "200000", "a b\n", "1 0\n", "-5 100\n", b"\xff\xfe", "1e5 1e5", "nan 1"])
def test_odd_files_grant_everything(system, groups, content):
    names = ("cpu.max", "user.slice/work/cpu.max", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")
    files = {"proc/self/cgroup": groups} | {f"{GROUPS}/{name}": content for name in names}
    # "200000" twice is a quota of version 1: one processor.
    assert system(files) in (None, 1)


def test_missing_files_grant_everything(system, tmp_path):
    assert system({}) is None
    assert system({"proc/self/cgroup": V2}) is None
    (tmp_path / GROUPS / "cpu.max").mkdir(parents=True)
    assert system({}) is None


CODE = """
import os, sys, numpy as np, numba, fastbp
from fastbp.processors import cpus
from fastbp.kernels import programs

assert numba.get_num_threads() == 2
exec(sys.argv[1])
X, y = np.random.default_rng(0).normal(size=(64, 40)).astype(np.float32), np.arange(64) % 3
run, seen = programs.run, []
programs.run = lambda *arguments: (seen.append(arguments[-1]), run(*arguments))
for threads in (None, 2):
    model = fastbp.MLP([40, 400, 300, 3], seed=0)
    fastbp.Trainer(model, loss='cross_entropy', seed=0, threads=threads).step(X, y)
    print(seen.pop(), model.network.parameters.sum())
"""

AFFINITY = "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
QUOTA = "cpus._own_quota = lambda: 1"


@pytest.mark.parametrize("limit", [AFFINITY, QUOTA], ids=["affinity", "quota"])
def test_limits_set_after_numba_has_started_hold_unless_threads_are_asked_for(run_python, limit):
    if limit == AFFINITY and not hasattr(os, "sched_setaffinity"):
        pytest.skip("processes cannot be bound to processors here")
    default, asked = (line.split() for line in run_python(CODE, limit, NUMBA_NUM_THREADS="2").splitlines())
    assert (default[0], asked[0]) == ("1", "2")
    assert default[1] == asked[1]
