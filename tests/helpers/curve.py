"""One activation alone: its value and its derivative as the kernels compute them, and as mpmath does."""

import re

import mpmath
import numpy as np
from one_batch import OneBatch

from fastbp.compiling.jit import DISABLED, program
from fastbp.kernels import curves
from fastbp.kernels.activate import activate, multiply_by_derivative
from fastbp.kernels.arguments import UNITS_OUT
from fastbp.kernels.block import records
from fastbp.kernels.lanes.subnormal import flush_subnormals, restore

# Rows of the only unit.
ROWS = 64 if DISABLED else 32768


@program
def both_ways(call, one, at, vectors):
    given = records(call, one)
    mode = flush_subnormals()
    activate(given.network, given.workspace, 0, at, vectors)
    multiply_by_derivative(given.network, given.workspace, 0, at, vectors)
    restore(mode)


class Curve:
    """The kernels of an activation in a type."""

    def __init__(self, activation, dtype):
        self.dtype = np.dtype(dtype)
        self.batch = OneBatch([1, 1], ROWS, dtype=dtype, activation="tanh", output_activation=activation)
        self.arguments = self.batch.call()
        self.at = self.batch.workspace.capacity * int(self.batch.network.table[0, UNITS_OUT])

    def __call__(self, z, delta=1.0):
        """act(z) and delta act'(z)."""
        values, slopes = np.empty((2, z.size), self.dtype)
        for first in range(0, z.size, ROWS):
            part = slice(first, min(first + ROWS, z.size))
            place = slice(self.at, self.at + part.stop - first)
            self.batch.workspace.activations[place], self.batch.workspace.deltas[place] = z[part], delta
            with np.errstate(all="ignore"):
                both_ways(*self.arguments, self.at, -(-(part.stop - first) // self.batch.lanes))
            values[part], slopes[part] = self.batch.workspace.activations[place], self.batch.workspace.deltas[place]
        return values, slopes


def logits(dtype, count, seed=0):
    """Numbers of all sizes whose squares are numbers, most of them where activations bend, and all places where they do."""
    random, info = np.random.default_rng(seed), np.finfo(dtype)
    sizes = np.exp(random.uniform(np.log(float(info.tiny)), np.log(float(info.max)) / 2, count // 4))
    parts = [sizes * random.choice([-1, 1], sizes.size)]
    parts += [random.uniform(-width, width, count // 8) for width in (0.1, 1, 3, 7, 20, 120)]
    places = np.array([0, 0.4, 0.7, 1, 2, 2.5, 3, 4, 6, 13, 14, 37, 38, 40, 87, 88, 88.5, 103, 708, 709])
    parts += [places, -places]
    z = np.concatenate(parts).astype(dtype)
    around = z[-2 * places.size :]
    z = np.concatenate([z, np.nextafter(around, dtype(np.inf)), np.nextafter(around, -dtype(np.inf))])
    # Smaller numbers are 0 to the kernels.
    return z[(np.abs(z) >= info.tiny) | (z == 0)]


class Exact:
    """Numbers of mpmath, each as a double and what it lacks."""

    def __init__(self, numbers):
        self.high = np.array([float(each) for each in numbers])
        self.low = np.array([float(each - high) for each, high in zip(numbers, self.high.tolist(), strict=True)])


def errors(z, found, exact, scale=0.0):
    """Distances in ULP of the larger of the exact number, of `scale` and of the smallest normal one.

    None where both are so small that the kernels may have taken a number on the way, of the size of the result over z, for 0.
    """
    info = np.finfo(found.dtype)
    size = np.maximum(np.maximum(np.abs(exact.high), np.abs(scale)), float(info.tiny))
    distance = np.abs((found.astype(np.float64) - exact.high) - exact.low)
    small = np.maximum(np.abs(exact.high), np.abs(found.astype(np.float64))) < 8 * float(info.tiny) * np.maximum(
        1, np.abs(z.astype(np.float64))
    )
    return np.where(small, 0, distance / np.ldexp(1.0, np.frexp(size)[1] - 1 - info.nmant))


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def normal(z):
    return mpmath.erfc(-z / mpmath.sqrt(2)) / 2


def _elu(z, alpha, scale=1, inner=1):
    return (scale * z, scale) if z > 0 else (scale * alpha * mpmath.expm1(z / inner), scale * alpha * mpmath.exp(z / inner) / inner)


def _gelu_tanh(z):
    root = mpmath.sqrt(2 / mpmath.pi)
    gate = sigmoid(2 * root * (z + mpmath.mpf("0.044715") * z**3))
    # 1 - gate without cancellation.
    rest = sigmoid(-2 * root * (z + mpmath.mpf("0.044715") * z**3))
    return z * gate, gate + z * gate * rest * 2 * root * (1 + 3 * mpmath.mpf("0.044715") * z**2)


def _mish(z):
    softplus = mpmath.log1p(mpmath.exp(z))
    gate = mpmath.tanh(softplus)
    return z * gate, gate + z * mpmath.sech(softplus) ** 2 * sigmoid(z)


def _clip(z, low, high):
    return (min(max(z, low), high), mpmath.mpf(1 if low < z < high else 0))


#: By name (act(z), act'(z)) of mpmath's z and of the settings.
EXACT = {
    "elu": lambda z, alpha: _elu(z, alpha),
    "celu": lambda z, alpha: _elu(z, alpha, 1, alpha),
    "selu": lambda z: _elu(z, mpmath.mpf("1.6732632423543772848170429916717"), mpmath.mpf("1.0507009873554804934193349852946")),
    "gelu": lambda z: (z * normal(z), normal(z) + z * mpmath.npdf(z)),
    "gelu_tanh": _gelu_tanh,
    "silu": lambda z: (z * sigmoid(z), sigmoid(z) * (1 + z * sigmoid(-z))),
    "mish": _mish,
    "softplus": lambda z, beta: ((z if z * beta > 60000 else mpmath.log1p(mpmath.exp(beta * z)) / beta), sigmoid(beta * z)),
    "softsign": lambda z: (z / (1 + abs(z)), 1 / (1 + abs(z)) ** 2),
    "hard_sigmoid": lambda z: (min(max((z + 3) / 6, 0), 1), mpmath.mpf(1) / 6 if -3 < z < 3 else mpmath.mpf(0)),
    "hard_tanh": _clip,
    "hard_swish": lambda z: (
        z * min(max((z + 3) / 6, 0), 1),
        mpmath.mpf(0) if z < -3 else mpmath.mpf(1) if z > 3 else z / 3 + mpmath.mpf(1) / 2,
    ),
    "relu6": lambda z: _clip(z, 0, 6),
    "exponential": lambda z: (mpmath.exp(z), mpmath.exp(z)),
}


def exact(activation, z):
    """(values, derivatives) of a vector of logits, with the settings as its type has them."""
    given = [mpmath.mpf(float(z.dtype.type(setting))) for setting in activation.settings.values()]
    pairs = [EXACT[activation.name](mpmath.mpf(each), *given) for each in z.tolist()]
    return Exact([value for value, _ in pairs]), Exact([slope for _, slope in pairs])


#: By name the bounds that the docstring of `kernels/curves` states: of the value and of the derivative.
BOUNDS = {
    name: (float(value), float(slope)) for name, value, slope in re.findall(r"^(\w+) +([\d.]+) +([\d.]+)$", curves.__doc__ or "", re.M)
}


def check_bounds(activation, dtype):
    """Value and derivative against mpmath over the whole range."""
    curve, z = Curve(activation, dtype), logits(dtype, 40 if DISABLED else 1200)
    if activation.name == "exponential":
        # Beyond, it is infinite.
        z = z[z < np.log(float(np.finfo(dtype).max)) - 0.01]
    values, slopes = curve(z)
    with mpmath.workprec(110):
        value, slope = exact(activation, z)
    with np.errstate(over="ignore"):
        scale = np.nan_to_num(z.astype(np.float64) * slope.high, posinf=0.0)
    bounds = BOUNDS[activation.name]
    # Where the value is a bound but for its rounding, the derivative is that at the kink.
    near = [np.abs(z - dtype(kink)) <= 2 * np.spacing(np.abs(dtype(kink))) for kink in activation.kinks]
    far = ~np.any([*near, z != z], axis=0)
    for found, wanted, size, bound, here in ((values, value, scale, bounds[0], z == z), (slopes, slope, 1.0, bounds[1], far)):
        wrong = errors(z, found, wanted, size)
        wrong = np.where(here, wrong, 0)
        # NaN is no error within the bound.
        assert (wrong <= bound).all(), (str(activation), float(np.max(wrong)), float(z[np.argmax(wrong)]), bound)
