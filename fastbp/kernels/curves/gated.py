"""Activations that are z times a gate between 0 and 1: gelu, silu, mish, hard swish.

They fall below 0 and rise again, so that a does not tell z.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.codes import GELU, GELU_TANH, HARD_SWISH, MISH, SILU
from fastbp.kernels.curves.clipped import clip, hard_sigmoid
from fastbp.kernels.lanes.elementary import exp_nonpositive, sigmoid
from fastbp.kernels.lanes.normal import DENSITY_AT_0, half_square_exponential, scaled_tail
from fastbp.kernels.lanes.vector import absolute, select

# gelu's approximation by a tanh is z times the logistic function of twice this times (z + 0.044715 z**3) (D. Hendrycks, K. Gimpel, 2016).
_SLOPE, _CUBE = 1.5957691216057307118, 0.044715
# Beyond this its gate is 0 or 1 in either type, and no cube too large.
_FAR = 32


@scalar
def _gelu(z: Any, settings: Any) -> Any:
    # z times the tail, which alone would be subnormal before the product is.
    x = absolute(z)
    beyond = x * scaled_tail(x) * half_square_exponential(x)
    return select(z < 0, -beyond, z - beyond)


@scalar
def _gelu_derivative(z: Any, settings: Any) -> Any:
    x = absolute(z)
    density = half_square_exponential(x)
    tail = scaled_tail(x) * density
    return select(z < 0, tail, 1 - tail) + DENSITY_AT_0 * z * density


@scalar
def _gelu_tanh(z: Any, settings: Any) -> Any:
    near = clip(z, -_FAR, _FAR)
    return z * sigmoid(_SLOPE * near * (1 + _CUBE * near * near))


@scalar
def _gelu_tanh_derivative(z: Any, settings: Any) -> Any:
    near = clip(z, -_FAR, _FAR)
    u = _SLOPE * near * (1 + _CUBE * near * near)
    gate = sigmoid(u)
    return gate + near * (gate * sigmoid(-u)) * (_SLOPE * (1 + 3 * _CUBE * near * near))


@scalar
def _silu(z: Any, settings: Any) -> Any:
    return z * sigmoid(z)


@scalar
def _silu_derivative(z: Any, settings: Any) -> Any:
    gate = sigmoid(z)
    return gate * (1 + z * sigmoid(-z))


@scalar
def _mish_gate(z: Any) -> tuple[Any, Any]:
    """(tanh(log(1 + exp(z))), 1 - that), from t = exp(-|z|): neither cancels."""
    t = exp_nonpositive(-absolute(z))
    part, rest = select(z < 0, t * (t + 2), 1 + 2 * t), select(z < 0, 2, 2 * t * t)
    whole = part + rest
    return part / whole, rest / whole


@scalar
def _mish(z: Any, settings: Any) -> Any:
    gate, _ = _mish_gate(z)
    return z * gate


@scalar
def _mish_derivative(z: Any, settings: Any) -> Any:
    gate, rest = _mish_gate(z)
    return gate + z * (rest * (1 + gate)) * sigmoid(z)


@scalar
def _hard_swish(z: Any, settings: Any) -> Any:
    return z * hard_sigmoid(z, settings)


@scalar
def _hard_swish_derivative(z: Any, settings: Any) -> Any:
    return select(z < -3, 0, select(z > 3, 1, z / 3 + 0.5))


BY_LOGIT = {
    GELU: (_gelu, _gelu_derivative),
    GELU_TANH: (_gelu_tanh, _gelu_tanh_derivative),
    SILU: (_silu, _silu_derivative),
    MISH: (_mish, _mish_derivative),
    HARD_SWISH: (_hard_swish, _hard_swish_derivative),
}
