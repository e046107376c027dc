"""More threads than most machines that run the tests have cores: tasks without a panel of their own, or without a shard."""

import json

import pytest

pytestmark = pytest.mark.all_cores

TRAIN = """
import hashlib, json
import numpy as np
import fastbp
from fastbp.activations import ACTIVATIONS
from fastbp.losses import LOSSES, as_loss
from fastbp.optimizers import OPTIMIZERS
from fastbp.kernels.lanes.sizes import TEAM

CASES = {
    "one row": ([37, 50, 19, 3], 1, 30),
    "fewer panels than tasks": ([37, 50, 19, 3], 5, 50),
    "as few, and fewer units": ([37, 2, 3], 5, 50),
    "panels": ([37, 50, 19, 3], 40, 100),
    "a short last batch": ([37, 50, 19, 3], 100, 230),
    "shards": ([37, 50, 19, 3], 700, 800),
    "one large batch": ([40, 300, 7], 1000, 1000),
    "a chain": ([400, 300, 3], 50, 120),
    "a chain with few inputs a task": ([83, 300, 20, 3], 9, 30),
    "chains of few rows": ([300, 310, 270, 3], 5, 25),
    "a chain in two layers": ([300, 310, 270, 3], 32, 65),
}

ACTIVATIONS = [case for cls in ACTIVATIONS.values() if not (cls.output_only or cls.steep) for case in cls.cases()]

def digest(*arrays):
    return hashlib.sha256(b"".join(np.asarray(array).tobytes() for array in arrays)).hexdigest()

def train(sizes, batch, rows, threads, dtype, activation="tanh", loss="cross_entropy", optimizer="adam", **between):
    X = np.random.default_rng(0).normal(size=(rows, sizes[0])).astype(np.float32)
    if loss == "cross_entropy":
        y = np.arange(rows) % sizes[-1]
    else:
        y = as_loss(loss).reference_targets(np.random.default_rng(1), rows, sizes[-1]).astype(dtype)
    model = fastbp.MLP(sizes, activation=activation, dtype=dtype, seed=0, **between)
    trainer = fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=batch, threads=threads, seed=0)
    falls = loss == "cross_entropy" and optimizer == "adam"
    loss, dW, db, *_ = trainer.loss_and_gradients(X[:batch], y[:batch])
    trainer.fit(X, y, epochs=2)
    # What the last task counts where the team meets.
    team = trainer._engine._workspace.team
    teams.append(threads > 1 and int(team[TEAM + 8 * (threads - 1)]) > 0)
    if teams[-1]:
        chained.add((rows, bool(team[TEAM + 1] > 0)))
    scores = [list(trainer.evaluate(X[:few], y[:few]).values()) for few in (1, 5, rows)]
    assert np.isfinite(trainer.history.loss).all() and (trainer.history.loss[1] < trainer.history.loss[0] or not falls)
    trained = digest(*model.weights, *model.biases, trainer.history.loss)
    predicted = [digest(model.predict(X[:few])) for few in (1, 5, rows)]
    return {"trained": trained, "gradients": digest(loss, *dW, *db), "scores": scores, "predicted": predicted}

results, teams, chained = {}, [], set()
for name, (sizes, batch, rows) in CASES.items():
    for dtype in ("float32", "float64"):
        results[f"{name}, {dtype}"] = [train(sizes, batch, rows, threads, dtype) for threads in (1, 2, 3, 4)]
own = fastbp.CustomActivation(lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2)
numbers = fastbp.CustomActivation(lambda z: z if z > 0 else 0.3 * z, lambda z: 1.0 if z > 0 else 0.3)
activations = {}
for activation in [*ACTIVATIONS, own, numbers]:
    for dtype in ("float32", "float64"):
        one, two = ((train([37, 50, 19, 3], 40, 100, threads, dtype, activation), teams[-1]) for threads in (1, 2))
        activations[f"{activation} {activation.code}, {dtype}"] = one[0] == two[0] and two[1]
others = {}
more = [{"loss": case} for cls in LOSSES.values() for case in cls.cases()]
more += [{"optimizer": case} for cls in OPTIMIZERS.values() for case in cls.cases()]
for settings in more:
    for dtype in ("float32", "float64"):
        one, two = ((train([37, 50, 19, 3], 40, 100, threads, dtype, **settings), teams[-1]) for threads in (1, 2))
        others[f"{settings}, {dtype}"] = one[0] == two[0] and two[1]
shaped = {}
for name, (sizes, batch, rows) in CASES.items():
    for normalization in ("batch", "layer", None):
        given = {"normalization": normalization, "dropout": 0.1, "input_dropout": 0.1, "optimizer": "sgd"}
        found = [train(sizes, batch, rows, threads, "float32", **given) for threads in (1, 2, 3, 4)]
        shaped[f"{name}, {normalization}"] = found.count(found[0]) == 4
told = {"shaped": shaped, "teams": sum(teams), "chained": sorted(rows for rows, is_chain in chained if is_chain)}
print(json.dumps(told | {"results": results, "activations": activations, "others": others}))
"""


@pytest.fixture(scope="module")
def results(run_python):
    return json.loads(run_python(TRAIN, NUMBA_NUM_THREADS="4"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "name",
    [
        "one row",
        "fewer panels than tasks",
        "as few, and fewer units",
        "panels",
        "a short last batch",
        "shards",
        "one large batch",
        "a chain",
        "a chain with few inputs a task",
        "chains of few rows",
        "a chain in two layers",
    ],
)
def test_up_to_four_threads_give_the_same_bits(results, name, dtype):
    one, *others = results["results"][f"{name}, {dtype}"]
    assert others == [one] * 3


def test_up_to_four_threads_give_the_same_bits_with_normalisation_and_dropout(results):
    assert [name for name, same in results["shaped"].items() if not same] == []
    assert len(results["shaped"]) == 33


def test_most_runs_had_a_thread_for_every_task(results):
    """A run whose tasks find no threads is computed by one, which would make the comparison empty."""
    assert results["teams"] > len(results["results"]) * 3 / 2 + (len(results["activations"]) + len(results["others"])) / 2


def test_the_chain_is_used_where_it_should_be(results):
    assert results["chained"] == [25, 30, 65, 120]


def test_two_threads_give_the_bits_of_one_with_every_activation(results):
    assert [name for name, same in results["activations"].items() if not same] == []
    assert len(results["activations"]) > 40


def test_two_threads_give_the_bits_of_one_with_every_loss_and_optimizer(results):
    assert [name for name, same in results["others"].items() if not same] == []
    assert len(results["others"]) > 80
