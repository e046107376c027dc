"""There is room: what needs more of the kernels than anything that fastbp has fits in, and follows the oracle."""

import json

import pytest
from some_checks import ROOT


@pytest.fixture(scope="module")
def found(run_python, tmp_path_factory):
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'tests' / 'helpers')!r}); import additions; additions.main(sys.argv[1])"
    return json.loads(run_python(code, tmp_path_factory.mktemp("additions"), NUMBA_DISABLE_JIT="1"))


def test_gradients_by_the_logits_agree_with_central_differences(found):
    assert found["compared"] > 40 and found["gradients"] == []


@pytest.mark.parametrize("rows", ["panels", "few", "one"])
def test_training_follows_the_oracle(found, rows):
    assert max(found[rows]["errors"]) < 1e-14


@pytest.mark.parametrize("rows", ["panels", "few", "one"])
def test_settings_and_factors_come_back_from_a_file(found, rows):
    assert found[rows]["resumed"] and found[rows]["loss"] == "scaled(1.5)"
