"""Activations that are exponentials below 0, or all along: elu, celu, selu, softplus, exponential.

Their derivatives are written by the output: where a = c (exp(z) - 1), the derivative is a + c.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.codes import CELU, ELU, EXPONENTIAL, SELU, SOFTPLUS
from fastbp.kernels.lanes.elementary import exp, exp_nonpositive, expm1_nonpositive, log1p_unit
from fastbp.kernels.lanes.vector import absolute, select

#: Of selu, which keep units at mean 0 and variance 1 (G. Klambauer et al., NeurIPS 2017).
SELU_SCALE, SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848
_SELU_SLOPE = SELU_SCALE * SELU_ALPHA


@scalar
def _elu(z: Any, settings: Any) -> Any:
    return select(z < 0, settings[0] * expm1_nonpositive(-absolute(z)), z)


@scalar
def _elu_back(d: Any, a: Any, settings: Any) -> Any:
    return select(a > 0, d, d * (a + settings[0]))


@scalar
def _celu(z: Any, settings: Any) -> Any:
    return select(z < 0, settings[0] * expm1_nonpositive(-absolute(z) / settings[0]), z)


@scalar
def _celu_back(d: Any, a: Any, settings: Any) -> Any:
    return select(a > 0, d, d * (1 + a / settings[0]))


@scalar
def _selu(z: Any, settings: Any) -> Any:
    return select(z < 0, _SELU_SLOPE * expm1_nonpositive(-absolute(z)), SELU_SCALE * z)


@scalar
def _selu_back(d: Any, a: Any, settings: Any) -> Any:
    return d * select(a > 0, SELU_SCALE, a + _SELU_SLOPE)


@scalar
def _softplus(z: Any, settings: Any) -> Any:
    scaled = settings[0] * z
    return (select(scaled < 0, 0, scaled) + log1p_unit(exp_nonpositive(-absolute(scaled)))) / settings[0]


@scalar
def _softplus_back(d: Any, a: Any, settings: Any) -> Any:
    # The logistic function of z is 1 - exp(-a).
    return d * -expm1_nonpositive(-settings[0] * a)


@scalar
def _exponential(z: Any, settings: Any) -> Any:
    return exp(z)


@scalar
def _exponential_back(d: Any, a: Any, settings: Any) -> Any:
    return d * a


BY_OUTPUT = {
    ELU: (_elu, _elu_back),
    CELU: (_celu, _celu_back),
    SELU: (_selu, _selu_back),
    SOFTPLUS: (_softplus, _softplus_back),
    EXPONENTIAL: (_exponential, _exponential_back),
}
