"""A check of the compiled kernels on the machine that runs them: `fastbp.verify`, and ``fastbp verify`` on the command line."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastbp.verification.report import Report


def verify(report: str | PathLike[str] | None = None) -> Report:
    """Check on this machine that the compiled kernels compute what they should.

    Gradients are compared with central differences of the loss, training and predictions with an independent float64 implementation in
    NumPy, runs on several threads with those on one, and a few short runs with results stored bit by bit. It takes about forty seconds
    once the kernels are compiled, which takes some minutes.

    Parameters
    ----------
    report : str or path, optional
        Where to save the report as JSON, in one piece or not at all.

    Returns
    -------
    Report
        ``report.passed`` tells whether all is well, ``report.checks`` each check with its worst error, and ``print(report)`` is a table.
        A check that raises has failed, with the error in its detail.

    Raises
    ------
    TypeError
        When `report` is no path.
    OSError
        When the file cannot be written; before the checks, when there is no such folder.
    RuntimeError
        With ``NUMBA_DISABLE_JIT=1``, which leaves nothing compiled to check.
    """
    from fastbp.verification.checks import run_checks
    from fastbp.verification.report import check_path

    path = None if report is None else check_path(report)
    done = run_checks()
    if path is not None:
        done.save(path)
    return done
