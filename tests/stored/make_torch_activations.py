"""Stores PyTorch's activations (float64, CPU) in torch_activations.json: values and derivatives, and a small net's outputs and gradients.

Run by hand, where torch is installed: ``python tests/stored/make_torch_activations.py``.
Only `tests/activations/test_base_torch.py` reads the file.
"""

from __future__ import annotations

import json
from pathlib import Path

from make_torch_trajectories import problem

LOGITS = [-30.0, -8.5, -5.0, -3.1, -2.0, -1.2, -0.75, -0.3, -0.01, 0.02, 0.4, 0.9, 1.7, 2.9, 3.3, 5.5, 6.5, 9.0, 25.0]

# fastbp's names and settings.
CASES = [
    *([name, {}] for name in ("sigmoid", "tanh", "relu", "leaky_relu", "identity", "softmax", "elu", "celu", "selu", "gelu", "gelu_tanh")),
    *([name, {}] for name in ("silu", "mish", "softplus", "softsign", "hard_sigmoid", "hard_tanh", "hard_swish", "relu6", "exponential")),
    ["leaky_relu", {"negative_slope": 0.3}],
    ["elu", {"alpha": 0.4}],
    ["celu", {"alpha": 1.7}],
    ["softplus", {"beta": 2.5}],
    ["hard_tanh", {"min_value": -0.7, "max_value": 2.0}],
]


def torch_function(torch, name, settings):
    functional = torch.nn.functional
    if name == "softplus":
        # Its threshold is where it takes a line instead.
        return lambda z: functional.softplus(z, **settings, threshold=1000.0)
    if name == "gelu_tanh":
        return lambda z: functional.gelu(z, approximate="tanh")
    if name == "hard_tanh":
        return lambda z: functional.hardtanh(z, settings.get("min_value", -1.0), settings.get("max_value", 1.0))
    if name == "softmax":
        return lambda z: torch.softmax(z, -1)
    if name == "identity":
        return lambda z: 1.0 * z
    if name in ("sigmoid", "tanh", "exponential"):
        return {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "exponential": torch.exp}[name]
    function = getattr(functional, {"hard_sigmoid": "hardsigmoid", "hard_swish": "hardswish"}.get(name, name))
    return lambda z: function(z, **settings)


def figures(torch, data, name, settings):
    """Values and derivatives at `LOGITS`, and of a net with the activation in its hidden layer: outputs, loss, gradients."""
    act = torch_function(torch, name, settings)
    z = torch.tensor(LOGITS, requires_grad=True)
    a = act(z)
    found = {"values": a.tolist()}
    if name != "softmax":
        a.sum().backward()
        found["derivatives"] = z.grad.tolist()
    parameters = [torch.tensor(array, requires_grad=True) for pair in zip(data["weights"], data["biases"], strict=True) for array in pair]
    X, targets = torch.tensor(data["inputs"]), torch.tensor(data["targets"]["squared_error"])
    W1, b1, W2, b2 = parameters
    hidden, output = (torch.tanh, act) if name == "softmax" else (act, lambda z: z)
    outputs = output(hidden(X @ W1 + b1) @ W2 + b2)
    loss = torch.nn.functional.mse_loss(outputs, targets)
    loss.backward()
    return found | {"outputs": outputs.tolist(), "loss": loss.item(), "gradients": [array.grad.tolist() for array in parameters]}


def main():
    import torch

    torch.set_default_dtype(torch.float64)
    data = problem()
    lines = [f' "made_by": "torch {torch.__version__}"', f' "logits": {json.dumps(LOGITS)}']
    kept = ("layer_sizes", "weights", "biases", "inputs")
    lines += [f' "{name}": {json.dumps(data[name])}' for name in kept]
    lines.append(f' "targets": {json.dumps(data["targets"]["squared_error"])}')
    cases = [{"activation": name, "settings": settings} | figures(torch, data, name, settings) for name, settings in CASES]
    text = "{\n" + ",\n".join(lines) + ',\n "cases": [\n' + ",\n".join("  " + json.dumps(case) for case in cases) + "\n ]\n}\n"
    Path(__file__).with_name("torch_activations.json").write_text(text)


if __name__ == "__main__":
    main()
