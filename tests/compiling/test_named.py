"""Of the compiler's code the names alone are kept."""

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED, program
from fastbp.compiling.named import named_only, names_of

pytestmark = pytest.mark.skipif(DISABLED, reason="nothing is compiled")

CODE = """
@"numbers of a table" = private constant [3 x i64] [i64 1, i64 2, i64 3]
@elsewhere = external global i64
declare i64 @called(i64)
define i64 @"_ZN4name$2eB2v1"(i64 %a) {
  %b = call i64 @called(i64 %a)
  ret i64 %b
}
define internal void @small() {
  ret void
}
"""


def double(values):
    return values + values


def defined(code):
    module = llvm.parse_bitcode(code)
    return {each.name for each in (*module.functions, *module.global_variables) if not each.is_declaration}


def test_what_is_defined_stays_so():
    llvm.initialize_native_target()
    code = llvm.parse_assembly(CODE).as_bitcode()
    assert defined(names_of(code)) == defined(code) == {"numbers of a table", "_ZN4name$2eB2v1", "small"}


def test_what_numba_keeps_of_a_function_loses_its_code_alone(monkeypatch, tmp_path):
    # Machine code that an earlier run has kept would be loaded, and have no code of the compiler's.
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    doubled, values = program(double), np.arange(3.0)
    np.testing.assert_array_equal(doubled(values), [0, 2, 4])
    (overload,) = doubled.overloads.values()
    (name, kind, (machine_code, code)), *others = overload._reduce()
    (found_name, found_kind, (found_code, names)), *found_others = named_only(overload._reduce())
    assert (found_name, found_kind, found_code, len(found_others)) == (name, kind, machine_code, len(others))
    assert len(names) < len(code) / 3 and defined(names) == defined(code)


@pytest.mark.parametrize("other", [("name", "bitcode", b"code"), (("name", "bitcode", b"code"), 1), None, 7])
def test_another_form_is_left_alone(other):
    assert named_only(other) is other
