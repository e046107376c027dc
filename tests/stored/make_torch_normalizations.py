"""Stores PyTorch's normalised nets (float64, CPU) in torch_normalizations.json: losses and gradients, averages and predictions.

Run by hand, where torch is installed: ``python tests/stored/make_torch_normalizations.py``.
Only `tests/between/test_normalizations_torch.py` reads the file.
"""

from __future__ import annotations

import json
from itertools import pairwise, product
from pathlib import Path

SIZES = [4, 6, 5, 2]
STEPS = 3
# fastbp's names and settings.
NORMALIZATIONS = ["batch", {}], ["batch", {"momentum": 0.3, "epsilon": 1e-3}], ["layer", {}], ["layer", {"epsilon": 1e-2}]
ACTIVATIONS = "relu", "tanh", "gelu", "silu", "mish"


def normalized(torch, name, settings, units):
    """PyTorch's layer."""
    epsilon = settings.get("epsilon", 1e-5)
    if name == "layer":
        return torch.nn.LayerNorm(units, eps=epsilon)
    return torch.nn.BatchNorm1d(units, momentum=settings.get("momentum", 0.1), eps=epsilon)


def figures(torch, name, settings, activation):
    """A net of that kind: how it begins, what the gradients are, and what three steps of SGD make of it."""
    torch.manual_seed(0)
    rows = 9
    X, targets = torch.randn(rows, SIZES[0]), torch.randn(rows, SIZES[-1])
    act = getattr(torch.nn.functional, activation) if activation != "tanh" else torch.tanh
    linears = [torch.nn.Linear(a, b) for a, b in pairwise(SIZES)]
    norms = [normalized(torch, name, settings, units) for units in SIZES[1:-1]]
    for norm in norms:
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.normal_(norm.bias)

    def net(a):
        for linear, norm in zip(linears[:-1], norms, strict=True):
            a = act(norm(linear(a)))
        return linears[-1](a)

    parameters = [p for layer in [*linears, *norms] for p in layer.parameters()]
    found = {"inputs": X.tolist(), "targets": targets.tolist()} | {f"begin_{k}": v for k, v in arrays(linears, norms).items()}
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(net(X), targets)
        loss.backward()
        if step == 0:
            found |= {f"gradient_{k}": v for k, v in arrays(linears, norms, gradients=True).items()}
        optimizer.step()
        losses.append(loss.item())
    found |= {"losses": losses} | {f"end_{k}": v for k, v in arrays(linears, norms).items()}
    if name == "batch":
        found |= {"means": [n.running_mean.tolist() for n in norms], "variances": [n.running_var.tolist() for n in norms]}
    for norm in norms:
        norm.eval()
    return found | {"predictions": net(X).tolist()}


def arrays(linears, norms, gradients=False):
    """Parameters or their gradients, as fastbp shapes them."""

    def of(parameter):
        return parameter.grad if gradients else parameter.detach()

    return {
        "weights": [of(layer.weight).T.tolist() for layer in linears],
        "biases": [of(layer.bias).tolist() for layer in linears],
        "scales": [of(norm.weight).tolist() for norm in norms],
        "shifts": [of(norm.bias).tolist() for norm in norms],
    }


def main():
    """Write the file."""
    import torch

    torch.set_default_dtype(torch.float64)
    cases = [
        {"normalization": name, "settings": settings, "activation": activation} | figures(torch, name, settings, activation)
        for (name, settings), activation in product(NORMALIZATIONS, ACTIVATIONS)
    ]
    stored = {"torch": torch.__version__, "layer_sizes": SIZES, "cases": cases}
    Path(__file__).with_name("torch_normalizations.json").write_text(json.dumps(stored))


if __name__ == "__main__":
    main()
