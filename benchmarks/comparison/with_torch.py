"""PyTorch, eager and compiled, on its plain CPU path."""

import os
import shutil
import sys
from itertools import pairwise
from math import log

from benchmarks.comparison.peer import Caller, Peer, UnsuitableError
from benchmarks.comparison.task import BETA_1, BETA_2, CLIP_NORM, DROPOUT, EPSILON, MOMENTUM_DECAY, NORM_EPSILON, NORM_MOMENTUM

# Data up to this size is permuted once an epoch; of more, each batch is gathered into the cache just before its step, which is then faster.
_PERMUTED_AT_ONCE = 8 * 2**20


class Eager(Peer, Caller):
    """Modules, autograd and a fused optimizer."""

    def __init__(self, task, X, y, weights):
        import torch

        torch.set_num_threads(task.threads)
        torch.set_flush_denormal(True)
        torch.set_default_dtype(getattr(torch, task.dtype))
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

        linears = [torch.nn.Linear(n_in, n_out) for n_in, n_out in pairwise(self.task.sizes)]
        modules = [module for linear in linears[:-1] for module in (linear, *_between(self.task, linear.out_features))]
        self.model = model = torch.nn.Sequential(*modules, linears[-1])
        loss_of = _loss(self.task)
        with torch.no_grad():
            for linear, (W, b) in zip(linears, layers, strict=True):
                linear.weight.copy_(W)
                linear.bias.copy_(b)
        parameters, adam = list(model.parameters()), {"lr": self.task.rate, "betas": (BETA_1, BETA_2), "eps": EPSILON}
        if self.task.optimizer == "sgd":
            optimizer = torch.optim.SGD(parameters, lr=self.task.rate, fused=True)
        elif self.task.optimizer == "adam":
            optimizer = torch.optim.Adam(parameters, **adam, fused=True)
        else:
            optimizer = torch.optim.NAdam(parameters, **adam, momentum_decay=MOMENTUM_DECAY, foreach=True)
        clips = self.task.extra == "clip"

        def step(x, t):
            loss = loss_of(model(x), t)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if clips:
                torch.nn.utils.clip_grad_norm_(parameters, CLIP_NORM, foreach=True)
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
        task, parameters = self.task, [parameter for layer in layers for parameter in layer]
        hidden = task.sizes[1:-1] if task.normalizes else ()
        parameters += [part for units in hidden for part in (torch.ones(units), torch.zeros(units))]
        averages = [part for units in hidden for part in (torch.zeros(units), torch.ones(units))]
        gradient = torch.func.grad_and_value(_loss_of_parameters(task), has_aux=True)
        update = {"sgd": _sgd, "adam": _adam, "nadam": _nadam}[task.optimizer](task, parameters)

        def step(x, t):
            gradients, (loss, moments) = gradient(parameters, x, t)
            for average, moment in zip(averages, moments, strict=False):
                average.lerp_(moment, NORM_MOMENTUM)
            update(_clipped(gradients) if task.extra == "clip" else gradients)
            return loss

        if os.environ.get("ATEN_CPU_CAPABILITY") == "avx2":
            torch._inductor.config.cpp.simdlen = 256  # it has no other name
        # Tuned products and a C++ wrapper: the fastest of its settings on small and on large nets.
        return torch.compile(step, fullgraph=True, dynamic=False, options={"max_autotune": True, "cpp_wrapper": True})


def _loss(task):
    from torch.nn.functional import cross_entropy, mse_loss

    return cross_entropy if task.loss == "cross_entropy" else mse_loss


def _loss_of_parameters(task):
    import torch

    functional, loss, layers = torch.nn.functional, _loss(task), len(task.sizes) - 1
    activation = functional.gelu if task.activation == "gelu" else getattr(torch, task.activation)

    def of_parameters(parameters, x, t):
        moments = []
        for layer in range(layers - 1):
            x = functional.linear(x, *parameters[2 * layer : 2 * layer + 2])
            if task.normalizes:
                scale, shift = parameters[2 * (layers + layer) : 2 * (layers + layer) + 2]
                x = _normalized(task, x, scale, shift, moments)
            x = activation(x)
            if task.extra == "dropout":
                x = functional.dropout(x, DROPOUT)
        return loss(functional.linear(x, *parameters[2 * layers - 2 : 2 * layers]), t), moments

    return of_parameters


def _between(task, units):
    """What follows a layer of so many units."""
    import torch

    activations = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "gelu": torch.nn.GELU}
    before, after = [], []
    if task.extra == "batch":
        before.append(torch.nn.BatchNorm1d(units, eps=NORM_EPSILON, momentum=NORM_MOMENTUM))
    if task.extra == "layer":
        before.append(torch.nn.LayerNorm(units, eps=NORM_EPSILON))
    if task.extra == "dropout":
        after.append(torch.nn.Dropout(DROPOUT))
    return [*before, activations[task.activation](), *after]


def _normalized(task, x, scale, shift, moments):
    """Normalised logits; of a batch the moments that averages follow are added to the list."""
    import torch

    if task.extra == "layer":
        return torch.nn.functional.layer_norm(x, scale.shape, scale, shift, NORM_EPSILON)
    mean, variance = x.mean(0), x.var(0, unbiased=False)
    moments += [mean.detach(), (variance * (len(x) / (len(x) - 1))).detach()]
    return (x - mean) * (torch.rsqrt(variance + NORM_EPSILON) * scale) + shift


def _clipped(gradients):
    import torch

    norm = torch.sqrt(sum((g * g).sum() for g in gradients))
    factor = torch.clamp(CLIP_NORM / (norm + 1e-6), max=1.0)
    return [g * factor for g in gradients]


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


def _nadam(task, parameters):
    import torch

    m, v = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    count, product = torch.zeros(()), torch.ones(())

    def momentum(t):
        return BETA_1 * (1 - 0.5 * torch.exp(t * (MOMENTUM_DECAY * log(0.96))))

    def update(gradients):
        count.add_(1)
        now, then = momentum(count), momentum(count + 1)
        product.mul_(now)
        of_g, of_m = task.rate * (1 - now) / (1 - product), task.rate * then / (1 - product * then)
        correction = torch.rsqrt(-torch.expm1(count * log(BETA_2)))
        for p, g, m_, v_ in zip(parameters, gradients, m, v, strict=True):
            m_.lerp_(g, 1 - BETA_1)
            v_.mul_(BETA_2).addcmul_(g, g, value=1 - BETA_2)
            p.sub_((of_g * g + of_m * m_) / (v_.sqrt() * correction + EPSILON))

    return update
