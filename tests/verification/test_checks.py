"""`fastbp verify` passes here, and sees errors that are planted in the kernels and around them."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numba
import numpy as np
import pytest

import fastbp
from fastbp import cli
from fastbp.activations import ACTIVATIONS
from fastbp.kernels import patch, programs
from fastbp.kernels.lanes import sizes
from fastbp.losses import LOSSES
from fastbp.optimizers import OPTIMIZERS
from fastbp.training import engine
from fastbp.verification import checks, golden, gradients, make_golden, oracle, parity, paths
from fastbp.verification.deviation import Findings, compare, same_bits
from fastbp.verification.level import level

ROOT = Path(fastbp.__file__).parent.parent
NAMES = [function.__name__.replace("_", " ") for function in checks.CHECKS]
STORED = json.loads(golden.FILE.read_text())

needs_two = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread")


def on_this_machine(name):
    """Whether code for a level runs here."""
    levels = list(make_golden.SETTINGS)
    return level() in levels and levels.index(name) >= levels.index(level())


def failures(function):
    """The comparisons of a check that failed."""
    return [str(each) for each in function().deviations if not each.passed]


# ---------------------------------------------------------------------------------------------------------- the whole of it


@pytest.fixture(scope="module")
def verified(tmp_path_factory):
    """A run of the command in a process of its own."""
    path = tmp_path_factory.mktemp("verified") / "report.json"
    command = [sys.executable, "-m", "fastbp", "verify", "--report", str(path)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, text=True, timeout=600)
    return SimpleNamespace(code=done.returncode, printed=done.stdout, report=json.loads(path.read_text()))


def test_every_check_passes_here(verified):
    assert verified.code == 0, verified.printed
    assert verified.report["passed"] is True
    assert [check["name"] for check in verified.report["checks"]] == NAMES
    assert all(check["passed"] and check["error"] <= check["limit"] for check in verified.report["checks"])


def test_the_command_prints_a_table(verified):
    assert f"all {len(NAMES)} checks passed" in verified.printed
    for name in NAMES:
        assert sum(line.startswith(name) and "passed" in line for line in verified.printed.splitlines()) == 1


def test_the_report_names_machine_and_versions(verified):
    assert verified.report["versions"] | {"fastbp": fastbp.__version__, "numpy": np.__version__} == verified.report["versions"]
    assert set(verified.report["versions"]) == {"python", "fastbp", "numpy", "numba", "llvmlite"}
    assert verified.report["machine"]["level"] == level() and verified.report["machine"]["cores"] == os.cpu_count()
    assert all(str(value) in verified.printed for value in [*verified.report["machine"].values(), *verified.report["versions"].values()])
    if numba.config.NUMBA_NUM_THREADS > 1:
        assert verified.report["threading_layer"] in ("tbb", "omp", "workqueue")


def test_importing_fastbp_does_not_import_the_checks(run_python):
    code = "import sys, fastbp; print(*(name for name in sys.modules if name.startswith('fastbp.verification')))"
    assert run_python(code).split() == ["fastbp.verification"]


# ------------------------------------------------------------------------------------------------------- report and command


def good():
    return Findings([compare("a number", 1.0, 1.0, limit=1e-9)], "a note")


def wrong():
    return Findings([compare(f"number {i}", 1.0 + i, 1.0, limit=1e-9) for i in range(6)])


def no_number():
    return Findings([compare("a number", np.nan, 1.0, limit=1e-9)])


def raises():
    raise KeyError("gone")


@pytest.fixture
def with_checks(monkeypatch):
    return lambda *functions: monkeypatch.setattr(checks, "CHECKS", functions)


def test_verify_saves_its_report(with_checks, tmp_path, capsys):
    with_checks(good)
    report = fastbp.verify(tmp_path / "report.json")
    saved = json.loads((tmp_path / "report.json").read_text())
    assert report.passed and saved["passed"] and saved["machine"] == report.machine
    assert [check["name"] for check in saved["checks"]] == ["good"] and saved["checks"][0]["detail"] == ["a note"]
    assert capsys.readouterr().out == ""
    assert "all 1 checks passed" in str(report) and "a note" in str(report)


def test_a_check_that_raises_has_failed_and_the_others_go_on(with_checks):
    with_checks(raises, good)
    report = fastbp.verify()
    assert [check.passed for check in report.checks] == [False, True] and not report.passed
    assert report.checks[0].detail == ["KeyError: 'gone'"]
    assert "1 of 2 checks FAILED" in str(report)


def test_the_worst_of_many_failures_are_told(with_checks):
    with_checks(wrong)
    check = fastbp.verify().checks[0]
    assert check.error == 5 and check.limit == 1e-9
    assert check.detail[0] == "number 5 is 6.0; expected 1.0 (error 5, limit 1e-09)"
    assert check.detail[-1] == "and 2 more of 6 comparisons" and len(check.detail) == 4


def test_a_report_of_what_is_no_number_is_json(with_checks, tmp_path):
    with_checks(no_number)
    assert not fastbp.verify(tmp_path / "report.json").passed
    check = json.loads((tmp_path / "report.json").read_text(), parse_constant=pytest.fail)["checks"][0]
    assert check["error"] is None and check["detail"][0].startswith("a number is nan; expected 1.0")


def test_no_checks_are_no_pass(with_checks):
    with_checks()
    assert not fastbp.verify().passed


@pytest.mark.parametrize("function", [wrong, raises, no_number])
def test_the_command_fails_with_a_check(with_checks, tmp_path, monkeypatch, capsys, function):
    monkeypatch.chdir(tmp_path)
    with_checks(good, function)
    assert cli.main(["verify"]) == 1
    assert json.loads((tmp_path / "fastbp-verify.json").read_text())["passed"] is False
    assert "FAILED" in capsys.readouterr().out
    with_checks(good)
    assert cli.main(["verify"]) == 0


def test_a_folder_that_is_not_there_is_told_before_the_checks(with_checks, tmp_path, capsys):
    with_checks(lambda: pytest.fail("a check ran"))
    missing = tmp_path / "missing" / "report.json"
    with pytest.raises(FileNotFoundError, match="missing"):
        fastbp.verify(missing)
    assert cli.main(["verify", "--report", str(missing)]) == 2
    assert "missing" in capsys.readouterr().err


def test_a_process_ends_with_the_commands_code(tmp_path):
    command = [sys.executable, "-m", "fastbp", "verify", "--report", str(tmp_path / "missing" / "report.json")]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60).returncode == 2


def test_a_report_that_is_no_path_is_refused():
    with pytest.raises(TypeError, match="report is 3 of type int; expected the path of a file"):
        fastbp.verify(3)


@pytest.mark.parametrize("arguments", [[], ["verfy"], ["verify", "--threads", "2"]])
def test_an_unknown_command_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2 and "usage: fastbp" in capsys.readouterr().err


def test_without_compiled_kernels_there_is_nothing_to_verify(run_python):
    code = "import fastbp\ntry:\n    fastbp.verify()\nexcept RuntimeError as error:\n    print(error)"
    assert "NUMBA_DISABLE_JIT" in run_python(code, NUMBA_DISABLE_JIT="1")


# ---------------------------------------------------------------------------------------- what is compared, and how far it goes


def test_every_optimizer_activation_and_loss_is_in_a_path():
    assert set(paths.RICHER) == set(OPTIMIZERS)
    assert {path.activation for path in paths.PATHS} == {name for name, cls in ACTIVATIONS.items() if not cls.output_only}
    assert {path.loss for path in paths.PATHS} == {run.loss for run in golden.RUNS.values()} == set(LOSSES)
    assert {run.optimizer.name for run in golden.RUNS.values()} == set(OPTIMIZERS)


def test_paths_reach_what_they_are_named_for():
    named = {path.name: path for path in paths.PATHS}
    size = {name: path.trainer("sgd", "float32", 1).model.network.size for name, path in named.items()}
    rows = {name: path.batch or path.rows for name, path in named.items()}
    sharded = {name for name in named if sizes.shards_of(rows[name], size[name]) > 1}
    assert sharded == {"a batch in shards", "one output, in shards"}
    assert rows["a long batch in one piece"] > patch._ROWS_AT_ONCE
    assert size["wide layers"] > patch._CACHED and max(named["wide layers"].sizes) > sizes.DEPTH > sizes.CHUNK
    assert rows["one row a batch"] == 1 < rows["few rows"] <= sizes.FEW


def test_bits_are_compared():
    assert same_bits("", [0.0, np.nan], [0.0, np.nan]).passed
    for found, wanted in ([0.0, -0.0], [1.0, np.nextafter(1.0, 2)], [np.nan, 1.0], [np.ones(2), np.ones(3)]):
        assert not same_bits("", found, wanted).passed


@pytest.mark.parametrize(("found", "wanted"), [(np.nan, 1.0), (1.0, np.nan), (np.inf, 1.0), (np.ones(2), np.ones(3))])
def test_what_is_no_number_is_an_infinite_error(found, wanted):
    assert compare("", found, wanted, limit=1e300).error == np.inf


# ------------------------------------------------------------------------------------------------------------------ stored runs


def test_stored_runs_are_those_of_the_table():
    assert set(STORED["losses"]) == set(golden.RUNS)
    assert set(STORED["hashes"]) == set(make_golden.SETTINGS)
    assert all(set(hashes) == set(golden.RUNS) for hashes in STORED["hashes"].values())


def test_all_levels_have_the_same_bits():
    first, *others = STORED["hashes"].values()
    assert others == [first] * len(others)


def test_stored_runs_come_out_here():
    findings = golden.stored_runs_come_out_bit_by_bit()
    assert [str(each) for each in findings.deviations if not each.passed] == []
    assert level() not in make_golden.SETTINGS or findings.note == f"hashes of {level()}"


def test_stored_runs_come_out_for_avx2(run_python):
    if not on_this_machine("x86_64-avx2"):
        pytest.skip("needs a processor with AVX2")
    settings = make_golden.SETTINGS["x86_64-avx2"] | {"NUMBA_CACHE_DIR": f"{os.environ['NUMBA_CACHE_DIR']}-avx2"}
    here, results = json.loads(run_python(make_golden.RUN, **settings))
    assert here == "x86_64-avx2"
    assert {name: digest for name, (_, digest) in results.items()} == STORED["hashes"][here]


@pytest.mark.parametrize("name", make_golden.SETTINGS)
def test_the_level_is_that_which_numba_compiles_for(run_python, name):
    if not on_this_machine(name):
        pytest.skip("needs a processor of that level")
    assert run_python("from fastbp.verification.level import level; print(level())", **make_golden.SETTINGS[name]).strip() == name


def test_on_a_level_without_hashes_losses_are_compared(monkeypatch, tmp_path):
    monkeypatch.setattr(golden, "level", lambda: "riscv64")
    findings = golden.stored_runs_come_out_bit_by_bit()
    assert all(each.passed and each.limit > 0 for each in findings.deviations) and "riscv64" in findings.note
    changed = json.loads(json.dumps(STORED))
    changed["losses"]["adam"][1] = (float.fromhex(STORED["losses"]["adam"][1]) * 1.0001).hex()
    monkeypatch.setattr(golden, "FILE", tmp_path / "golden.json")
    golden.FILE.write_text(json.dumps(changed))
    (failed,) = failures(golden.stored_runs_come_out_bit_by_bit)
    assert failed.startswith("adam, float32: history.loss[1] is ")


# -------------------------------------------------------------------------------------------------------------- planted errors

# Of each plant: a file of the package, what stands there, what is put in its place. Different checks see them, so that one copy serves all.
PLANTS = (
    # A polynomial of float64, by 1e-10.
    ("kernels/lanes/elementary.py", "fma(g, r, 0.16666666666666671)", "fma(g, r, 0.16666666676666671)"),
    # Nesterov's look-ahead, back instead.
    ("kernels/update.py", "rate * (slope + momentum * v if", "rate * (slope - momentum * v if"),
    # Parameters that only the second task leaves out.
    ("kernels/passes.py", "shards, begin, end, block)", "shards, begin + task * lanes, end, block)"),
)
VERIFY = "import sys\nfrom fastbp.cli import main\nprint('code', main(['verify', '--report', sys.argv[1]]))"


@pytest.fixture(scope="module")
def planted(run_python, tmp_path_factory):
    """The details of the checks that fail in a copy of the package with all plants."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "fastbp", folder / "fastbp", ignore=shutil.ignore_patterns("__pycache__"))
    for name, before, after in PLANTS:
        text = (folder / "fastbp" / name).read_text()
        assert text.count(before) == 1
        (folder / "fastbp" / name).write_text(text.replace(before, after))
    settings = {"NUMBA_CACHE_DIR": str(folder / "cache"), "NUMBA_NUM_THREADS": "2"}
    printed = run_python(VERIFY, folder / "report.json", package=folder, **settings)
    assert printed.splitlines()[-1] == "code 1"
    checks = json.loads((folder / "report.json").read_text())["checks"]
    return {check["name"]: check["detail"] for check in checks if not check["passed"]}


