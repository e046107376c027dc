"""Initial weights, drawn from a counter-based generator keyed by the seed and the layer, so that no draw depends on another.

======================  ==========================================  =================================================================
name                    distribution of W                           source
======================  ==========================================  =================================================================
glorot_uniform          U(-r, r), r = sqrt(6 / (n_in + n_out))       X. Glorot, Y. Bengio, AISTATS 2010
glorot_normal           N(0, s), s = sqrt(2 / (n_in + n_out))        the same
he_uniform              U(-r, r), r = sqrt(6 / n_in)                 K. He et al., ICCV 2015
he_normal               N(0, s), s = sqrt(2 / n_in)                  the same
lecun_uniform           U(-r, r), r = sqrt(3 / n_in)                 Y. LeCun et al., *Efficient BackProp*, 1998
lecun_normal            N(0, s), s = sqrt(1 / n_in)                  the same
zeros                   0                                           (a net of more than one layer learns nothing from it)
======================  ==========================================  =================================================================

Biases start at zero. ``"auto"`` takes, layer by layer, ``he_uniform`` before relu and leaky_relu and ``glorot_uniform`` before the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from fastbp._names import counted, lookup
from fastbp._random import INITIAL_WEIGHTS, generator
from fastbp._typing import Array, DType, NDArray
from fastbp.activations import Activation
from fastbp.data.validation import real_array

Draw = Callable[[np.random.Generator, int, int], NDArray[np.float64]]


def _uniform(variance: Callable[[int, int], float]) -> Draw:
    def draw(random: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float64]:
        bound = math.sqrt(3 * variance(n_in, n_out))
        return random.uniform(-bound, bound, (n_in, n_out))

    return draw


def _normal(variance: Callable[[int, int], float]) -> Draw:
    def draw(random: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float64]:
        return random.normal(0.0, math.sqrt(variance(n_in, n_out)), (n_in, n_out))

    return draw


def _glorot(n_in: int, n_out: int) -> float:
    return 2 / (n_in + n_out)


def _he(n_in: int, n_out: int) -> float:
    return 2 / n_in


def _lecun(n_in: int, n_out: int) -> float:
    return 1 / n_in


def _zeros(random: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float64]:
    return np.zeros((n_in, n_out))


INITIALIZERS: dict[str, Draw | None] = {
    "auto": None,
    "glorot_uniform": _uniform(_glorot),
    "glorot_normal": _normal(_glorot),
    "he_uniform": _uniform(_he),
    "he_normal": _normal(_he),
    "lecun_uniform": _uniform(_lecun),
    "lecun_normal": _normal(_lecun),
    "zeros": _zeros,
}


def draw_weights(init: str, layer_sizes: Sequence[int], activations: Sequence[Activation], seed: int) -> list[NDArray[np.float64]]:
    """One matrix (n_in, n_out) a layer, by the initialiser's name."""
    chosen, by_name = lookup(init, INITIALIZERS, "init"), {name: draw for name, draw in INITIALIZERS.items() if draw}
    weights = []
    for layer, activation in enumerate(activations):
        draw = chosen or lookup(activation.initializer, by_name, "the activation's initializer")
        weights.append(draw(generator(seed, INITIAL_WEIGHTS, layer), layer_sizes[layer], layer_sizes[layer + 1]))
    return weights


def check_given(init: object, layer_sizes: Sequence[int], dtype: DType) -> tuple[list[Array], list[Array]]:
    """A user's ``(weights, biases)``, each a list with an array a layer, of the shapes that `layer_sizes` asks for."""
    if not isinstance(init, Sequence) or len(init) != 2:
        raise TypeError(f"init is {init!r:.80}; expected a name ({', '.join(INITIALIZERS)}) or a pair (weights, biases)")
    shapes = list(pairwise(layer_sizes))
    weights = check_arrays(init[0], "weights", "init[0]", shapes, dtype)
    return weights, check_arrays(init[1], "biases", "init[1]", [shape[1:] for shape in shapes], dtype)


def check_arrays(arrays: object, what: str, argument: str, shapes: Sequence[tuple[int, ...]], dtype: DType) -> list[Array]:
    """`arrays` as a list of finite ones of these shapes and of `dtype`."""
    if not isinstance(arrays, Sequence) or isinstance(arrays, str):
        raise TypeError(f"{argument} is {arrays!r:.80}; expected a list of {counted(len(shapes), 'array')} of {what}")
    if len(arrays) != len(shapes):
        raise ValueError(f"{argument} has {counted(len(arrays), 'array')}; expected {len(shapes)}, of shapes {', '.join(map(str, shapes))}")
    checked = []
    for i, (given, shape) in enumerate(zip(arrays, shapes, strict=True)):
        array = real_array(given, f"{argument}[{i}]", dtype)
        if array.shape != shape:
            raise ValueError(f"{argument}[{i}] has shape {array.shape}; expected {shape}")
        checked.append(array)
    return checked
