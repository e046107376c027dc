"""Several processes leave the bits of one alone, whatever their number; a fault on one stops all, with its message."""

import json

import pytest
from on_ranks import EVERY, SOME, digest, fit, made, results

from fastbp.compiling.jit import DISABLED

pytestmark = [pytest.mark.all_cores, pytest.mark.skipif(DISABLED, reason="the processes would take minutes in plain Python")]

# Ordinary tests start two processes and four; everything is tried on one to five.
_FEW, _MORE = [2, 4], [1, 3, 5]


@pytest.fixture(scope="module")
def whole(pytestconfig):
    return pytestconfig.getoption("whole")


@pytest.fixture(scope="module")
def alone(tmp_path_factory, whole):
    """What one process finds that knows nothing of others."""
    return json.loads(json.dumps(results(None, tmp_path_factory.mktemp("alone"), list(EVERY) if whole else SOME)))


@pytest.mark.parametrize("processes", [*_FEW, *_MORE])
def test_the_same_bits_on_any_number_of_processes(processes, on_ranks, alone, whole):
    if processes in _MORE and not whole:
        pytest.skip("only with --whole")
    first, *others = on_ranks(processes)
    assert {name: first[name] for name in alone} == alone
    # The others have all but what optimizer and callbacks remember.
    for found in others:
        assert {name: _shared(found[name]) for name in alone} == {name: _shared(alone[name]) for name in alone}


def _shared(found):
    """What all processes have, of the digests in what was found."""
    if isinstance(found, list):
        return [_shared(each) for each in found]
    return found.split("-")[0] if isinstance(found, str) and len(found) == 25 else found


@pytest.mark.parametrize("rank", [0, 1])
def test_faults_of_one_process_are_heard_by_all(rank, on_ranks):
    found = on_ranks(2)[rank]["faults"]
    told = {name: entry[1] if isinstance(entry[1], str) else entry[0] for name, entry in found.items()}
    assert told["other data"].startswith("rank 1 has other data than rank 0 (X); expected the same arrays in all processes")
    assert told["other model"].startswith("model of rank 1 is MLP(3-6-2") and "of rank 0 MLP(3-5-2" in told["other model"]
    assert told["bad argument"].endswith("epochs is -1; expected an integer of at least 0")
    assert told["bad step"].endswith("X has 2 columns; the model has 3 inputs")
    assert found["callback"][:2] == ["KeyError", "'spoilt'"]
    for on in (0, 1):
        assert found[f"error on {on}"][:2] == ["MemoryError", f"rank {on}: no room for a gradient"]
        assert (told[f"SIGINT on {on}"], told[f"SIGTERM on {on}"]) == ("interrupted", "terminated")


@pytest.mark.parametrize("rank", [0, 1])
def test_rows_that_do_not_go_together_are_refused_in_all(rank, on_ranks):
    found = on_ranks(2)[rank]["faults"]
    for name, error, words in [
        ("other types", "ValueError", "X of rank 1 is float64 with 3 columns, of rank 0 float32 with 3 columns; with MPI(rows='own') each"),
        ("other targets", "ValueError", "y of rank 1 is float64 with 2 columns, of rank 0 int64 with 1 column; "),
        ("other columns", "ValueError", "X has 2 columns; the model has 3 inputs"),
        ("weights in one", "ValueError", "sample_weight of rank 1 is given, of rank 0 not given; "),
        ("no weights", "ValueError", "sample_weight is all zeros; expected at least one positive weight"),
        ("a split of own rows", "ValueError", "validation_split is 0.5, which needs all rows in one process; with MPI(rows='own') give"),
        ("own rows in one", "ValueError", "distributed of rank 1 is MPI(rows='own'), of rank 0 MPI(); expected the same script on all"),
        ("no room on 0", "MemoryError", "rank 0: no room for rows"),
        ("no room on 1", "MemoryError", "rank 1: no room for rows"),
    ]:
        assert found[name][0] == error and words in found[name][1], name
        assert (found[name][2] > 0) == (error == "MemoryError"), name


def test_after_an_error_the_checkpoint_goes_on_to_the_same_bits(on_ranks):
    found = on_ranks(2)[0]["faults"]
    trainer = made("adam")
    fit(trainer, validation_data=None)
    assert [found[f"error on {on}"][2:] for on in (0, 1)] == [[1, digest(trainer)]] * 2


def test_an_error_that_nobody_catches_ends_all(mpiexec):
    code = (
        "import fastbp, sys\n"
        "from mpi4py import MPI\n"
        "trainer = fastbp.Trainer(fastbp.MLP([1, 1], seed=0), loss='squared_error', shards=2, distributed=fastbp.MPI(), seed=0)\n"
        "if MPI.COMM_WORLD.rank == 1:\n"
        "    raise OSError('no such data')\n"
        "trainer.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1)\n"
    )
    done = mpiexec(2, code)
    assert done.returncode == 1 and "OSError: no such data" in done.stderr
