"""The compiled programs, imported when they are first used: ``import fastbp`` does without."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from fastbp._typing import Array
from fastbp.compiling.loading import imported, loading
from fastbp.kernels.arguments import Call, Network
from fastbp.kernels.codes import NO_UPDATE

if TYPE_CHECKING:
    from fastbp.kernels.block import Prepared


@imported
def programs() -> ModuleType:
    """The module of the compiled programs."""
    from fastbp.kernels import programs

    return programs


@imported
def scores() -> ModuleType:
    """The module that adds scores up."""
    from fastbp.kernels import scores

    return scores


@imported
def jacobian() -> ModuleType:
    """The module of the Jacobian of least squares."""
    from fastbp.kernels import jacobian

    return jacobian


@imported
def drawn() -> ModuleType:
    """The module that shows the random numbers of a step."""
    from fastbp.kernels import drawn

    return drawn


@imported
def squares() -> ModuleType:
    """The module of the squares of rows' gradients."""
    from fastbp.kernels import squares

    return squares


def prepared(call: Call) -> Prepared:
    """A call for the compiled program, which is compiled or loaded for its element type first; a fork waits until that is done."""
    with loading:
        made: Prepared = programs().prepared(call)
        return made


def units_for(network: Network, kind: int, loss: int, rule: int = NO_UPDATE, apart: int = 0, mixed: bool = False) -> Array:
    """The compiled kernels of such a call, likewise, when one has been prepared."""
    with loading:
        units: Array = programs().units_for(network, kind, loss, rule, apart, mixed)
        return units
