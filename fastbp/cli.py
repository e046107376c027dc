"""The command line: ``fastbp verify``, or ``python -m fastbp verify``."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 otherwise, 2 for a command that cannot be run."""
    parser = argparse.ArgumentParser(prog="fastbp", description="Multi-layer perceptrons trained by back-propagation on CPUs.")
    commands = parser.add_subparsers(title="commands", required=True)
    verify = commands.add_parser("verify", help="check the compiled kernels on this machine", description=_verify.__doc__)
    verify.add_argument("--report", metavar="PATH", default="fastbp-verify.json", help="where to save the report (default: %(default)s)")
    verify.set_defaults(run=_verify)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except (OSError, RuntimeError) as error:
        print(f"fastbp: {error}", file=sys.stderr)
        return 2


def _verify(given: argparse.Namespace) -> int:
    """Check that the compiled kernels compute what they should, in about ten seconds once they are compiled; save a report as JSON."""
    from fastbp.verification.checks import run_checks
    from fastbp.verification.report import check_path

    path = check_path(given.report)
    report = run_checks(functools.partial(print, flush=True))
    report.save(path)
    return 0 if report.passed else 1
