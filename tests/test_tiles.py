"""The register tiles are the host's, and their shape changes no bit of a result."""

import json

from errands import errand, python
from some_checks import cache_of, on_this_machine

from fastbp.kernels.lanes.isa import TILES, VARIABLE
from fastbp.verification import make_golden

# Odd sizes, so that no panel is full; hidden layers of several vectors, a product deeper than its blocks, a batch long enough for shards.
TRAIN = """
import hashlib, itertools, json
import numpy as np
import fastbp

found = {}

def train(sizes, batch, optimizer, threads, dtype, rows=100):
    X = np.random.default_rng(0).normal(size=(rows, sizes[0])).astype(np.float32)
    loss, y = ("cross_entropy", np.arange(rows) % sizes[-1]) if sizes[-1] > 1 else ("squared_error", X[:, 0])
    model = fastbp.MLP(sizes, activation="tanh", dtype=dtype, seed=0)
    trainer = fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=batch, threads=threads, seed=0)
    trainer.fit(X, y, epochs=2)
    left = [*model.weights, *model.biases, model.predict(X), np.array([*trainer.evaluate(X, y).values(), *trainer.history.loss])]
    key = f"{sizes} {batch} {optimizer} {threads} {dtype}"
    assert key not in found and all(np.isfinite(array).all() for array in left)
    found[key] = hashlib.sha256(b"".join(array.tobytes() for array in left)).hexdigest()

for sizes, batch, optimizer, threads in itertools.product([[37, 50, 19, 3], [1, 5, 1]], [1, 5, 13, 40, 100], ["adam", "sgd"], [1, 2]):
    train(sizes, batch, optimizer, threads, "float32")
for batch, threads in itertools.product([5, 13, 100], [1, 2]):
    train([37, 50, 19, 3], batch, "adam", threads, "float64")
for threads in (1, 2):
    train([600, 70, 3], 40, "adam", threads, "float32")
    train([37, 50, 19, 3], 700, "adam", threads, "float32", rows=900)
print(json.dumps(found))
"""


def with_tiles(name, **settings):
    return python("-c", TRAIN, NUMBA_NUM_THREADS="2", **settings | {VARIABLE: name})


def of_another_processor(level):
    """Training with the tiles of another level of x86 processors and, where that runs here, its instructions."""
    settings = make_golden.SETTINGS[level]
    return with_tiles(settings[VARIABLE], NUMBA_CACHE_DIR=cache_of(level), **settings if on_this_machine(level) else {})


@errand
def with_tiles_of_the_host(folder):
    return with_tiles("")


@errand
def with_tiles_of_avx2(folder):
    return of_another_processor("x86_64-avx2")


@errand
def with_plain_tiles(folder):
    return of_another_processor("x86_64")


def test_tiles_of_avx2_give_the_same_bits(with_tiles_of_the_host, with_tiles_of_avx2):
    assert json.loads(with_tiles_of_avx2.printed) == json.loads(with_tiles_of_the_host.printed)


def test_plain_tiles_give_the_same_bits(with_tiles_of_the_host, with_plain_tiles):
    assert json.loads(with_plain_tiles.printed) == json.loads(with_tiles_of_the_host.printed)


def test_each_kind_of_tiles_has_machine_code_of_its_own(run_python):
    """Numba's cache key holds what a program is closed over; buffers are made for the tiles of the process."""
    code = (
        "from fastbp.kernels import programs\n"
        "from fastbp.kernels.lanes.isa import host\n"
        "print(host(), [cell.cell_contents for cell in programs._run.py_func.__closure__])"
    )
    keys = dict(run_python(code, **{VARIABLE: name}).split(maxsplit=1) for name in TILES)
    assert list(keys) == list(TILES) and len(set(keys.values())) == len(TILES)


def test_checked_indices_have_machine_code_of_their_own(run_python):
    """Kernels compiled with them hand on arrays, others addresses: one must never call the other."""
    code = "from fastbp.compiling import cache; print(cache._SOURCES)"
    assert run_python(code, NUMBA_BOUNDSCHECK="1") != run_python(code)


def test_unknown_tiles_are_refused(run_python):
    code = "try:\n    import fastbp\nexcept ValueError as error:\n    print(error)"
    message = run_python(code, **{VARIABLE: "avx1024"})
    assert VARIABLE in message and "avx1024" in message
    assert all(name in message for name in TILES)
