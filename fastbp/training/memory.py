"""What an optimizer, or a solver, remembers between steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastbp import layout
from fastbp._typing import Array
from fastbp.files.tensors import fill
from fastbp.mlp import MLP
from fastbp.optimizers import Factors
from fastbp.solvers import Method
from fastbp.training.part import Part, State

# In a state, where there are any.
_FACTORS = "factors"


class Memory(Part):
    """Belongs to one kind of optimizer: `slots` (n_slots, parameters), how many steps were made with them, and the optimizer's factors.

    The factors are replaced at each step, not changed in place.
    """

    #: Called before the slots are read, where other processes have parts of them.
    collect: Callable[[], None] | None = None

    def __init__(self, optimizer: Method, model: MLP) -> None:
        self._model = model
        self.changes = 0  # how often the slots were given other values than by steps
        self._begin(optimizer.name, optimizer.n_slots)
        self.factors: Factors = np.ones(optimizer.n_factors)

    def _begin(self, name: str, n_slots: int) -> None:
        size, dtype = self._model.network.size, self._model.dtype
        self.name, self.steps, self.changes = name, 0, self.changes + 1
        self.flat: Array = layout.aligned_zeros(n_slots * size, dtype)
        self.slots: Array = self.flat.reshape(-1, size)

    def __getstate__(self) -> dict[str, Any]:
        """A copy is whole, of no other processes, and makes the view of its own vector."""
        self.collect_all()
        return {name: value for name, value in vars(self).items() if name not in ("slots", "collect")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.slots = self.flat.reshape(-1, self._model.network.size)

    def adapt(self, optimizer: Method) -> None:
        """Be of use to `optimizer`: what its own kind remembered is kept, so far as it still has use for it."""
        if self.name == optimizer.name and len(self.slots) == optimizer.n_slots:
            return
        self.collect_all()
        name, slots, steps = self.name, self.slots, self.steps
        self._begin(optimizer.name, optimizer.n_slots)
        if name == optimizer.name:
            kept = min(len(slots), len(self.slots))
            self.slots[:kept] = slots[:kept]
            self.steps = steps
        else:
            self.factors = np.ones(optimizer.n_factors)

    def state(self) -> State:
        """Each slot as an array for each of the model's."""
        self.collect_all()
        return {"name": self.name, "slots": len(self.slots), "steps": self.steps} | self._arrays() | self._factors()

    def load_state(self, state: State) -> None:
        """Take it back."""
        self._begin(state["name"], state["slots"])
        self.steps = state["steps"]
        self.factors = np.array(state.get(_FACTORS, ()), np.float64)
        fill(self._arrays(), state)

    def numbers(self) -> Array:
        """All slots, one after the other."""
        self.collect_all()
        return self.flat

    def keep(self, before: Any = None) -> Any:
        """Whose slots they are, and how many."""
        return self.name, len(self.slots), self.steps, self.factors

    def restore(self, kept: Any) -> None:
        """Have as many slots of that kind, which wait for their numbers."""
        name, n_slots, steps, factors = kept
        if len(self.slots) != n_slots:
            self._begin(name, n_slots)
        self.name, self.steps, self.factors, self.changes = name, steps, factors, self.changes + 1

    def collect_all(self) -> None:
        """Have all of the slots here."""
        if self.collect is not None:
            self.collect()

    def _factors(self) -> dict[str, Array]:
        return {_FACTORS: self.factors} if self.factors.size else {}

    def _arrays(self) -> dict[str, Array]:
        arrays: dict[str, Array] = {}
        for number, slot in enumerate(self.slots):
            arrays |= {f"{number}.{name}": array for name, array in layout.named_arrays(slot, self._model.network.table).items()}
        return arrays
