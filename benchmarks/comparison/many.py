"""Many small nets of one shape on one data set, each with weights and an order of rows of its own: how each library trains them.

Run as a module it is the worker of `benchmarks/many_models.py`: requests come in as lines of JSON, replies go out likewise.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

SIZES, BATCH, RATE = (20, 64, 64, 2), 32, 1e-3
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def data(rows):
    """Inputs, and which side of a bent surface each lies on."""
    random = np.random.default_rng(0)
    X = random.normal(size=(rows, SIZES[0])).astype(np.float32)
    return X, (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(np.int64)


def models(count):
    """The nets where all begin."""
    import fastbp

    return [fastbp.MLP(SIZES, activation="relu", seed=seed) for seed in range(count)]


def orders(random, nets, rows):
    """An order of the rows for each net, in whole batches: (steps, nets, batch)."""
    steps = rows // BATCH
    found = np.stack([random.permutation(rows)[: steps * BATCH].reshape(steps, BATCH) for _ in range(nets)], axis=1)
    return found.astype(np.int32)


class Fastbp:
    """One trainer a net; `fit` after `fit`."""

    threads = None

    def __init__(self, nets, rows):
        import fastbp

        self.X, self.y = data(rows)
        self.trainers = [
            fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=BATCH, seed=seed, threads=self.threads)
            for seed, model in enumerate(models(nets))
        ]

    def train(self, epochs):
        """So many epochs of every net; the mean of their last losses."""
        for trainer in self.trainers:
            trainer.fit(self.X, self.y, epochs=epochs, progress=False)
        return self.loss()

    def loss(self):
        """Mean over the nets of the loss of the last epoch."""
        return float(np.mean([trainer.history.loss[-1] for trainer in self.trainers]))


class OnOneThread(Fastbp):
    """The same, told to take one thread."""

    threads = 1


class OnTwoThreads(Fastbp):
    """The same, told to take two threads for each step."""

    threads = 2


class Together(Fastbp):
    """`fastbp.train_together`."""

    def train(self, epochs):
        """So many epochs of every net, side by side."""
        import fastbp

        fastbp.train_together(self.trainers, self.X, self.y, epochs=epochs, progress=False)
        return self.loss()


class Jax:
    """`jax.vmap` over the nets, in one `lax.scan` over the steps of an epoch."""

    def __init__(self, nets, rows):
        import jax
        import jax.numpy as jnp

        X, y = data(rows)
        self.X, self.y, self.nets, self.rows = jax.device_put(X), jnp.asarray(y.astype(np.int32)), nets, rows
        self.random = np.random.default_rng(1)
        own = models(nets)
        parameters = [tuple(jnp.array(np.stack(each)) for each in zip(*layer, strict=True)) for layer in _layers(own)]
        moments = [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
        self.state = parameters, moments, jnp.float32(0)
        self.epoch = jax.jit(_jax_epoch(), donate_argnums=0)

    def train(self, epochs):
        """Calls of the compiled epoch; orders are drawn meanwhile."""
        for _ in range(epochs):
            self.state, losses = self.epoch(self.state, self.X, self.y, orders(self.random, self.nets, self.rows))
        return float(losses.mean())


def _layers(own):
    """Weights and biases of all nets, layer by layer: ((W, b) of each net)."""
    return [[(model.weights[i], model.biases[i]) for model in own] for i in range(len(SIZES) - 1)]


def _jax_epoch():
    import jax
    import jax.numpy as jnp

    def loss(parameters, x, t):
        *hidden, (W, b) = parameters
        for W_hidden, b_hidden in hidden:
            x = jax.nn.relu(x @ W_hidden + b_hidden)
        z = x @ W + b
        return (jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, t[:, None], axis=1)[:, 0]).mean()

    gradient = jax.vmap(jax.value_and_grad(loss))

    def epoch(state, X, y, order):
        def step(state, rows):
            parameters, (m, v), count = state
            losses, gradients = gradient(parameters, X[rows], y[rows])
            count = count + 1
            m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, gradients)
            v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, gradients)
            rate, root = RATE / (1 - BETA_1**count), jnp.sqrt(1 - BETA_2**count)
            parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + EPSILON), parameters, m, v)
            return (parameters, [m, v], count), losses.mean()

        return jax.lax.scan(step, state, order, unroll=2)

    return epoch


class Torch:
    """`torch.func.vmap` of the gradient, and one fused Adam for the stacked parameters."""

    compiled = False

    def __init__(self, nets, rows):
        import torch

        self.torch, self.nets, self.rows = torch, nets, rows
        X, y = data(rows)
        self.X, self.y, self.random = torch.from_numpy(X), torch.from_numpy(y), np.random.default_rng(1)
        stacked = [np.stack(each) for layer in _layers(models(nets)) for each in zip(*layer, strict=True)]
        self.parameters = [torch.nn.Parameter(torch.from_numpy(array)) for array in stacked]
        self.optimizer = torch.optim.Adam(self.parameters, RATE, (BETA_1, BETA_2), EPSILON, fused=True)
        gradients = torch.func.vmap(torch.func.grad_and_value(self._loss))
        self.gradients = torch.compile(gradients) if self.compiled else gradients

    def _loss(self, parameters, x, t):
        functional = self.torch.nn.functional
        for i in range(0, len(parameters) - 2, 2):
            x = (x @ parameters[i] + parameters[i + 1]).relu()
        return functional.cross_entropy(x @ parameters[-2] + parameters[-1], t)

    def train(self, epochs):
        """So many epochs, a call of Python's for each step."""
        own = tuple(parameter.detach() for parameter in self.parameters)
        losses = []
        for _ in range(epochs):
            order = self.torch.from_numpy(orders(self.random, self.nets, self.rows).astype(np.int64))
            losses.clear()
            for rows in order:
                gradients, loss = self.gradients(own, self.X[rows], self.y[rows])
                for parameter, gradient in zip(self.parameters, gradients, strict=True):
                    parameter.grad = gradient
                self.optimizer.step()
                losses.append(loss)
        return float(self.torch.stack(losses).mean())


