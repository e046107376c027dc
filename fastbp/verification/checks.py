"""The checks, and how they are run: one that raises has failed, and the others go on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from fastbp.compiling import jit
from fastbp.compiling.loading import layer
from fastbp.verification.deviation import Findings
from fastbp.verification.golden import stored_runs_come_out_bit_by_bit
from fastbp.verification.gradients import gradients_equal_central_differences
from fastbp.verification.oracle import (
    predictions_losses_and_gradients_follow_the_oracle,
    training_in_float32_follows_the_oracle,
    training_in_float64_follows_the_oracle,
)
from fastbp.verification.parity import callers_thread_count_is_restored, thread_counts_give_the_same_bits
from fastbp.verification.report import Check, Report

#: Each compares what it names.
CHECKS: tuple[Callable[[], Findings], ...] = (
    gradients_equal_central_differences,
    predictions_losses_and_gradients_follow_the_oracle,
    training_in_float64_follows_the_oracle,
    training_in_float32_follows_the_oracle,
    thread_counts_give_the_same_bits,
    callers_thread_count_is_restored,
    stored_runs_come_out_bit_by_bit,
)
# Of many comparisons that failed, so many of the worst are told.
_TOLD = 3


def run_checks(tell: Callable[[str], object] = lambda line: None) -> Report:
    """Run all checks; `tell` gets the report line by line as they are done."""
    if jit.DISABLED:
        raise RuntimeError("NUMBA_DISABLE_JIT is set, so that no kernel is compiled; verify checks compiled kernels")
    report = Report()
    tell(report.heading())
    for function in CHECKS:
        check = run_check(function)
        report.checks.append(check)
        tell(check.line())
    report.threading_layer = layer() or report.threading_layer
    tell(report.ending())
    return report


def run_check(function: Callable[[], Findings]) -> Check:
    """What came of a check."""
    name, begin = function.__name__.replace("_", " "), time.perf_counter()
    try:
        deviations, note = function()
        worst = max(deviations, key=lambda each: each.severity)
    except Exception as error:
        return Check(name, False, None, None, [f"{type(error).__name__}: {error}"], time.perf_counter() - begin)
    failed = sorted((each for each in deviations if not each.passed), key=lambda each: -each.severity)
    detail = [str(each) for each in failed[:_TOLD]]
    if len(failed) > _TOLD:
        detail.append(f"and {len(failed) - _TOLD} more of {len(deviations)} comparisons")
    detail += [note] if note else []
    measured = worst.error if math.isfinite(worst.error) else None
    return Check(name, not failed, measured, worst.limit, detail, time.perf_counter() - begin)
