"""What the documents say is so: their examples run, their lists are whole, their links lead somewhere, their figures agree."""

import ast
import inspect
import os
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import fastbp
from fastbp import activations, averages, between, callbacks, initializers, losses, metrics, optimizers, schedules, solvers
from fastbp.optimizers.base import Optimizer

ROOT = Path(fastbp.__file__).parent.parent
README = (ROOT / "README.md").read_text()
INDEX = (ROOT / "docs/index.md").read_text()
COMING_FROM = (ROOT / "docs/coming_from.md").read_text()
# Whose examples run one after the other.
WHOLE = ["README.md", "docs/guide.md", "docs/many_models.md", "docs/recording.md", "docs/trace.md", "docs/watching.md"]
OTHERS = ["CONTRIBUTING.md", "docs/coming_from.md", "docs/beyond_one_machine.md", "docs/index.md"]
OTHERS += ["benchmarks/README.md", "tests/faults/README.md"]
DOCUMENTS = [*WHOLE, *OTHERS]

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
ROW = re.compile(r"<tr><td>(.*?)</td></tr>", re.S)
# Names that users give, by tables. Schedules and callbacks have none.
NAMES = {
    "activations": activations.ACTIVATIONS, "losses": losses.LOSSES, "optimizers": optimizers.OPTIMIZERS, "solvers": solvers.SOLVERS,
    "averages": averages.AVERAGES, "normalizations": between.NORMALIZATIONS, "initializers": initializers.INITIALIZERS,
    "metrics": metrics.METRICS,
}  # fmt: skip
CLASSES = {"schedules": schedules.SCHEDULES, "callbacks": callbacks.CALLBACKS}
# What may be set, by the tables of the README; `fit` is given its data first.
OPTIONS = {
    "MLP": set(inspect.signature(fastbp.MLP).parameters),
    "Trainer": set(inspect.signature(fastbp.Trainer).parameters) - {"model"},
    "fit": set(inspect.signature(fastbp.Trainer.fit).parameters) - {"self", "X", "y"},
    "optimizers": {field.name for field in fields(Optimizer)} | {"learning_rate", "momentum", "weight_decay"},
}


def section(title):
    """What the README has under a heading."""
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.M | re.S)
    return text


def index(kind):
    """The names of the index for a kind, and its objects."""
    (row,) = re.findall(rf"^\|? ?{kind} \|(.*)$", INDEX, re.M)
    names, objects = row.rstrip(" |").split("|") if row.rstrip(" |").count("|") else (row, "")
    return re.findall(r"\w+", names), re.findall(r"`(\w+)`", objects)


def run(code, namespace, document):
    exec(compile(code, document, "exec"), namespace)


@pytest.mark.parametrize("document", WHOLE)
def test_the_examples_run_one_after_the_other(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((ROOT / document).read_text())
    assert len(blocks) > 1
    namespace = {"__name__": "document"}
    for block in blocks:
        run(block, namespace, document)
    assert namespace.get("trainer", namespace.get("trainers", [None])[0]).epoch > 0


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("library", re.findall(r"^## Coming from (.*)$", COMING_FROM, re.M))
def test_the_columns_of_a_comparison(library, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (text,) = re.findall(rf"^## Coming from {library}\n(.*?)(?=^## |\Z)", COMING_FROM, re.M | re.S)
    rows = [BLOCK.findall(row) for row in ROW.findall(text)]
    assert rows and all(len(row) == 2 for row in rows)
    random = np.random.default_rng(0)
    namespace = {"X": random.normal(size=(320, 64)), "y": random.integers(0, 10, 320)}
    for theirs, ours in rows:
        assert ast.parse(theirs).body and "fastbp" not in theirs
        run(ours, namespace, "docs/coming_from.md")


def test_no_example_is_left_out():
    for document in DOCUMENTS:
        text = (ROOT / document).read_text()
        count = len(BLOCK.findall(text)) if document in WHOLE else sum(len(BLOCK.findall(row)) for row in ROW.findall(text))
        assert text.count("```python") == count, document


@pytest.mark.parametrize("kind", [*NAMES, *CLASSES])
def test_the_index_has_the_entries_of_each_table(kind):
    names, objects = index(kind)
    assert names == list(NAMES.get(kind, []))
    assert {cls.__name__ for cls in CLASSES.get(kind, {}).values()} <= set(objects)


def test_the_index_has_every_public_name():
    assert set(re.findall(r"`(\w+)`", INDEX)) >= set(fastbp.__all__)


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_tables_of_options_are_whole(kind):
    (table,) = re.findall(rf"^\|? ?of `?{kind}`? \|[^\n]*\n(.*?)\n\n", section("Training"), re.M | re.S)
    told = {name for line in table.splitlines()[1:] for name in re.findall(r"`(\w+)`", line.strip("| ").split("|")[1])}
    assert told == OPTIONS[kind]


def test_the_readme_is_short():
    assert len(re.findall(r"\S*\w\S*", README)) < 1_250


def test_the_figures_of_the_readme_are_those_of_the_benchmarks():
    rows = [line for line in section("Speed").splitlines() if line.startswith("| ")]
    measured = (ROOT / "benchmarks/README.md").read_text().splitlines()
    assert len(rows) == 8 and set(rows) <= set(measured)


def test_the_test_command_is_that_of_the_readme():
    script = (ROOT / ".ci/run").read_text().replace("install -q", "install").splitlines()
    (command,) = re.findall(r"^    (python3 .* -m pytest)$", README, re.M)
    assert script[-3:] == command.split(" && ")


def anchors(path):
    """What GitHub makes of the headings of a file."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document):
    path = ROOT / document
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if not link.startswith("https://"):
            file, _, anchor = link.partition("#")
            aim = Path(os.path.normpath(path.parent / file)) if file else path
            assert aim.exists() and (not anchor or anchor in anchors(aim)), link


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "README.md"])
def test_every_document_is_found_from_the_readme(document):
    assert f"]({document}" in README
