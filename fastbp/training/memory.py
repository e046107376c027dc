"""What an optimizer remembers between steps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fastbp._typing import Array, DType
from fastbp.layout import aligned_zeros
from fastbp.optimizers.base import Optimizer


@dataclass
class Memory:
    """Owned by the trainer; belongs to one kind of optimizer."""

    name: str
    slots: Array  # (n_slots, parameters)
    steps: int = 0  # made with this memory, for the bias corrections
    factors: NDArray[np.float64] = field(default_factory=lambda: np.ones(0))  # (n_factors,) what accumulates over the steps

    @classmethod
    def of(cls, optimizer: Optimizer, size: int, dtype: DType) -> Memory:
        """An empty memory for that many parameters."""
        slots = aligned_zeros(optimizer.n_slots * size, dtype).reshape(-1, size)
        return cls(optimizer.name, slots, factors=np.ones(optimizer.n_factors))

    def fits(self, optimizer: Optimizer) -> bool:
        """Whether `optimizer` can go on with this memory."""
        return self.name == optimizer.name and len(self.slots) == optimizer.n_slots

    def adapted(self, optimizer: Optimizer) -> Memory:
        """A memory for `optimizer`: what its own kind remembered is kept, so far as it still has use for it."""
        memory = Memory.of(optimizer, self.slots.shape[1], self.slots.dtype)
        if self.name == optimizer.name:
            kept = min(len(memory.slots), len(self.slots))
            memory.slots[:kept] = self.slots[:kept]
            memory.steps, memory.factors = self.steps, self.factors
        return memory
