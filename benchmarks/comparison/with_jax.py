"""JAX: one compiled program per epoch or, for single calls, per call."""

from math import log

import numpy as np

from benchmarks.comparison.peer import Caller, Peer
from benchmarks.comparison.task import BETA_1, BETA_2, EPSILON

# Steps of one call where the batch is the whole set: calling costs something.
_STEPS_OF_WHOLE = 16
# Steps in a turn of the loop: two were faster than one, and more were not, on nets of all sizes.
_UNROLL = 2


class Jax(Peer, Caller):
    """An epoch is a jitted `lax.scan` that gathers each batch; the state is donated."""

    def __init__(self, task, X, y, weights):
        import jax
        import jax.numpy as jnp

        self.task, self.random = task, np.random.default_rng(3)
        self.X = jax.device_put(X, may_alias=True)
        self.y = jnp.asarray(y.astype(np.int32) if y.ndim == 1 else y)
        parameters = [(jnp.array(W), jnp.array(b)) for W, b in weights]
        moments = [] if task.optimizer == "sgd" else [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
        self.state = (parameters, moments, jnp.float32(0))
        self.epoch = jax.jit(_epoch(task), donate_argnums=0)

    def first_steps(self):
        """The first steps of an epoch, by the very program that is timed, whose batches are all the first one."""
        batch = np.arange(self.task.batch, dtype=np.int32)
        yield from map(float, self._run(np.tile(batch, self.task.steps))[:3])

    def train(self, epochs):
        """Calls of the compiled program, the order of the rows drawn meanwhile."""
        steps = 0
        while steps < epochs * self.task.steps:
            losses = self._run(self.random.permutation(self.task.rows).astype(np.int32) if self.task.steps > 1 else None)
            steps += losses.size
        return steps, float(losses[-1])

    def predict_calls(self):
        """A program that holds the weights, on an array that lies ready."""
        import jax

        outputs, parameters, X = _outputs(self.task), self.state[0], self.X
        softmax = jax.nn.softmax if self.task.loss == "cross_entropy" else lambda z: z
        program = jax.jit(lambda x: softmax(outputs(parameters, x)))
        return {"jax": lambda: program(X).block_until_ready()}

    def step_calls(self):
        """A program that makes one step; the state is donated."""
        import jax

        gradient, update = jax.value_and_grad(_loss(self.task)), _update(self.task)

        def one(state, x, t):
            loss, gradients = gradient(state[0], x, t)
            return update(state, gradients), loss

        program = jax.jit(one, donate_argnums=0)

        def step():
            self.state, loss = program(self.state, self.X, self.y)
            return loss.block_until_ready()

        return {"jax": step}

    def _run(self, order):
        self.state, losses = self.epoch(self.state, self.X, self.y, None if self.task.steps == 1 else order)
        return losses


def _epoch(task):
    """A function of state, data and order of the rows that gives the new state and the loss of each step."""
    import jax

    gradient, update = jax.value_and_grad(_loss(task)), _update(task)

    def epoch(state, X, y, order):
        def step(state, rows):
            x, t = (X, y) if rows is None else (X[rows], y[rows])
            loss, gradients = gradient(state[0], x, t)
            return update(state, gradients), loss

        batches = None if order is None else order.reshape(task.steps, task.batch)
        length = _STEPS_OF_WHOLE if order is None else task.steps
        return jax.lax.scan(step, state, batches, length=length, unroll=_UNROLL)

    return epoch


def _loss(task):
    import jax
    import jax.numpy as jnp

    outputs = _outputs(task)

    def loss(parameters, x, t):
        z = outputs(parameters, x)
        if task.loss == "squared_error":
            return ((z - t) ** 2).mean()
        return (jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, t[:, None], axis=1)[:, 0]).mean()

    return loss


def _outputs(task):
    """A function of parameters and inputs that gives what the last layer adds up."""
    import jax
    import jax.numpy as jnp

    activation = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu}[task.activation]

    def outputs(parameters, x):
        *hidden, (W, b) = parameters
        for W_hidden, b_hidden in hidden:
            x = activation(x @ W_hidden + b_hidden)
        return x @ W + b

    return outputs


def _update(task):
    return _sgd(task) if task.optimizer == "sgd" else _adam(task)


def _sgd(task):
    import jax

    def update(state, gradients):
        parameters, moments, count = state
        return jax.tree.map(lambda p, g: p - task.rate * g, parameters, gradients), moments, count

    return update


def _adam(task):
    import jax
    import jax.numpy as jnp

    def update(state, gradients):
        parameters, (m, v), count = state
        count = count + 1
        rate = task.rate / -jnp.expm1(count * log(BETA_1))
        correction = jax.lax.rsqrt(-jnp.expm1(count * log(BETA_2)))
        m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, gradients)
        parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * correction + EPSILON), parameters, m, v)
        return parameters, [m, v], count

    return update