def test_what_no_plant_touches_passes(planted):
    assert set(NAMES) - set(planted) == {"gradients equal central differences", "callers thread count is restored"}


def test_a_planted_error_of_a_polynomial_is_seen(planted):
    *told, more = planted["predictions losses and gradients follow the oracle"]
    assert all(", float64: " in each for each in told) and more.startswith("and ")
    # This run has no momentum.
    assert any(each.startswith("sgd, float64: ") for each in planted["stored runs come out bit by bit"])


def test_a_planted_error_of_a_rule_is_seen(planted):
    told = planted["training in float32 follows the oracle"]
    assert all("nesterov=True" in each for each in told[:3])


def test_a_planted_error_of_a_share_is_seen(planted):
    told = planted["thread counts give the same bits"]
    assert all("in shards (" in each and ("2 threads: " in each or "threads=None: " in each) for each in told[:3])


def test_a_wrong_gradient_is_seen(monkeypatch):
    original = fastbp.Trainer.loss_and_gradients

    def changed(self, *data):
        loss, weights, biases = original(self, *data)
        biases[1][0] *= 1 + 1e-5
        return loss, weights, biases

    monkeypatch.setattr(fastbp.Trainer, "loss_and_gradients", changed)
    failed = failures(gradients.gradients_equal_central_differences)
    assert any("relu net, squared_error, tanh output, weighted rows: dbiases[1][0] is " in each for each in failed)
    assert not any("dweights" in each for each in failed)


