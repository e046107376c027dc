"""The comparison with other libraries: its command line, its counts, and a run with the others absent."""

import json
import platform
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import numpy as np
import pytest
from errands import errand, python

_ROOT = Path(__file__).parents[2]
sys.path.append(str(_ROOT))

from benchmarks import peers  # noqa: E402  # not installed: found by the path
from benchmarks.comparison.outcome import Outcome, Run, same  # noqa: E402
from benchmarks.comparison.process import AVX2, Entrant, Worker  # noqa: E402
from benchmarks.comparison.spec import DEFAULT, FEATURES, parse  # noqa: E402
from benchmarks.comparison.with_fastbp import Fastbp  # noqa: E402
from benchmarks.comparison.with_sklearn import Sklearn  # noqa: E402


def test_spec_is_read():
    spec = parse("4-32-16-4,10000,adam,tanh,squared_error")
    assert (spec.sizes, spec.batch, spec.optimizer, spec.activation, spec.loss) == ((4, 32, 16, 4), 10000, "adam", "tanh", "squared_error")


def test_loss_is_cross_entropy_unless_told():
    assert parse("3-2,1,sgd,relu").loss == "cross_entropy"


@pytest.mark.parametrize("text", [*DEFAULT, *FEATURES])
def test_spec_is_written_as_it_was_read(text):
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("784-128-10", "1 parts; expected LAYERS,BATCH"),
        ("784-128-10,128,adam", "3 parts"),
        ("784-128-10,128,adam,relu,cross_entropy,1", "extra is '1'; expected dropout or batch or layer or clip"),
        ("784-128-10,128,adam,relu,cross_entropy,clip,1", "7 parts"),
        ("784,128,adam,relu", "at least an input and an output"),
        ("784--10,128,adam,relu", "layer size is ''"),
        ("784-0-10,128,adam,relu", "layer size is '0'"),
        ("784-1e3-10,128,adam,relu", "layer size is '1e3'"),
        ("784-10,0,adam,relu", "batch is '0'"),
        ("784-10,all,adam,relu", "batch is 'all'"),
        ("784-10,1,lion,relu", "optimizer is 'lion'; expected sgd or adam"),
        ("784-10,1,sgd,mish", "activation is 'mish'"),
        ("784-10,1,sgd,relu,hinge", "loss is 'hinge'"),
        ("784-1,1,sgd,relu", "at least 2 outputs"),
    ],
)
def test_malformed_spec_is_refused_by_name(text, message):
    with pytest.raises(ArgumentTypeError) as error:
        parse(text)
    assert message in str(error.value) and repr(text) in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["784-10"], "argument NET: '784-10' has 1 parts"),
        (["--threads", "0"], "argument --threads: '0'"),
        (["--threads", "4096"], "argument --threads: 4096, but there are"),
        (["--rounds", "1.5"], "argument --rounds: '1.5'"),
        (["--seconds", "-1"], "argument --seconds: '-1'"),
        (["--peers", "fastbp,tensorflow"], "argument --peers: 'tensorflow'"),
        (["--peers", "jax", "--png", "x.png"], "--png shows speeds relative to fastbp"),
    ],
)
def test_malformed_option_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        peers.read(arguments)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_peers_run_in_the_order_of_the_list():
    assert peers.read(["--peers", "sklearn,jax,fastbp"]).peers == ["fastbp", "jax", "sklearn"]


def test_flops_of_a_step():
    """Two a multiply-add: forward and gradient in every layer, delta in all but the first."""
    assert parse("784-128-10,128,adam,sigmoid").flops == 128 * (4 * 784 * 128 + 6 * 128 * 10)
    assert parse("5-3,7,adam,sigmoid").flops == 7 * 4 * 5 * 3


@pytest.mark.parametrize("text", DEFAULT)
def test_rows_are_whole_batches_of_a_set_of_moderate_size(text):
    spec = parse(text)
    assert spec.rows % spec.batch == 0
    assert spec.rows * spec.sizes[0] * 4 <= 256e6
    steps = spec.rows // spec.batch
    assert steps == 1 if spec.batch >= 4096 else 4 <= steps <= 2000 if spec.batch >= 512 else 20 <= steps <= 2000


@pytest.mark.parametrize("losses", [[2.01, 1.91, 1.81], [2.0, 1.95, 1.90], [2.0, 1.9, 1.804]])
def test_other_losses_are_not_the_same(losses):
    assert same([2.0, 1.90001, 1.8], [2.0, 1.9, 1.8])
    assert not same(losses, [2.0, 1.9, 1.8])


