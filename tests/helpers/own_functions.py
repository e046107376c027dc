"""Functions that users may write as activations of their own, in a module that can be imported."""

import math

import numpy as np


def swish(z):
    return z / (1 + math.exp(-z))


def swish_derivative(z):
    s = 1 / (1 + math.exp(-z))
    return s * (1 + z * (1 - s))


def swish_by_branches(z):
    if z > 0:
        return z / (1 + math.exp(-z))
    e = math.exp(z)
    return z * e / (1 + e)


def swish_derivative_by_branches(z):
    s = 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))
    return s * (1 + z * (1 - s))


def squared_relu(z):
    return max(z, 0.0) ** 2


def squared_relu_derivative(z):
    return 2 * max(z, 0.0)


def elu_by_where(z):
    return np.where(z > 0, z, np.exp(-np.abs(z)) - 1)


def elu_by_where_derivative(z):
    return np.where(z > 0, 1.0, np.exp(-np.abs(z)))


class Functions:
    """Some within a class, which can be imported by their qualified names."""

    @staticmethod
    def cube(z):
        return z * z * z

    @staticmethod
    def cube_derivative(z):
        return 3 * z * z


def hundredth_over_step(step):
    return 0.01 / step


def cubed_error(p, t):
    return abs(p - t) ** 3


def cubed_error_derivative(p, t):
    return 3 * (p - t) * abs(p - t)


def uneven_error(p, t):
    if p > t:
        return (p - t) ** 2
    return 0.25 * (p - t) ** 2


def uneven_error_derivative(p, t):
    if p > t:
        return 2 * (p - t)
    return 0.5 * (p - t)
