"""Trains a small net in PyTorch (float64, CPU) with every optimizer and three losses, and stores the figures in torch_trajectories.json.

Run by hand, where torch is installed: ``python tests/stored/make_torch_trajectories.py``.
Only `tests/optimizers/test_base.py` reads the file.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np

# Three batches an epoch, the last one short: 51 steps.
LAYER_SIZES, ROWS, BATCH_SIZE, EPOCHS = [3, 5, 2], 10, 4, 17

# fastbp's settings, which tests/optimizers/test_base.py reads from the file as well; PyTorch's are derived from them below.
VARIANTS = {
    "sgd": [
        {"learning_rate": 0.1},
        {"learning_rate": 0.1, "weight_decay": 0.02},
        {"learning_rate": 0.05, "momentum": 0.9},
        {"learning_rate": 0.05, "momentum": 0.8, "weight_decay": 0.02},
        {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
        {"learning_rate": 0.05, "momentum": 0.7, "nesterov": True, "weight_decay": 0.02},
    ],
    "rmsprop": [
        {},
        {"learning_rate": 0.02, "alpha": 0.9, "epsilon": 1e-4, "weight_decay": 0.02},
        {"learning_rate": 0.005, "momentum": 0.9},
        {"learning_rate": 0.005, "centered": True},
        {"learning_rate": 0.002, "alpha": 0.95, "momentum": 0.8, "centered": True, "weight_decay": 0.02},
    ],
    "adam": [
        {},
        {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4},
        {"learning_rate": 0.01, "weight_decay": 0.05},
        {"learning_rate": 0.01, "beta_1": 0.0, "beta_2": 0.9},
    ],
    "adamw": [
        {},
        {"learning_rate": 0.02, "weight_decay": 0.3, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-5},
        {"learning_rate": 0.01, "weight_decay": 0.0},
    ],
    "adagrad": [{}, {"learning_rate": 0.1, "epsilon": 1e-3, "initial_accumulator": 0.1, "weight_decay": 0.02}],
    "adadelta": [{}, {"learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-3, "weight_decay": 0.02}],
    "adamax": [{}, {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4, "weight_decay": 0.05}],
    "nadam": [
        {},
        {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4, "weight_decay": 0.05, "momentum_decay": 0.1},
    ],
    "radam": [{}, {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4, "weight_decay": 0.05}],
    "amsgrad": [{}, {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4, "weight_decay": 0.05}],
    "irprop_minus": [{}, {"learning_rate": 0.02, "shrink": 0.7, "grow": 1.5, "least": 1e-3, "most": 0.04}],
}
CLASSES = {
    "sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW", "adagrad": "Adagrad", "adadelta": "Adadelta", "adamax": "Adamax",
    "nadam": "NAdam", "radam": "RAdam", "amsgrad": "Adam", "irprop_minus": "Rprop",
}  # fmt: skip
NAMES = {"learning_rate": "lr", "epsilon": "eps", "initial_accumulator": "initial_accumulator_value"}
# Several settings of fastbp that are one of PyTorch.
PAIRS = {"betas": ("beta_1", "beta_2"), "etas": ("shrink", "grow"), "step_sizes": ("least", "most")}


def wave(shape, frequency):
    """Numbers in [-1, 1] without a pattern, from arithmetic alone, to nine decimals."""
    return np.sin(frequency * (1 + np.arange(np.prod(shape)) ** 1.5)).reshape(shape).round(9)


def problem():
    shapes = list(pairwise(LAYER_SIZES))
    probabilities = np.abs(wave((ROWS, 1), 2.1))
    return {
        "layer_sizes": LAYER_SIZES,
        "activation": "tanh",
        "batch_size": BATCH_SIZE,
        "epochs": EPOCHS,
        "weights": [wave(shape, 1.3 + i).tolist() for i, shape in enumerate(shapes)],
        "biases": [(0.3 * wave(shape[1:], 0.7 + i)).tolist() for i, shape in enumerate(shapes)],
        "inputs": wave((ROWS, LAYER_SIZES[0]), 1.7).tolist(),
        "targets": {
            "squared_error": wave((ROWS, LAYER_SIZES[-1]), 0.9).tolist(),
            "cross_entropy": np.hstack([probabilities, 1 - probabilities]).tolist(),
            "binary_cross_entropy": np.abs(wave((ROWS, LAYER_SIZES[-1]), 3.3)).tolist(),
        },
    }


def torch_settings(settings):
    renamed = {NAMES.get(name, name): value for name, value in settings.items()}
    for pair, names in PAIRS.items():
        if names[0] in renamed:
            renamed[pair] = tuple(renamed.pop(name) for name in names)
    return renamed


def make_net(torch, data):
    """PyTorch's weights are the transposes of fastbp's."""
    layers = []
    for weight, bias in zip(data["weights"], data["biases"], strict=True):
        layer = torch.nn.Linear(len(weight), len(bias), dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weight, dtype=torch.float64).T)
            layer.bias.copy_(torch.tensor(bias, dtype=torch.float64))
        layers += [layer, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def trajectory(torch, data, loss, optimizer, settings):
    functional = torch.nn.functional
    criterion = {
        "squared_error": functional.mse_loss,
        "cross_entropy": functional.cross_entropy,
        "binary_cross_entropy": functional.binary_cross_entropy_with_logits,
    }[loss]
    net = make_net(torch, data)
    more = {"amsgrad": True} if optimizer == "amsgrad" else {}
    rule = getattr(torch.optim, CLASSES[optimizer])(net.parameters(), **torch_settings(settings), **more)
    X, t = (torch.tensor(array, dtype=torch.float64) for array in (data["inputs"], data["targets"][loss]))
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for first in range(0, ROWS, BATCH_SIZE):
            batch = slice(first, first + BATCH_SIZE)
            rule.zero_grad()
            value = criterion(net(X[batch]), t[batch])
            value.backward()
            rule.step()
            total += value.item() * len(X[batch])
        losses.append(total / ROWS)
    linear = [layer for layer in net if hasattr(layer, "weight")]
    return {
        "losses": losses,
        "weights": [layer.weight.detach().T.tolist() for layer in linear],
        "biases": [layer.bias.detach().tolist() for layer in linear],
    }


def main():
    import torch

    # Some optimizers keep numbers of that type.
    torch.set_default_dtype(torch.float64)
    data = problem()
    data["made_by"] = f"torch {torch.__version__}"
    data["trajectories"] = []
    for optimizer, variants in VARIANTS.items():
        for i, settings in enumerate(variants):
            # Every variant with one loss, and each optimizer's first with all three.
            for loss in data["targets"] if i == 0 else ["squared_error"]:
                case = {"id": f"{optimizer}-{i}-{loss}", "optimizer": optimizer, "loss": loss, "settings": settings}
                data["trajectories"].append(case | trajectory(torch, data, loss, optimizer, settings))
    lines = [f' "{name}": {json.dumps(value)}' for name, value in data.items() if name != "trajectories"]
    cases = ",\n".join("  " + json.dumps(case) for case in data["trajectories"])
    text = "{\n" + ",\n".join(lines) + ',\n "trajectories": [\n' + cases + "\n ]\n}\n"
    Path(__file__).with_name("torch_trajectories.json").write_text(text)


if __name__ == "__main__":
    main()