def test_fall_of_the_loss_is_compared_too():
    """A rate a tenth too small moves a loss of 2 by less than one thousandth of it."""
    assert not same([2.0, 1.9955, 1.991], [2.0, 1.995, 1.99])


def test_ratio_is_the_median_of_the_rounds_against_the_fastest():
    runs = {name: Run(1.0, [1.0], times) for name, times in {"fastbp": [1, 2, 1], "torch": [9, 9, 9], "jax": [2, 2, 3]}.items()}
    duel = Outcome(parse("3-2,1,sgd,relu"), 1.0, runs, {}).duel()
    assert (duel.best, duel.ratio, min(duel.ratios), max(duel.ratios)) == ("jax", 2, 1, 3)


@pytest.mark.parametrize(
    "text", ["5-7-3,8,sgd,sigmoid", "5-7-4-3,8,adam,tanh", "5-7-3,8,sgd,relu,squared_error", "5-7-1,8,adam,tanh,squared_error"]
)
def test_scikit_learn_makes_the_same_steps(text):
    task = parse(text).task(threads=1, all_cores=False)
    ours, theirs = (kind(task, *task.data(), task.weights()) for kind in (Fastbp, Sklearn))
    theirs.limits.restore_original_limits()
    losses = list(ours.first_steps())
    assert same(list(theirs.first_steps()), losses)
    assert losses[0] > losses[1] > losses[2]


# The least of a run.
SHORT = ["5-4-3,8,adam,tanh", "--threads", "1", "--rounds", "1", "--seconds", "0.02"]


@errand
def peers_without_the_others(folder):
    """The script where other libraries are absent."""
    for name in ("torch", "jax"):
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError(name={name!r})\n")
    options = ["--peers", "fastbp,torch,torch-compiled,jax", "--json", folder / "out.json"]
    return python("benchmarks/peers.py", *SHORT, *options, PYTHONPATH=str(folder))


def test_script_runs_without_the_others(peers_without_the_others):
    code, printed, errors, folder = peers_without_the_others
    assert (code, errors) == (0, "")
    for line in (
        "torch skipped: torch is not installed",
        "torch-compiled skipped: torch is not installed",
        "jax skipped: jax is not installed",
    ):
        assert line in printed
    (net,) = json.loads((folder / "out.json").read_text())["nets"]
    assert list(net["peers"]) == ["fastbp"] and list(net["absent"]) == ["torch", "torch-compiled", "jax"]
    run = net["peers"]["fastbp"]
    assert len(run["seconds_per_step"]) == 1 and run["seconds_per_step"][0] > 0
    assert 10 < run["megabytes"] < 2000 and run["losses"][0] > run["losses"][2]


@errand
def beside_a_broken_peer(folder):
    """The script where a module that breaks is in scikit-learn's place."""
    (folder / "sklearn.py").write_text("")
    (folder / "threadpoolctl.py").write_text("raise RuntimeError('broken')\n")
    return python("-m", "benchmarks.peers", *SHORT, "--peers", "fastbp,sklearn", PYTHONPATH=str(folder))


def test_failing_peer_is_named_and_the_others_go_on(beside_a_broken_peer):
    assert (beside_a_broken_peer.code, beside_a_broken_peer.errors) == (0, "")
    assert "sklearn failed: RuntimeError: broken" in beside_a_broken_peer.output
    assert beside_a_broken_peer.output.count("5-4-3,8,adam,tanh") == 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_all_numbers_of_a_task_are_of_its_type(dtype, loss):
    task = parse(f"3-4-2,5,sgd,relu,{loss}").task(1, False, dtype)
    X, y = task.data()
    assert X.dtype == dtype and X.ctypes.data % 64 == 0 and X.shape == (task.rows, 3) and 0 <= X.min() < X.max() < 1
    assert y.dtype == ("int64" if loss == "cross_entropy" else dtype)
    assert {part.dtype for layer in task.weights() for part in layer} == {np.dtype(dtype)}
    model = Fastbp(task, X, y, task.weights()).model
    assert model.dtype == dtype and np.array_equal(model.weights[0], task.weights()[0][0])


@pytest.mark.skipif(platform.machine() != "x86_64", reason="AVX2 is of x86")
def test_a_limit_to_avx2_reaches_the_workers(monkeypatch):
    for name, value in AVX2.items():
        monkeypatch.setenv(name, value)
    with Worker(Entrant("fastbp"), 1) as worker:
        assert worker.ask("peak")["flops"] > 0


def test_options_of_type_and_instructions():
    assert (peers.read([]).dtype, peers.read([]).avx2) == ("float32", False)
    assert (peers.read(["--dtype", "float64"]).dtype, peers.read(["--avx2"]).avx2) == ("float64", True)
