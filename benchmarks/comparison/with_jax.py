"""JAX: one compiled program per epoch or, for single calls, per call."""

from math import log

import numpy as np

from benchmarks.comparison.peer import Caller, Peer
from benchmarks.comparison.task import BETA_1, BETA_2, CLIP_NORM, DROPOUT, EPSILON, MOMENTUM_DECAY, NORM_EPSILON, NORM_MOMENTUM

# Steps of one call where the batch is the whole set: calling costs something.
_STEPS_OF_WHOLE = 16
# Steps in a turn of the loop: two were faster than one, and more were not, on nets of all sizes.
_UNROLL = 2


class Jax(Peer, Caller):
    """An epoch is a jitted `lax.scan` that gathers each batch; the state is donated."""

    def __init__(self, task, X, y, weights):
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", task.dtype == "float64")
        self.task, self.random, number = task, np.random.default_rng(3), np.dtype(task.dtype).type
        self.X = jax.device_put(X, may_alias=True)
        self.y = jnp.asarray(y.astype(np.int32) if y.ndim == 1 else y)
        parameters = [(jnp.array(W), jnp.array(b)) for W, b in weights]
        hidden = task.sizes[1:-1] if task.normalizes else ()
        parameters = parameters, [(jnp.ones(units), jnp.zeros(units)) for units in hidden]
        moments = [] if task.optimizer == "sgd" else [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
        # Of a batch that is normalised means and variances are averaged over the steps; dropout draws with the fastest generator.
        averages = [(jnp.zeros(units), jnp.ones(units)) for units in hidden] if task.extra == "batch" else []
        self.state = (parameters, moments, (jnp.array(number(0)), jnp.array(number(1))), averages, jax.random.key(0, impl="rbg"))
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
        program = jax.jit(lambda x: softmax(outputs(parameters, x, None)[0]))
        return {"jax": lambda: program(X).block_until_ready()}

    def step_calls(self):
        """A program that makes one step; the state is donated."""
        import jax

        program = jax.jit(_step(self.task), donate_argnums=0)

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

    one = _step(task)

    def epoch(state, X, y, order):
        def step(state, rows):
            return one(state, *((X, y) if rows is None else (X[rows], y[rows])))

        batches = None if order is None else order.reshape(task.steps, task.batch)
        length = _STEPS_OF_WHOLE if order is None else task.steps
        return jax.lax.scan(step, state, batches, length=length, unroll=_UNROLL)

    return epoch


def _step(task):
    """A function of state and batch that gives the new state and the loss before it."""
    import jax

    gradient, update = jax.value_and_grad(_loss(task), has_aux=True), _update(task)

    def step(state, x, t):
        parameters, moments, counts, averages, key = state
        key, own = jax.random.split(key) if task.extra == "dropout" else (key, key)
        (loss, found), gradients = gradient(parameters, x, t, own)
        if task.extra == "clip":
            gradients = _clipped(gradients)
        averages = jax.tree.map(lambda average, now: average + NORM_MOMENTUM * (now - average), averages, found)
        return (*update(parameters, moments, counts, gradients), averages, key), loss

    return step


def _clipped(gradients):
    import jax
    import jax.numpy as jnp

    norm = jnp.sqrt(sum((g * g).sum() for g in jax.tree.leaves(gradients)))
    factor = jnp.minimum(1.0, CLIP_NORM / (norm + 1e-6))
    return jax.tree.map(lambda g: g * factor, gradients)


def _loss(task):
    import jax
    import jax.numpy as jnp

    outputs = _outputs(task)

    def loss(parameters, x, t, key):
        z, moments = outputs(parameters, x, key)
        if task.loss == "squared_error":
            return ((z - t) ** 2).mean(), moments
        return (jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, t[:, None], axis=1)[:, 0]).mean(), moments

    return loss


def _outputs(task):
    """A function of parameters, inputs and a key that gives what the last layer adds up, and moments of normalised batches."""
    import functools

    import jax
    import jax.numpy as jnp

    exact = functools.partial(jax.nn.gelu, approximate=False)
    activation = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu, "gelu": exact}[task.activation]

    def outputs(parameters, x, key):
        (*hidden, (W, b)), scales = parameters
        moments = []
        for layer, (W_hidden, b_hidden) in enumerate(hidden):
            x = x @ W_hidden + b_hidden
            if task.normalizes:
                axis = 0 if task.extra == "batch" else 1
                mean, variance = x.mean(axis, keepdims=True), x.var(axis, keepdims=True)
                x = (x - mean) * jax.lax.rsqrt(variance + NORM_EPSILON) * scales[layer][0] + scales[layer][1]
                if axis == 0:
                    moments.append((mean[0], variance[0] * (len(x) / (len(x) - 1))))
            x = activation(x)
            if task.extra == "dropout" and key is not None:
                kept = jax.random.bernoulli(jax.random.fold_in(key, layer), 1 - DROPOUT, x.shape)
                x = jnp.where(kept, x / (1 - DROPOUT), 0)
        return x @ W + b, moments

    return outputs


def _update(task):
    return {"sgd": _sgd, "adam": _adam, "nadam": _nadam}[task.optimizer](task)


def _sgd(task):
    import jax

    def update(parameters, moments, counts, gradients):
        return jax.tree.map(lambda p, g: p - task.rate * g, parameters, gradients), moments, counts

    return update


def _adam(task):
    import jax
    import jax.numpy as jnp

    def update(parameters, moments, counts, gradients):
        (m, v), (count, product) = moments, counts
        count = count + 1
        rate = task.rate / -jnp.expm1(count * log(BETA_1))
        correction = jax.lax.rsqrt(-jnp.expm1(count * log(BETA_2)))
        m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, gradients)
        parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * correction + EPSILON), parameters, m, v)
        return parameters, [m, v], (count, product)

    return update


def _nadam(task):
    import jax
    import jax.numpy as jnp

    def momentum(t):
        return BETA_1 * (1 - 0.5 * jnp.exp(t * (MOMENTUM_DECAY * log(0.96))))

    def update(parameters, moments, counts, gradients):
        (m, v), (count, product) = moments, counts
        count = count + 1
        now, then = momentum(count), momentum(count + 1)
        product = product * now
        of_g, of_m = task.rate * (1 - now) / (1 - product), task.rate * then / (1 - product * then)
        correction = jax.lax.rsqrt(-jnp.expm1(count * log(BETA_2)))
        m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, gradients)

        def moved(p, g, m, v):
            return p - (of_g * g + of_m * m) / (jnp.sqrt(v) * correction + EPSILON)

        return jax.tree.map(moved, parameters, gradients, m, v), [m, v], (count, product)

    return update
