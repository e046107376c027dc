"""Calls the compiled kernels for a run, and owns the buffers of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from fastbp import layout
from fastbp._random import random_key
from fastbp._table import attribute
from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows, as_they_lie
from fastbp.kernels.arguments import Call, Data, Limits, Rule, Workspace, no_update
from fastbp.kernels.codes import AVERAGE, BY_LAYERS, DROPOUT_OF_STEP, NO_UPDATE, PARTS, RATES, TRAIN
from fastbp.kernels.lanes.sizes import PIECE, gradients_size
from fastbp.kernels.loader import prepared, units_for
from fastbp.optimizers import Optimizer
from fastbp.processors.threads import plan_tasks, start
from fastbp.schedules import Plan
from fastbp.training.computed import computed
from fastbp.training.last_step import LastStep
from fastbp.training.mixup import Mixture
from fastbp.training.pace import Pace
from fastbp.training.rates import Rates
from fastbp.training.row_norms import BLOCK, squares_of_gradients
from fastbp.training.run import Run
from fastbp.training.shards import check_whole_steps
from fastbp.training.under_way import Computed

if TYPE_CHECKING:
    from fastbp.kernels.block import Prepared
    from fastbp.training.sharded import Group, Shard, Sharded, Steps
    from fastbp.training.solving import Solving


class Engine:
    """Steps and gradients of a run, on batches of rows by their place in an order."""

    def __init__(self, run: Run) -> None:
        self._run, self._network, self._dtype = run, run.model.network, run.model.dtype
        self._rates = Rates(self._dtype)
        self._is_shaped, self._dropout_changes = run.model.between.is_used, run.model.between.is_scheduled
        self._gradients = layout.aligned_zeros(0, self._dtype)
        self._results = np.zeros(1, self._dtype)
        self._workspace: Workspace | None = None
        self._normalized = self._gradients  # as of `Shaping`, of that workspace
        self._call: Prepared | None = None  # with that workspace
        self._shape = 0, 0, 0  # of the batches of the last call
        self._width = 0  # of their panels
        # Activations, rule and limits that it has compiled kernels for, and whether rows are mixed.
        self._asked: tuple[Any, int, Any, bool] = (None, 0, None, False)
        self._nothing = np.zeros((1, RATES), self._dtype)
        self._rates_of_last = self._nothing[0]  # of the last step
        self._free = self._limits = no_update(self._nothing, self._results)[1]
        self._by_layers = self._free._replace(apart=BY_LAYERS)
        self._settings: Any = None  # of the optimizer, that the limits are of
        self.pace = Pace((1,))
        self._solving: Solving | None = None  # while a solver is at work
        self._last: LastStep | None = None  # whose call of the kernels can be made again
        self._sharded: Sharded | None = None  # where batches are cut into shards
        self._group: Group | None = None

    def tasks(self, rows: int) -> int:
        """Into how many tasks a step on so many rows is cut."""
        return plan_tasks(self._network, rows, self._run.threads)

    def train(
        self, rows: Rows, order: NDArray[np.int64], order_begin: int, batch: int, count: int, tasks: int, mixture: Mixture | None = None
    ) -> Array:  # fmt: skip
        """`count` updates, on batches of `batch` rows from place `order_begin` of the order on; the loss of each before it.

        With a mixture each row is mixed with its partner.
        """
        optimizer, memory = self._run.optimizer, self._run.memory
        memory.adapt(optimizer)
        if not isinstance(optimizer, Optimizer):
            return self._solving_of(rows, tasks).advance(optimizer, count)
        factors = memory.factors.copy() if optimizer.n_factors else memory.factors
        plan = self._run.plan.now
        rates, first = self._rates.of(optimizer, memory.steps, count, factors, plan)
        limits = self._limits_of(optimizer)
        if self._dropout_changes:
            rates[first : first + count, DROPOUT_OF_STEP] = self._dropout(memory.steps, count, plan)
        if limits.apart:
            rates[first : first + count, AVERAGE] = self._run.averages.shares(memory.steps, count, plan)
        needed = max(gradients_size(batch, self._network.size), limits.apart * self._network.size)
        if self._gradients.size < needed:
            self._gradients = layout.aligned_zeros(needed, self._dtype)
        rule = Rule(optimizer.code, optimizer.n_slots, first, rates, self._gradients, memory.flat)
        if self._run.shards > 1:
            losses = self._make_sharded(rows, (order, order_begin, batch, count, mixture, self._run.steps, rule, limits), tasks)
            if losses.size < count:
                count, factors = losses.size, memory.factors.copy()
                optimizer.rates(memory.steps, count, self._dtype, factors, plan)
        else:
            losses = self._make(rows, order, rule, limits, order_begin, batch, count, tasks, mixture)
        self._rates_of_last = rates[first + count - 1]
        memory.steps, memory.factors = memory.steps + count, factors
        self._run.position.steps += count
        return losses

    def step(self, rows: Rows, repeatable: bool) -> Array:
        """One update on all rows as they lie; the loss before it. Those of a `repeatable` one are kept, and the next may lie there, too."""
        n_rows, run = rows.n_rows, self._run
        tasks = self.tasks(n_rows)
        losses = self.train(rows, as_they_lie(n_rows), 0, n_rows, 1, tasks)
        if repeatable and tasks == 1 and not (self._is_shaped or self._limits.apart or run.memory.factors.size):
            self._last = LastStep(run, rows, self._rates.settings)
        return losses

    def can_step_again(self, rows: Rows) -> bool:
        """Whether a step on these rows is the last one but for their numbers."""
        return self._last is not None and self._last.is_like(self._run, rows) and self._rates.row_of(self._run.memory.steps) is not None

    def step_again(self) -> Array:
        """That step, in a few microseconds."""
        call, memory = cast("Prepared", self._call), self._run.memory
        call.set({"rule.first": self._rates.row_of(memory.steps)})
        start(call, 1)
        memory.steps += 1
        self._run.position.steps += 1
        return self._results[:1].copy()

    def _make_sharded(self, rows: Rows, given: tuple[Any, ...], tasks: int) -> Array:
        """The same of batches in shards; as many steps as the group could make."""
        module = "fastbp.training.sharded"
        steps: Steps = attribute(module, "Steps")(*given)
        group: Group = self._group or attribute(module, "Alone")(self._run)
        self._group = group
        group.announce(steps)
        found = self.sharded.make(rows, steps, int(min(tasks, group.most_tasks)), group)
        losses: Array = attribute(module, "sums_of")(group.collect(found))
        return losses

    @property
    def sharded(self) -> Sharded:
        """What makes steps of shards."""
        if self._sharded is None:
            self._sharded = attribute("fastbp.training.sharded", "Sharded")(self._run, self._shard_gradient)
        return cast("Sharded", self._sharded)

    def join(self, group: Group | None) -> None:
        """Make steps with others from now on; None: alone."""
        self._group = group

    def _shard_gradient(self, rows: Rows, steps: Steps, shard: Shard, rule: Rule, into: Array, tasks: int) -> Any:
        """The flat gradient of a part of a batch, and what it adds to the loss."""
        rule = Rule(NO_UPDATE, 0, rule.first, rule.rates, into, rule.slots)
        limits = self._free if shard.layers == (0, self._network.layers) else self._by_layers
        return self._make(rows, steps.order, rule, limits, shard.begin, shard.rows, 1, tasks, steps.mixture, shard)[0]

    def reason_to_stop(self, rows: Rows) -> str | None:
        """Why a solver has no more to do on the whole set, or a process that shares the steps wants no more."""
        if isinstance(self._run.optimizer, Optimizer):
            return None if self._group is None else self._group.reason_to_stop()
        return self._solving_of(rows, self.tasks(rows.n_rows)).reason_to_stop() or None

    def _solving_of(self, rows: Rows, tasks: int) -> Solving:
        if self._solving is None or self._solving.rows is not rows:
            self._solving = attribute("fastbp.training.solving", "Solving")(self._run, self.gradients, rows)
        solving = cast("Solving", self._solving)
        solving.tasks = tasks
        return solving

    def gradients(self, rows: Rows, order: NDArray[np.int64], tasks: int | None = None) -> tuple[float, Array]:
        """Loss and flat gradient of one batch, all rows of the order; nothing is changed."""
        size = self._network.size
        flat = layout.aligned_zeros(max(size, gradients_size(order.size, size)), self._dtype)
        rule, _ = no_update(self._nothing, flat)
        rows, order = rows.brought(order)
        if self._dropout_changes:
            self._nothing[:, DROPOUT_OF_STEP] = self._dropout(self._run.memory.steps, 1, self._run.plan.now)
        losses = self._make(rows, order, rule, self._free, 0, order.size, 1, tasks or self.tasks(order.size))
        return float(losses[0]), flat[:size]

    def computed(self, rows: int) -> Computed:
        """Copies of what the last step has left of its batch of so many rows; ValueError for a step in shards."""
        check_whole_steps(self._run.shards)
        held = cast(Workspace, self._workspace)._replace(width=self._width)
        gradient = self._gradients[: self._network.size].copy() if self._limits.apart else None
        return computed(self._network, held, self._normalized, rows, gradient, self._rates_of_last.copy())

    def _dropout(self, done: int, count: int, plan: Plan) -> Any:
        """The share that dropout leaves out at each of some steps."""
        return self._run.model.between.rates_of_steps(np.arange(done + 1, done + count + 1), plan)

    def row_norms(self, rows: Rows, order: NDArray[np.int64]) -> NDArray[np.float64]:
        """The norm of the gradient of each row's own loss, by its weight; nothing is changed."""
        found, block = np.zeros(order.size), order.size if self._is_shaped else BLOCK
        for begin in range(0, order.size, block):
            part = order[begin : begin + block]
            tasks = self.tasks(part.size)
            self.gradients(rows, part, tasks)
            assert self._workspace is not None
            held = self._workspace._replace(width=self._width)
            squares = squares_of_gradients(self._network, held, self._normalized, part.size)
            found[begin : begin + block] = part.size * np.sqrt(squares)
        return found

    def forget(self) -> None:
        """Keep nothing of the data of a solver."""
        self._solving = None

    def let_go(self) -> None:
        """Keep no order of rows: that of the next epoch, as large, is about to be drawn."""
        if self._call is not None:
            self._call.set({"data.order": as_they_lie(1)})

    def _make(
        self, rows: Rows, order: NDArray[np.int64], rule: Rule, limits: Limits, order_begin: int, batch: int, count: int, tasks: int,
        mixture: Mixture | None = None, shard: Shard | None = None,
    ) -> Array:  # fmt: skip
        """The call of the kernels; what `count` batches, or a shard of one, leave behind."""
        self._last = None
        if self._results.size < count:
            self._results = np.zeros(2 * count, self._dtype)
        call = self._prepared(batch, rows.target_width, tasks)
        call.set(
            {
                "data.sources": rows.sources,
                "data.order": order,
                "data.rows": order.size,
                "rule.code": rule.code,
                "rule.n_slots": rule.n_slots,
                "rule.first": rule.first,
                "rule.rates": rule.rates,
                "rule.gradients": rule.gradients,
                "rule.slots": rule.slots,
                "order_begin": order_begin,
                "batch_size": batch,
                "results": self._results,
                "steps": count,
            }
        )
        if self._is_shaped:
            call.set({"shaping.key": random_key(self._run.seed), "shaping.first_step": self._run.position.steps})
        if self._sharded is not None:
            # Gradients of whole sets are asked for in between.
            call.set({"data.mean_over": 0 if shard is None else shard.batch})
            if shard is not None:
                first, end = shard.layers
                call.set({"shaping.first_step": shard.number, "first_layer": first, "end_layer": end})
        if mixture is not None:
            call.set({"data.partners": mixture.partners, "data.shares": mixture.shares})
        self._load_units(call, rule.code, limits, mixture is not None)
        start(call, tasks)
        return self._results[:count].copy()

    def _load_units(self, call: Prepared, rule: int, limits: Limits, mixed: bool) -> None:
        """Another trainer may have settled the output otherwise, and an optimizer's rule depends on its settings."""
        activations, known = self._run.model.activations, self._asked
        if activations is not known[0] or rule != known[1] or limits is not known[2] or mixed != known[3]:
            call.set({"workspace.units": units_for(self._network, TRAIN, self._run.objective.code, rule, limits.apart, mixed)})
            if mixed:
                call.set({"data.spare": layout.spare(self._network, cast(Workspace, self._workspace))})
            call.set({f"limits.{name}": value for name, value in limits._asdict().items()})
            self._asked = activations, rule, limits, mixed

    def _limits_of(self, optimizer: Optimizer) -> Limits:
        """What limits a step, made anew when the optimizer has other settings."""
        if self._settings is not self._rates.settings:
            self._settings, self._limits = self._rates.settings, self._free
            averages, size, layers = self._run.averages, self._network.size, self._network.layers
            if optimizer.is_apart or averages.is_used or self._run.shards > 1:
                # Two for each block of parameters, and for each part of a layer that begins within one.
                sums = np.zeros(2 * (-(-size // PIECE) + PARTS * layers), self._dtype)
                self._limits = Limits(1, optimizer.limits(layers, self._dtype), sums, averages.flat)
        return self._limits

    def _prepared(self, rows: int, target_width: int, tasks: int) -> Prepared:
        """A call with buffers for such batches, made anew only when they are too small."""
        held, call, shape = self._workspace, self._call, (rows, target_width, tasks)
        if held is not None and call is not None and shape == self._shape:
            layout.begin(held, self._network, rows, tasks)
            return call
        self._shape = shape
        if held is None or call is None or not layout.has_room(held, *shape):
            held = self._workspace = layout.workspace(self._network, rows, target_width, tasks, training=True)
            data = Data(np.zeros((3, 4), np.int64), as_they_lie(1), 1, 0, as_they_lie(1), self._results, self._results)
            rule, _ = no_update(self._nothing, self._results)
            shaping = layout.shaping(self._network, held)
            self._normalized = shaping.normalized
            begin = Call(TRAIN, self._network, held, data, rule, self._free, self._run.objective, shaping, 0, 1, self._results, 1)
            call, self._asked = prepared(begin), (None, 0, None, False)
            self._call = call
        self._width = layout.begin(held, self._network, rows, tasks)
        call.set({"workspace.width": self._width})
        return call
