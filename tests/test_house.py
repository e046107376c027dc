"""The house is in order: each module has its tests where one looks for them, and no file is too long to be read."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "fastbp"

# Modules with nothing to test that is not seen elsewhere, and why.
WITHOUT = {
    "_typing.py": "names of types",
    "kernels/portions.py": "records",
    "kernels/lanes/matrix.py": "a record",
}
# Modules whose tests are in a file that is named for something else.
ELSEWHERE = {
    "averages/base.py": "averages/test_kinds.py",
    "activations/piecewise.py": "activations/test_base.py",
    "activations/leaky.py": "activations/test_base.py",
    "activations/smooth.py": "activations/test_base.py",
    "activations/softmax.py": "activations/test_base.py",
    "distributed/joined.py": "distributed/test_fitting.py",
    "distributed/leading.py": "distributed/test_fitting.py",
    "distributed/lost.py": "faults/test_processes.py",
    "distributed/own_rows.py": "distributed/test_fitting.py",
    "distributed/ranks.py": "distributed/test_fitting.py",
    "distributed/team.py": "distributed/test_fitting.py",
    "distributed/working.py": "distributed/test_fitting.py",
    "kernels/bare.py": "kernels/test_shaped.py",
    "kernels/patch.py": "kernels/test_gradient.py",
    "kernels/rules/momentum.py": "kernels/rules/test_adaptive.py",
    "kernels/rules/signs.py": "kernels/rules/test_adaptive.py",
    "kernels/source.py": "kernels/test_gather.py",
    "losses/classification.py": "losses/test_base.py",
    "losses/regression.py": "losses/test_base.py",
    "trace/numbers.py": "trace/test_ledger.py",
    "training/listener.py": "callbacks/test_base.py",
    "verification/make_golden.py": "verification/test_golden.py",
}

MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))
FILES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))
# Files of folders that the package has, too. Those on top may be of the package as a whole.
MIRRORED = [name for name in FILES if "/" in name and (PACKAGE / name).parent.is_dir()]


def like_named(module):
    """The test file of a module: `fastbp/room/_name.py` has `tests/room/test_name.py`."""
    path = Path(module)
    return path.with_name(f"test_{path.name.removeprefix('_')}").as_posix()


def is_of(file, module):
    """Whether a test file is a module's: `test_name.py`, or `test_name_and_more.py` where one file would be too long or too mixed."""
    name = like_named(module).removesuffix(".py")
    return file == f"{name}.py" or file.startswith(f"{name}_")


def lines(path):
    return len(path.read_text().splitlines())


def test_the_package_and_its_tests_were_found():
    assert len(MODULES) > 70 and len(MIRRORED) > 50


@pytest.mark.parametrize("module", MODULES)
def test_each_module_has_the_tests_named_for_it(module):
    listed = (module in WITHOUT) + (module in ELSEWHERE)
    if like_named(module) in FILES:
        assert not listed, f"{module} has its own test file now: take it off the lists"
    else:
        assert listed == 1, f"tests/{like_named(module)} is missing"


@pytest.mark.parametrize("module", [*WITHOUT, *ELSEWHERE])
def test_what_is_listed_is_there(module):
    assert module in MODULES, f"there is no fastbp/{module} any more: take it off the lists"
    assert module in WITHOUT or ELSEWHERE[module] in FILES


@pytest.mark.parametrize("file", MIRRORED)
def test_each_test_file_in_a_room_has_its_module(file):
    assert any(is_of(file, module) for module in MODULES), f"tests/{file} is of no module of its folder"


@pytest.mark.parametrize("module", WITHOUT)
def test_what_has_no_tests_has_little_to_test(module):
    text = (PACKAGE / module).read_text()
    assert text.count("def ") <= 1 and text.count("    if ") == 0


def test_no_module_is_longer_than_300_lines():
    assert [path for path in PACKAGE.rglob("*.py") if lines(path) > 300] == []


def test_no_kernel_takes_more_than_eight_arguments_but_for_the_register_tile():
    files = [file for file in (PACKAGE / "kernels").rglob("*.py") if file.name != "tile.py"]
    functions = [(file.name, each) for file in files for each in ast.walk(ast.parse(file.read_text())) if isinstance(each, ast.FunctionDef)]
    assert [(name, each.name) for name, each in functions if len(each.args.args) > 8] == []


def test_no_test_file_is_longer_than_350_lines():
    assert [path for path in TESTS.rglob("*.py") if lines(path) > 350] == []


@pytest.mark.parametrize(
    "check",
    [
        # The order of rooms that pyproject.toml lists, imports for types included.
        ["-c", "from importlinter.cli import lint_imports_command as check; check()", "--no-cache"],
        ["-m", "ruff", "check", "--no-cache", "--select", "SLF001", "fastbp"],
    ],
    ids=["no room imports one above it", "no module uses private names of another"],
)
def test_order(check):
    done = subprocess.run([sys.executable, *check], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
