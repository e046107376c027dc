"""What a user gives: the processes of mpiexec; a script that was started without it is one process."""

import copy
import pickle

import numpy as np
import pytest
from small_task import LABELS, X, bits, make

import fastbp


@pytest.fixture(autouse=True)
def library():
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: fastbp[mpi]")


def test_without_mpiexec_there_is_one_process():
    alone, one = make(shards=3), make(shards=3, distributed=fastbp.MPI())
    assert one.distributed.is_first and repr(one.distributed) == "MPI()"
    for trainer in (alone, one):
        trainer.fit(X, LABELS, epochs=2)
    assert bits(one) == bits(alone)


def test_copies_are_equal():
    given = fastbp.MPI()
    assert copy.deepcopy(given) == given == pickle.loads(pickle.dumps(given)) and hash(given) == hash(fastbp.MPI()) and given != 1
    own = fastbp.MPI(rows="own")
    assert copy.deepcopy(own) == own != given and own.rows == "own" and repr(own) == "MPI(rows='own')"


def test_limits_are_compared_and_shown():
    brief, none = fastbp.MPI(timeout=2), fastbp.MPI("own", timeout=None)
    assert (repr(brief), repr(none)) == ("MPI(timeout=2.0)", "MPI(rows='own', timeout=None)")
    assert copy.deepcopy(brief) == brief != fastbp.MPI() == fastbp.MPI(timeout=300) and pickle.loads(pickle.dumps(none)) == none


def test_rows_are_all_or_own_and_limits_positive():
    with pytest.raises(ValueError, match="rows='mine' is not known; expected one of all, own"):
        fastbp.MPI("mine")
    with pytest.raises(ValueError, match=r"timeout is 0\.0; expected a number in \(0, inf\)"):
        fastbp.MPI(timeout=0)
    with pytest.raises(TypeError, match="timeout is '5 min' of type str; expected a number"):
        fastbp.MPI(timeout="5 min")


@pytest.mark.parametrize("between", ["", "batch"])
def test_rows_of_its_own_in_one_process_are_all(between):
    alone, one = (make(shards=3, between=between, distributed=given) for given in (None, fastbp.MPI("own")))
    for trainer in (alone, one):
        trainer.fit(X, LABELS, epochs=2, sample_weight=np.linspace(1, 2, len(X)))
    assert bits(one) == bits(alone) and one.run.data.known == alone.run.data.known


def test_shards_are_needed():
    with pytest.raises(ValueError, match="distributed is given and shards is 1; expected shards=8, say"):
        make(distributed=fastbp.MPI())


def test_a_single_step_is_refused():
    trainer = make(shards=3, distributed=fastbp.MPI())
    before = bits(trainer)
    with pytest.raises(TypeError, match="step makes one update in one process; with distributed"):
        trainer.step(X[:4], LABELS[:4])
    assert bits(trainer) == before


def test_a_copy_of_the_run_may_be_tried_while_it_trains():
    trainer, found = make(fastbp.Adam(0.01), shards=3, distributed=fastbp.MPI()), []

    def look(run):
        found.append(copy.deepcopy(run).memory.slots.any())

    trainer.fit(X, LABELS, epochs=1, callbacks=look)
    assert found == [True]


def test_a_callback_may_set_what_no_file_could_hold():
    trainer = make(fastbp.Adam(0.01), shards=3, distributed=fastbp.MPI())

    def change(run):
        run.optimizer.learning_rate = lambda step: 0.01

    assert trainer.fit(X, LABELS, epochs=2, callbacks=change).stopped == "epochs"


def test_without_the_library_the_extra_is_named(run_python):
    code = "import sys, fastbp\nsys.modules['mpi4py'] = None\ntry:\n    fastbp.MPI()\nexcept ImportError as error:\n    print(error)\n"
    assert run_python(code) == 'mpi4py is not installed; pip install "fastbp[mpi]" does it\n'
