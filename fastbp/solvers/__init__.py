"""The solvers, and the one table of them.

===================  ===================================================================================
name                 an iteration on the whole set
===================  ===================================================================================
lbfgs                a line search along a direction of L-BFGS, which remembers the last few gradients
levenberg_marquardt  a damped Gauss-Newton step, for least squares of up to some 2,000 parameters
===================  ===================================================================================

A `Trainer` takes one in place of an optimizer. An optimizer goes by a rule from step to step, which the kernels hold; a solver asks for
loss and gradient of the whole set as often as it needs them, until there is nothing to be gained.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from fastbp._names import lookup
from fastbp._settings import Settings
from fastbp._table import Table, later
from fastbp.optimizers import OPTIMIZERS, Optimizer, as_optimizer, described_optimizer
from fastbp.optimizers import OTHER_NAMES as NAMES_OF_OPTIMIZERS

if TYPE_CHECKING:
    from fastbp.solvers.base import Kept, Point, Problem, Solver, Squares
    from fastbp.solvers.lbfgs import LBFGS
    from fastbp.solvers.levenberg_marquardt import LevenbergMarquardt

# fmt: off
__all__ = [
    "LBFGS", "METHODS", "SOLVERS", "Kept", "LevenbergMarquardt", "Method", "Point", "Problem", "Solver", "Squares", "as_method",
    "describe_method", "described_method",
]
# fmt: on

#: What a trainer takes.
Method: TypeAlias = "Optimizer | Solver"

SOLVERS: Table[type[Solver]] = Table(
    {
        "lbfgs": ("fastbp.solvers.lbfgs", "LBFGS"),
        "levenberg_marquardt": ("fastbp.solvers.levenberg_marquardt", "LevenbergMarquardt"),
    },
)
#: Optimizers and solvers.
METHODS: Mapping[str, type[Method]] = ChainMap(SOLVERS, OPTIMIZERS)  # type: ignore[arg-type]  # nothing is written to it
#: What other libraries call some of these, in small letters without underscores.
OTHER_NAMES = {
    **dict.fromkeys(("lbfgsb", "fminlbfgsb", "limitedmemorybfgs", "bfgs"), "lbfgs"),
    **dict.fromkeys(("lm", "trainlm", "levenberg", "marquardt", "gaussnewton"), "levenberg_marquardt"),
}
#: The modules of the classes that are imported when they are asked for.
MODULES = SOLVERS.modules()
__getattr__ = later(globals(), MODULES | dict.fromkeys(("Kept", "Point", "Problem", "Solver", "Squares"), "fastbp.solvers.base"))


def describe_method(method: Method) -> dict[str, Any]:
    """An optimizer or solver, for a file; TypeError for one of the user's own, ValueError for a setting that no file can hold."""
    if method.name not in METHODS or METHODS[method.name] is not type(method):
        raise TypeError(f"optimizer is of type {type(method).__name__}; a file can hold {', '.join(METHODS)}")
    return method.described()


def described_method(description: dict[str, Any]) -> Method:
    """The optimizer or solver that a file describes."""
    if description["name"] not in SOLVERS:
        return described_optimizer(description)
    settings = dict(description)
    return SOLVERS[settings.pop("name")](**settings)


def as_method(given: object) -> Method:
    """An optimizer or solver, or one with default settings by its name."""
    if isinstance(given, str):
        return lookup(given, METHODS, "optimizer", NAMES_OF_OPTIMIZERS | OTHER_NAMES)()
    if isinstance(given, Settings) and not isinstance(given, Optimizer):
        given.simplify()
        return cast("Solver", given)
    return as_optimizer(given)