def test_a_wrong_loss_is_seen(monkeypatch):
    original = fastbp.Trainer.evaluate
    monkeypatch.setattr(fastbp.Trainer, "evaluate", lambda *data: {"loss": original(*data)["loss"] * (1 + 1e-4)})
    failed = failures(oracle.predictions_losses_and_gradients_follow_the_oracle)
    assert len(failed) == 2 * len(paths.PATHS) and all("evaluate's loss" in each for each in failed)


def test_wrong_coefficients_are_seen(monkeypatch):
    original = fastbp.Adam.coefficients
    monkeypatch.setattr(fastbp.Adam, "coefficients", lambda self, steps: original(self, steps - 1 + (steps == 1)))
    failed = failures(oracle.training_in_float64_follows_the_oracle)
    for path in paths.PATHS:
        assert all(any(f"{path.name} (" in each and f", {name}(" in each for each in failed) for name in ("Adam", "AdamW"))
    assert not any("SGD(" in each or "RMSprop(" in each for each in failed)
    assert {each.partition(",")[0] for each in failures(golden.stored_runs_come_out_bit_by_bit)} == {"adam", "adamw row by row"}


@needs_two
def test_bits_that_differ_between_thread_counts_are_seen(monkeypatch):
    run = programs.run

    def changed(*arguments):
        run(*arguments)
        if arguments[-1] == 2 and arguments[0] == fastbp.kernels.codes.PREDICT:
            arguments[-2].view(f"u{arguments[-2].itemsize}")[-1, -1] ^= 1

    monkeypatch.setattr(programs, "run", changed)
    failed = failures(parity.thread_counts_give_the_same_bits)
    assert all(": predict[" in each for each in failed)
    assert {path.name for path in paths.PATHS if any(each.startswith(f"{path.name} (") for each in failed)} >= {
        "wide layers",
        "ragged panels",
    }


@needs_two
def test_a_thread_count_that_is_not_restored_is_seen(monkeypatch):
    @contextlib.contextmanager
    def running(tasks):
        numba.set_num_threads(tasks)
        yield tasks

    before = numba.get_num_threads()
    monkeypatch.setattr(engine, "running", running)
    failed = failures(parity.callers_thread_count_is_restored)
    assert "numba.get_num_threads() after threads=2 is 2; expected 1 (error 1, limit 0)" in failed
    assert numba.get_num_threads() == before
