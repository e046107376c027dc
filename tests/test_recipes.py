"""CONTRIBUTING's recipes name files that hold what they say, and the lists in the documentation are those of the tables."""

import importlib
import re
from pathlib import Path

import pytest

import fastbp
from fastbp import activations, callbacks, losses, metrics, optimizers, schedules, solvers

ROOT = Path(fastbp.__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
RECIPES = TEXT[TEXT.index("## To add an activation") : TEXT.index("## Rules")]
TABLES = {
    activations: activations.ACTIVATIONS, losses: losses.LOSSES, optimizers: optimizers.OPTIMIZERS, schedules: schedules.SCHEDULES,
    solvers: solvers.SOLVERS, metrics: metrics.METRICS, callbacks: callbacks.CALLBACKS,
}  # fmt: skip
# Steps to an entry of a table: the file that each begins with, and all that is said of it.
STEPS = re.findall(r"^\d\. `(fastbp/[\w/]+\.py)`(.*?)(?=^\d\.|^#|\Z)", RECIPES[: RECIPES.index("### A callback")], re.M | re.S)
# What a class of each table is told to have.
ATTRIBUTES = {
    "fastbp/activations/smooth.py": activations.Activation,
    "fastbp/losses/robust.py": losses.Loss,
    "fastbp/optimizers/adam.py": optimizers.Optimizer,
    "fastbp/schedules/course.py": schedules.Schedule,
    "fastbp/metrics/numbers.py": metrics.Metric,
}


def module_of(file):
    return importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def test_the_recipes_were_found():
    assert len(STEPS) == 17 and len(RECIPES) > 2000


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w/]+\.(?:py|md))`", RECIPES))))
def test_every_file_of_a_recipe_exists(name):
    assert (ROOT / name).is_file()


@pytest.mark.parametrize(("file", "told"), STEPS, ids=[f"{number}-{file}" for number, (file, _) in enumerate(STEPS)])
def test_every_table_of_a_recipe_is_in_its_file(file, told):
    tables = re.findall(r"`([A-Z_]+)`", told)
    assert tables or file in ATTRIBUTES
    for table in tables:
        assert len(getattr(module_of(file), table)) >= 0, table


@pytest.mark.parametrize("file", ATTRIBUTES)
def test_every_part_of_a_class_is_one(file):
    (told,) = [told for name, told in STEPS if name == file]
    parts = re.findall(r"`([a-z_]+)`", told)
    needed = {"schedules": {"values", "lengths"}, "metrics": {"kinds", "check"}}.get(file.split("/")[1], {"reference", "cases"})
    assert needed <= set(parts) and all(hasattr(ATTRIBUTES[file], part) for part in parts)


@pytest.mark.parametrize("module", TABLES, ids=lambda module: module.__name__)
def test_the_documentation_of_a_module_lists_its_table(module):
    listed = re.findall(r"^(\w+)  +\S", module.__doc__.split("\n\n")[1], re.M)
    assert listed == ["name", *TABLES[module]]


# Schedules and callbacks have no names that users give.
CLASSES = [cls for module in (schedules, callbacks) for cls in TABLES[module].values()]
NAMED = [name for module, table in TABLES.items() for name in table if module not in (schedules, callbacks)]
NAMED += [cls.__name__.lower() for cls in CLASSES]


@pytest.mark.parametrize("name", NAMED)
def test_the_index_names_everything(name):
    said = (ROOT / "docs/index.md").read_text().lower().replace("-", " ").replace("\n", " ")
    assert re.search(rf"\b({name}|{name.replace('_', ' ')})\b", said)


BUILT = [cls for module in (activations, optimizers, schedules, solvers, callbacks) for cls in TABLES[module].values()]


@pytest.mark.parametrize("cls", BUILT, ids=lambda cls: cls.__name__)
def test_classes_that_users_build_are_exported(cls):
    assert getattr(fastbp, cls.__name__) is cls and cls.__name__ in fastbp.__all__


@pytest.mark.parametrize("cls", [*metrics.METRICS.values(), metrics.CustomMetric], ids=lambda cls: cls.__name__)
def test_metrics_are_exported_by_their_module(cls):
    assert getattr(fastbp.metrics, cls.__name__) is cls and cls.__name__ in metrics.__all__


@pytest.mark.parametrize("cls", losses.LOSSES.values(), ids=lambda cls: cls.__name__)
def test_a_loss_with_settings_is_exported(cls):
    assert not cls().settings or getattr(fastbp, cls.__name__) is cls
