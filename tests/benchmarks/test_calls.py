"""What single calls cost: the command line, the arithmetic of the table, and whether the peers compute the same."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from errands import errand, python

_ROOT = Path(__file__).parents[2]
sys.path.append(str(_ROOT))

from benchmarks import calls  # noqa: E402  # not installed: found by the path
from benchmarks.comparison.call import CALLS, Call  # noqa: E402
from benchmarks.comparison.call_match import Figures, Score, same  # noqa: E402
from benchmarks.comparison.call_report import beyond_steps, table  # noqa: E402
from benchmarks.comparison.stopwatch import Stopwatch  # noqa: E402
from benchmarks.comparison.with_fastbp import EPOCHS, Fastbp  # noqa: E402
from benchmarks.comparison.with_onnxruntime import Onnxruntime  # noqa: E402
from benchmarks.comparison.with_sklearn import Sklearn  # noqa: E402


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--threads", "1,0"], "argument --threads: '0'"),
        (["--threads", "4096"], "argument --threads: 4096, but there are"),
        (["--rounds", "0"], "argument --rounds: '0'"),
        (["--seconds", "nan"], "argument --seconds: 'nan'"),
        (["--only", "predict,train"], "argument --only: 'train'; expected some of predict,step,fit,evaluate,batch"),
        (["--peers", "torch-compiled"], "argument --peers: 'torch-compiled'"),
    ],
)
def test_malformed_option_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        calls.read(arguments)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_options_without_arguments_are_all_calls_of_all_peers_on_one_thread():
    options = calls.read([])
    assert options.threads == [1] and options.only == ["predict", "step", "fit", "evaluate", "batch"]
    assert options.peers == ["fastbp", "torch", "sklearn", "onnxruntime", "jax"]


def test_batches_are_of_nets_of_ten_thousand_to_ten_million_weights():
    weights = [sum(a * b for a, b in pairwise(call.sizes)) for call in CALLS if call.name == "batch"]
    assert [round(np.log10(number)) for number in weights] == [4, 6, 6, 7, 7]


@pytest.mark.parametrize("kind", [Sklearn, Onnxruntime])
@pytest.mark.parametrize(
    ("sizes", "activation", "loss"),
    [((4, 32, 2), "relu", "cross_entropy"), ((5, 7, 6, 3), "sigmoid", "cross_entropy"), ((5, 7, 3), "tanh", "squared_error")],
)
def test_peers_give_the_outputs_of_fastbp(kind, sizes, activation, loss):
    if kind is Onnxruntime:
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
    task = Call("predict", sizes, activation, loss).task(1, False)
    given = []
    for peer in (Fastbp, kind):
        built = peer(task, *task.data(), task.weights())
        (call,) = built.predict_calls().values()
        given.append(np.asarray(call()))
    if kind is Sklearn:
        built.limits.restore_original_limits()
    assert given[0].shape == given[1].shape == (1, sizes[-1])
    assert same(given[1].ravel().tolist(), given[0].ravel().tolist())


def test_other_outputs_are_not_the_same():
    assert same([0.5, 200.001], [0.500001, 200.0])
    assert not same([0.5, 200.01], [0.5, 200.0])
    assert not same([0.5], [0.5, 200.0])


def test_ratio_is_the_median_of_the_rounds_against_the_fastest():
    figures = {name: Figures(rounds) for name, rounds in {"fastbp": [1, 2, 1], "torch": [9, 9, 9], "jax": [2, 2, 3]}.items()}
    assert Score(CALLS[0], figures, {}).ratio() == 2
    assert Score(CALLS[0], {"fastbp": Figures([1])}, {}).ratio() is None


def test_fit_beyond_its_steps_is_less_an_epochs_share_of_a_long_one():
    figures = beyond_steps(Figures([5.0, 6.0, 7.0], 4.0), Figures([EPOCHS * 2.0] * 3, EPOCHS * 1.5))
    assert figures.rounds == [3.0, 4.0, 5.0] and figures.median == 4.0 and figures.least == 2.5


def test_table_says_dash_where_there_is_no_figure():
    figures = {"fastbp": Figures([2e-6], 1.5e-6), "jax": Figures([3e-6], 3e-6)}
    *_, line = table([Score(CALLS[0], figures, {"torch": "skipped"})]).splitlines()
    assert line == "| `predict`, one row, us | 20-64-64-3 | 2.00 (1.50) | - | - | - | - | 3.00 (3.00) | 1.50 x |"


def test_stopwatch_counts_the_calls_of_each_function():
    counts = dict.fromkeys(("a", "b"), 0)

    def call(name):
        counts[name] += 1
        return counts[name]

    stopwatch = Stopwatch({name: lambda name=name: call(name) for name in counts})
    assert stopwatch.given(3) == {"a": [1, 2, 3], "b": [1, 2, 3]}
    figures = stopwatch.turn(0.02)
    assert list(figures) == ["a", "b"] and counts["a"] > 1000
    assert all(0 < least <= middle < 1e-4 for middle, least in figures.values())


@errand
def calls_without_the_others(folder):
    """The script where other libraries are absent."""
    for name in ("torch", "onnxruntime"):
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError(name={name!r})\n")
    options = ["--only", "predict,fit", "--peers", "fastbp,torch,onnxruntime", "--rounds", "1", "--seconds", "0.02"]
    return python("-m", "benchmarks.calls", *options, PYTHONPATH=str(folder))


def test_script_runs_without_the_others(calls_without_the_others):
    assert (calls_without_the_others.code, calls_without_the_others.errors) == (0, "")
    lines = calls_without_the_others.output.splitlines()
    assert [line.count("|") for line in lines if line.startswith("| `")] == [10] * 6
    for name in ("torch", "onnxruntime"):
        assert f"`predict`, one row of 4-32-2: {name} skipped: {name} is not installed" in lines
