"""PyTorch, eager and compiled, on its plain CPU float32 path."""

import os
import shutil
import sys
from itertools import pairwise
from math import log

from benchmarks.comparison.peer import Caller, Peer, UnsuitableError
from benchmarks.comparison.task import BETA_1, BETA_2, EPSILON

# Data up to this size is permuted once an epoch; of more, each batch is gathered into the cache just before its step, which is then faster.
_PERMUTED_AT_ONCE = 8 * 2**20


class Eager(Peer, Caller):
    """Modules, autograd and a fused optimizer."""

    def __init__(self, task, X, y, weights):
        import torch

        torch.set_num_threads(task.threads)
        torch.set_flush_denormal(True)
        self.task, self.X, self.y = task, torch.from_numpy(X), torch.from_numpy(y)
        self.random = torch.Generator().manual_seed(0)
        self.step = self._step([(torch.from_numpy(W.T.copy()), torch.from_numpy(b)) for W, b in weights])

    def first_steps(self):
        """Steps on the first rows as they lie."""
        for _ in range(3):
            yield float(self.step(self.X[: self.task.batch], self.y[: self.task.batch]))

    def train(self, epochs):
        """Epochs of a Python loop over batches."""
        for _ in range(epochs):
            for x, t in self._batches():
                loss = self.step(x, t)
        return epochs * self.task.steps, float(loss)

    def predict_calls(self):
        """Modules in inference mode, on a tensor that lies ready, and from NumPy to NumPy."""
        import torch

        # Entered for as long as this object lives: at each call it would cost another microsecond.
        self.mode = torch.inference_mode()
        self.mode.__enter__()
        model = torch.nn.Sequential(*self.model, torch.nn.Softmax(dim=1)) if self.task.loss == "cross_entropy" else self.model
        tensor, X, from_numpy = self.X, self.X.numpy(), torch.from_numpy
        return {"torch": lambda: model(tensor), "torch-numpy": lambda: model(from_numpy(X)).numpy()}

    def step_calls(self):
        """The step of training."""
        step, X, y = self.step, self.X, self.y
        return {"torch": lambda: step(X, y)}

    def _batches(self):
        import torch

        if self.task.steps == 1:
            return [(self.X, self.y)]
        order = torch.randperm(self.task.rows, generator=self.random)
        if self.X.nbytes <= _PERMUTED_AT_ONCE:
            return zip(self.X[order].split(self.task.batch), self.y[order].split(self.task.batch), strict=True)
        return ((self.X.index_select(0, rows), self.y.index_select(0, rows)) for rows in order.split(self.task.batch))

    def _step(self, layers):
        """A function of a batch that makes one update and gives the loss before it."""
        import torch

        activation = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[self.task.activation]
        modules = [module for n_in, n_out in pairwise(self.task.sizes) for module in (torch.nn.Linear(n_in, n_out), activation())]
        self.model = model = torch.nn.Sequential(*modules[:-1])
        loss_of = _loss(self.task)
        with torch.no_grad():
            for linear, (W, b) in zip(modules[::2], layers, strict=True):
                linear.weight.copy_(W)
                linear.bias.copy_(b)
        if self.task.optimizer == "sgd":
            optimizer = torch.optim.SGD(model.parameters(), lr=self.task.rate, fused=True)
        else:
            optimizer = torch.optim.Adam(model.parameters(), lr=self.task.rate, betas=(BETA_1, BETA_2), eps=EPSILON, fused=True)

        def step(x, t):
            loss = loss_of(model(x), t)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step


class Compiled(Eager):
    """The whole step, optimizer included, as one graph compiled by `torch.compile`."""

    def _step(self, layers):
        import torch

        compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
        if shutil.which(compiler) is None:
            raise UnsuitableError(f"torch.compile needs a C++ compiler, and {compiler} is not found")
        parameters = [parameter for layer in layers for parameter in layer]
        gradient = torch.func.grad_and_value(_loss_of_parameters(self.task))
        update = _sgd(self.task, parameters) if self.task.optimizer == "sgd" else _adam(self.task, parameters)

        def step(x, t):
            gradients, loss = gradient(parameters, x, t)
            update(gradients)
            return loss

        # Tuned products and a C++ wrapper: the fastest of its settings on small and on large nets.
        return torch.compile(step, fullgraph=True, dynamic=False, options={"max_autotune": True, "cpp_wrapper": True})


def _loss(task):
    from torch.nn.functional import cross_entropy, mse_loss

    return cross_entropy if task.loss == "cross_entropy" else mse_loss


def _loss_of_parameters(task):
    import torch

    activation, loss = getattr(torch, task.activation), _loss(task)

    def of_parameters(parameters, x, t):
        for W, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            x = activation(torch.nn.functional.linear(x, W, b))
        return loss(torch.nn.functional.linear(x, *parameters[-2:]), t)

    return of_parameters


def _sgd(task, parameters):
    def update(gradients):
        for p, g in zip(parameters, gradients, strict=True):
            p.sub_(g, alpha=task.rate)

    return update


def _adam(task, parameters):
    import torch

    m, v = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    count = torch.zeros(())

    def update(gradients):
        count.add_(1)
        rate = task.rate / -torch.expm1(count * log(BETA_1))
        correction = torch.rsqrt(-torch.expm1(count * log(BETA_2)))
        for p, g, m_, v_ in zip(parameters, gradients, m, v, strict=True):
            m_.lerp_(g, 1 - BETA_1)
            v_.mul_(BETA_2).addcmul_(g, g, value=1 - BETA_2)
            p.sub_(rate * m_ / (v_.sqrt() * correction + EPSILON))

    return update
