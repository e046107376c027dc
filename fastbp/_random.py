"""Counter-based random numbers: each stream is named by (seed, purpose, index), so none depends on what was drawn before it."""

from __future__ import annotations

import functools

import numpy as np

from fastbp._names import integer

INITIAL_WEIGHTS, EPOCH_ORDER, VALIDATION_ROWS, KERNELS, MIXTURE, SAMPLE = range(6)


def as_seed(seed: object) -> int:
    """`seed` as an int of at most 64 bits; None draws one from the operating system."""
    if seed is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))
    number = integer(seed, "seed", least=0)
    if number >= 2**64:
        raise ValueError(f"seed is {number}; expected an integer below 2**64")
    return number


def generator(seed: int, purpose: int, index: int) -> np.random.Generator:
    """The stream of one purpose and index (Philox, J. K. Salmon et al., SC 2011)."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, purpose], np.uint64), counter=np.array([0, 0, 0, index], np.uint64)))


@functools.lru_cache(16)
def random_key(seed: int) -> int:
    """The key of the random numbers that kernels draw in a run."""
    return int(generator(seed, KERNELS, 0).integers(2**63))
