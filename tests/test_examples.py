"""The examples run, and what they print is true: figures with room for the rounding of other processors."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
# Images that no package on PyPI ships; and one with tests beside those of the estimators.
ELSEWHERE = {"fashion_mnist", "from_sklearn"}


@pytest.fixture
def printed_by(monkeypatch, capsys, tmp_path):
    """Run a copy of an example, so that what it draws is in a folder of its own; gives what it printed."""

    def run(name, *arguments):
        path = shutil.copy(EXAMPLES / f"{name}.py", tmp_path)
        monkeypatch.setattr(sys, "argv", [path, *map(str, arguments)])
        runpy.run_path(path, run_name="__main__")
        return capsys.readouterr().out

    return run


def numbers(text, before):
    """The numbers that follow some words on their line."""
    (line,) = re.findall(rf"{before}(.*)", text)
    return [float(each) for each in re.findall(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?:e[+-]\d+)?", line)]


def test_each_example_is_tested():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested | ELSEWHERE


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_the_readme_lists_each_example(path):
    assert f"`examples/{path.name}` |" in (EXAMPLES.parent / "README.md").read_text()


def test_xor(printed_by):
    # It compares each figure with fastbp's.
    assert numbers(printed_by("xor"), "the loss is ")[0] < 0.01


def test_digits(printed_by, tmp_path):
    # It ends with an error where fewer than 97 % are read rightly.
    assert "held-out digits are read rightly" in printed_by("digits")
    assert (tmp_path / "digits.png").exists()


def test_early_stopping(printed_by):
    text = printed_by("early_stopping")
    epochs, of, best = numbers(text, "stopped by 'early_stopping' after ")
    assert of == 1000 and epochs == best + 20
    lowest, last = numbers(text, "validation loss: ")
    assert lowest < last
    assert numbers(text, "the log has ") == [epochs]
    accuracy, recall, precision = numbers(text, "held-out rows: ")
    assert accuracy > 95 and min(recall, precision) > 90
    assert text.endswith("decides as the one in memory: True\n")


def test_prediction_intervals(printed_by):
    text = printed_by("prediction_intervals")
    coverage, wanted = numbers(text, "coverage ")
    assert wanted == 90 and 85 < coverage < 93
    pinball, same = numbers(text, "pinball loss ")
    assert 10 < pinball < 0.8 * same
    narrowest, widest, mean = numbers(text, "intervals are ")
    assert 0 < narrowest < mean / 1.5 and mean < widest


def test_imbalanced(printed_by):
    text = printed_by("imbalanced")
    assert text.startswith("16 of 827 rows to train on are eights")
    for name, least in (("accuracy", 0.01), ("balanced_accuracy", 0.1), ("recall", 0.2), ("f1", 0.1)):
        plain, balanced = numbers(text, rf"\n{name} ")
        assert balanced > plain + least, name
    plain, balanced = numbers(text, r"\nprecision ")
    assert plain > 0.95 and balanced < plain
    assert min(numbers(text, r"\naverage_precision ")) > 0.85


def test_regularise(printed_by):
    text = printed_by("regularise")
    assert numbers(text, r"\nnothing ")[0] == 100
    for way in ("nothing", "weight decay", "dropout", "batch normalisation", "mixup", "average of weights", "label smoothing"):
        training, validation, *gained = numbers(text, rf"\n{way} ")
        assert training > 99 and 87 < validation < 92, way
        assert not gained or abs(gained[0]) < 1, way
    gained, error = numbers(text, r"\nweight decay ")[2:]
    assert gained > 2 * error


def test_watch_backprop(printed_by, tmp_path):
    text = printed_by("watch_backprop", "--digits")
    assert "a = sigmoid(" in text and numbers(text, "the loss of the 4 rows falls from ")[1] < 0.02
    assert "Watch back-propagation" in (tmp_path / "watch_backprop.html").read_text()
    assert (tmp_path / "watch_digits.html").stat().st_size < 2e6 and (tmp_path / "watch_backprop.png").exists()


def test_tune_with_optuna(printed_by):
    text = printed_by("tune_with_optuna")
    trials, pruned, epochs, of = numbers(text, "^")
    assert trials == 12 and 1 <= pruned <= 10 and epochs < of == 180
    rate, width, dropout, accuracy = numbers(text, "the best: ")
    assert 1e-5 < rate < 0.1 and 8 <= width <= 128 and 0 <= dropout <= 0.5 and accuracy > 95
    assert numbers(text, "trained on all rows: ")[0] > 95


def test_tune_without_optuna(printed_by, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SystemExit, match="pip install"):
        printed_by("tune_with_optuna")


def test_levenberg_marquardt(printed_by, tmp_path):
    text = printed_by("levenberg_marquardt", "--save", tmp_path / "curve.png")
    loss_of_adam, gradient_of_adam, epochs_of_adam = numbers(text, "adam ")
    loss, gradient, epochs = numbers(text, "levenberg_marquardt ")
    assert 0 <= loss_of_adam - loss < 1e-3 and gradient < 1.5e-8 < 1e-6 < gradient_of_adam
    assert epochs < 100 and epochs_of_adam == 2000 and "stopped: converged" in text
    assert 83 < float(re.search(r"([\d.]+)% of the patients", text)[1]) < 95
    for index in (20, 25, 30, 35):
        mean, lower, upper = numbers(text, rf"body mass index {index}: ")
        assert lower < mean < upper
    assert (tmp_path / "curve.png").exists()


def test_trace_one_weight(printed_by):
    text = printed_by("trace_one_weight")
    summed, gradient = numbers(text, "the four contributions ")
    assert summed == pytest.approx(gradient, abs=1e-12) and gradient != 0
    *factors, product = numbers(text, r"\n(?=[\d.-]+ \* )")
    assert len(factors) == 4 and product == pytest.approx(np.prod(factors), abs=2e-6)
    norm, mean, most = numbers(text, "norm ")
    assert mean < norm <= most
    assert "takes from the loss of this one" in text
