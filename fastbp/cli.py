"""The command line: ``fastbp verify`` and ``fastbp list``, or ``python -m fastbp verify``."""

from __future__ import annotations

import argparse
import functools
import inspect
import sys
from collections.abc import Mapping, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 otherwise, 2 for a command that cannot be run."""
    parser = argparse.ArgumentParser(prog="fastbp", description="Multi-layer perceptrons trained by back-propagation on CPUs.")
    commands = parser.add_subparsers(title="commands", required=True)
    verify = commands.add_parser("verify", help="check the compiled kernels on this machine", description=_verify.__doc__)
    verify.add_argument("--report", metavar="PATH", default="fastbp-verify.json", help="where to save the report (default: %(default)s)")
    verify.set_defaults(run=_verify)
    names = commands.add_parser("list", help="what activations, losses, optimizers, ... there are", description=_list.__doc__)
    names.set_defaults(run=_list)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except (OSError, RuntimeError) as error:
        print(f"fastbp: {error}", file=sys.stderr)
        return 2


def _verify(given: argparse.Namespace) -> int:
    """Check that the compiled kernels compute what they should, in about a minute; save a report as JSON."""
    from fastbp.verification.checks import run_checks
    from fastbp.verification.report import check_path

    path = check_path(given.report)
    report = run_checks(functools.partial(print, flush=True))
    report.save(path)
    return 0 if report.passed else 1


def _list(given: argparse.Namespace) -> int:
    """Print the name of each activation, loss, metric, optimizer, schedule and so on, how to build one, and what it is."""
    from fastbp.activations import ACTIVATIONS
    from fastbp.averages import AVERAGES
    from fastbp.between import NORMALIZATIONS
    from fastbp.callbacks import CALLBACKS
    from fastbp.initializers import INITIALIZERS
    from fastbp.losses import LOSSES
    from fastbp.metrics import METRICS
    from fastbp.optimizers import OPTIMIZERS
    from fastbp.schedules import SCHEDULES
    from fastbp.solvers import SOLVERS

    tables: dict[str, Mapping[str, type]] = {
        "activations": ACTIVATIONS,
        "losses": LOSSES,
        "metrics": METRICS,
        "optimizers": OPTIMIZERS,
        "solvers": SOLVERS,
        "schedules": SCHEDULES,
        "averages": AVERAGES,
        "normalizations": NORMALIZATIONS,
        "callbacks": CALLBACKS,
    }
    for title, table in tables.items():
        print(title)
        for name, cls in table.items():
            print(f"  {name:21} {_call(cls)}\n{'':24}{_first_sentence(cls)}")
        print()
    print(f"initializers\n  {', '.join(INITIALIZERS)}")
    return 0


def _call(cls: type) -> str:
    """How an object of a class is made, with the defaults that are its own; settings that all share are left out."""
    parameters = inspect.signature(cls).parameters.values()
    own = [each for each in parameters if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    return f"{cls.__name__}({', '.join(each.name if each.default is each.empty else f'{each.name}={each.default!r}' for each in own)})"


def _first_sentence(cls: type) -> str:
    return (cls.__doc__ or "").strip().splitlines()[0]
