"""Random numbers of the kernels: what they are by the formula, and that they look random."""

import statistics

import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED, program
from fastbp.kernels.lanes import random
from fastbp.kernels.lanes.memory import store
from fastbp.kernels.lanes.panels import lanes_of

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]
KEY = -0x123456789ABCDEF
ROWS, UNITS = (16, 16) if DISABLED else (256, 256)


@program
def fill(out, key, rows, units, along_rows, normal):
    """``out[unit, row]`` along rows, ``out[row, unit]`` along units."""
    lanes = lanes_of(out)
    for i in range(units if along_rows else rows):
        for j in range(0, rows if along_rows else units, lanes):
            row, unit = (j, i) if along_rows else (i, j)
            at = i * (rows if along_rows else units) + j
            if normal:
                store(out, at, random.gaussian(out, key, row, unit, along_rows))
            else:
                store(out, at, random.uniform(out, key, row, unit, along_rows))


@program
def key_of(key, step, purpose):
    return random.stream(key, step, purpose)


def numbers(dtype, key=KEY, along_rows=1, normal=False):
    """As [row, unit]."""
    out = np.zeros(ROWS * UNITS, dtype)
    fill(out, key, ROWS, UNITS, along_rows, normal)
    return out.reshape(UNITS, ROWS).T if along_rows else out.reshape(ROWS, UNITS)


def mixed(x, rounds, bits):
    for shift, factor in rounds:
        x = (x ^ (x >> shift)) * factor % 2**bits
    return x


def by_formula(key, row, unit):
    """The module's formula in whole numbers."""
    rounds = (16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)
    h = mixed(row ^ (key % 2**32), rounds, 32)
    return (mixed((h + 0x9E3779B9 * unit) % 2**32 ^ (key >> 32) % 2**32, rounds, 32) >> 8) / 2**24


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("along_rows", [0, 1])
def test_numbers_are_those_of_the_formula_in_either_direction_and_type(dtype, along_rows):
    found = numbers(dtype, along_rows=along_rows)
    for row, unit in [(0, 0), (1, 0), (0, 1), (7, 13), (ROWS - 1, UNITS - 1)]:
        assert found[row, unit] == by_formula(KEY, row, unit)


def test_keys_are_splitmix64():
    """The second is the first number of SplitMix64 seeded with the first, and so on."""
    rounds = (30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)
    for key, step, purpose in [(0, 0, 0), (5, 1, 2), (KEY, 10**12, 7)]:
        wanted = key % 2**64
        for number in (step, purpose):
            wanted = mixed((wanted + (number + 1) * 0x9E3779B97F4A7C15) % 2**64, rounds, 64)
        assert key_of(key, step, purpose) % 2**64 == wanted
    # The first number of SplitMix64 of seed 0.
    assert mixed(0x9E3779B97F4A7C15, rounds, 64) == 0xE220A8397B1DCDAF


@pytest.mark.skipif(DISABLED, reason="takes many numbers")
def test_they_are_uniform_and_unrelated():
    keys = [key_of(11, step, purpose) for step in range(3) for purpose in range(3)]
    every = np.array([numbers(np.float64, key) for key in keys])
    deviation = 1 / np.sqrt(12 * every[0].size)
    for each in every:
        assert abs(each.mean() - 0.5) < 4 * deviation
        counts = np.histogram(each, 64, (0, 1))[0]
        assert ((counts - each.size / 64) ** 2 / (each.size / 64)).sum() < 63 + 5 * np.sqrt(2 * 63)
    centred = every - 0.5
    pairs = [(centred[0], centred[i]) for i in range(1, len(every))]
    # Neighbours along rows, along units, and across.
    pairs += [(c[1:], c[:-1]) for c in centred] + [(c[:, 1:], c[:, :-1]) for c in centred] + [(c[1:, 1:], c[:-1, :-1]) for c in centred]
    for a, b in pairs:
        assert abs((a * b).mean() * 12) < 4.5 / np.sqrt(a.size)
    # Each row and each unit has its share.
    assert abs(every.mean((0, 1)) - 0.5).max() < 5 / np.sqrt(12 * 9 * ROWS)
    assert abs(every.mean((0, 2)) - 0.5).max() < 5 / np.sqrt(12 * 9 * UNITS)


@pytest.mark.parametrize("dtype", DTYPES)
def test_normal_numbers_are_quantiles_of_the_uniform_ones(dtype):
    uniform, found = numbers(np.float64), numbers(dtype, normal=True)
    normal = statistics.NormalDist()
    wanted = np.vectorize(lambda u: normal.inv_cdf(u + 2.0**-25))(uniform)
    np.testing.assert_allclose(found, wanted, rtol=2e-6 if dtype == np.float32 else 1e-6, atol=1e-7)


@pytest.mark.skipif(DISABLED, reason="takes many numbers")
def test_normal_numbers_have_mean_0_and_deviation_1():
    found = np.concatenate([numbers(np.float32, key, normal=True) for key in range(4)])
    assert abs(found.mean()) < 4 / np.sqrt(found.size) and abs(found.std() - 1) < 4 / np.sqrt(2 * found.size)
    assert np.isfinite(found).all() and abs(found).max() > 4