class TorchCompiled(Torch):
    """The same, the gradient by `torch.compile`."""

    compiled = True


class Sklearn:
    """scikit-learn's classifier, whose two classes have one output, in two processes of joblib's."""

    def __init__(self, nets, rows):
        import joblib

        self.X, self.y = data(rows)
        self.nets, self.pool = nets, joblib.Parallel(2)
        self.joblib, self.trained = joblib, [None] * nets

    def train(self, epochs):
        """So many epochs of every net; those of before go on."""
        jobs = (self.joblib.delayed(_sklearn)(net, epochs, self.X, self.y, seed) for seed, net in enumerate(self.trained))
        with self.pool:
            self.trained = self.pool(jobs)
        return float(np.mean([net.loss_ for net in self.trained]))


def _sklearn(net, epochs, X, y, seed):
    import warnings

    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    settings = {"hidden_layer_sizes": SIZES[1:-1], "batch_size": BATCH, "alpha": 0.0, "tol": 0.0, "n_iter_no_change": 10**6}
    net = net or MLPClassifier(**settings, random_state=seed, warm_start=True)
    return net.set_params(max_iter=epochs).fit(X, y)


WAYS = {
    "fastbp together": Together,
    "fastbp, 1 thread": OnOneThread,
    "fastbp, 2 threads a step": OnTwoThreads,
    "fastbp, threads by the clock": Fastbp,
    "jax.vmap": Jax,
    "torch.func.vmap": Torch,
    "torch.func.vmap compiled": TorchCompiled,
    "scikit-learn, joblib": Sklearn,
}


def serve():
    """Train as asked by lines of standard input, until it ends."""
    way, nets, rows = None, 0, 0
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if way is None:
                nets, rows = request["nets"], request["rows"]
                way = WAYS[request["way"]](nets, rows)
            begin = time.perf_counter()
            loss = way.train(request["epochs"])
            reply = {"seconds": time.perf_counter() - begin, "loss": loss}
        except Exception as error:
            reply = {"failed": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        print(json.dumps(reply), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    sys.stdout = sys.stderr
    serve()
