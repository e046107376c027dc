"""Stores PyTorch's losses (float64, CPU) of a small net in torch_losses.json: value and gradients by weights and biases.

Those that PyTorch has not are written out in it, and differentiated by it. Run by hand, where torch is installed:
``python tests/stored/make_torch_losses.py``. Only `tests/losses/test_base_torch.py` reads the file.
"""

from __future__ import annotations

import json
from pathlib import Path

from make_torch_trajectories import make_net, problem, wave

_ROWS = 10
_SIDES = [[float(i % 2), float(i % 3 == 0)] for i in range(_ROWS)]
# fastbp's names and settings, and which targets.
CASES = [
    ("squared_error", {}, "real"),
    ("absolute_error", {}, "real"),
    ("huber", {}, "real"),
    ("huber", {"delta": 0.3}, "real"),
    ("log_cosh", {}, "real"),
    ("quantile", {"levels": [0.9]}, "real"),
    ("quantile", {"levels": [0.1, 0.6]}, "one"),
    ("poisson", {}, "counts"),
    ("gamma", {}, "amounts"),
    ("hinge", {}, "sides"),
    ("squared_hinge", {}, "sides"),
    ("focal", {}, "sides"),
    ("focal", {"gamma": 0.7, "alpha": 0.25}, "sides"),
    ("categorical_focal", {}, "labels"),
    ("categorical_focal", {"gamma": 0.7, "alpha": [0.25, 3.0]}, "labels"),
    ("categorical_focal", {"gamma": 3.0}, "shares"),
    ("cross_entropy", {}, "labels"),
    ("cross_entropy", {"label_smoothing": 0.2}, "labels"),
    ("cross_entropy", {"label_smoothing": 0.1}, "shares"),
    ("binary_cross_entropy", {}, "probabilities"),
    ("binary_cross_entropy", {"pos_weight": [3.0]}, "probabilities"),
    ("binary_cross_entropy", {"pos_weight": [2.5, 0.5]}, "sides"),
    ("binary_cross_entropy", {"label_smoothing": 0.1, "pos_weight": [3.0]}, "sides"),
]


def targets():
    shares = abs(wave((_ROWS, 1), 2.1))
    return {
        "real": wave((_ROWS, 2), 0.9).tolist(),
        "one": wave((_ROWS, 1), 0.9).tolist(),
        "counts": [[float(i % 4), float(i % 3)] for i in range(_ROWS)],
        "amounts": (abs(wave((_ROWS, 2), 1.1)) + 0.1).tolist(),
        "sides": _SIDES,
        "labels": [i % 2 for i in range(_ROWS)],
        "shares": [[float(share), float(1 - share)] for share in shares[:, 0]],
        "probabilities": abs(wave((_ROWS, 2), 3.3)).tolist(),
    }


def loss_of(torch, name, settings, z, t):
    functional = torch.nn.functional
    side, e = 2 * t - 1, z - t if z.shape == t.shape else None
    if name == "quantile":
        levels = torch.tensor(settings["levels"])
        error = t.repeat_interleave(len(levels), 1) - z
        levels = levels.repeat(z.shape[1] // len(levels))
        return torch.maximum(levels * error, (levels - 1) * error).mean()
    if name == "focal":
        return _focal(torch, z, t, settings.get("gamma", 2.0), settings.get("alpha", -1))
    if name == "categorical_focal":
        shares = t if t.is_floating_point() else functional.one_hot(t, z.shape[1]).double()
        p, log_p = torch.softmax(z, 1), torch.log_softmax(z, 1)
        return (torch.tensor(settings.get("alpha", 1.0)) * shares * (1 - p) ** settings.get("gamma", 2.0) * -log_p).sum(1).mean()
    if name == "binary_cross_entropy":
        smoothing, weight = settings.get("label_smoothing", 0.0), torch.tensor(settings.get("pos_weight", [1.0]))
        return torch.nn.BCEWithLogitsLoss(pos_weight=weight)(z, t * (1 - smoothing) + smoothing / 2)
    return {
        "squared_error": lambda: torch.nn.MSELoss()(z, t),
        "absolute_error": lambda: torch.nn.L1Loss()(z, t),
        "huber": lambda: torch.nn.HuberLoss(delta=settings.get("delta", 1.0))(z, t),
        "log_cosh": lambda: torch.log(torch.cosh(e)).mean(),
        "poisson": lambda: torch.nn.PoissonNLLLoss(log_input=True)(z, t),
        "gamma": lambda: (t * torch.exp(-z) + z).mean(),
        "hinge": lambda: functional.relu(1 - side * z).mean(),
        "squared_hinge": lambda: (functional.relu(1 - side * z) ** 2).mean(),
        "cross_entropy": lambda: torch.nn.CrossEntropyLoss(**settings)(z, t),
    }[name]()


def _focal(torch, inputs, targets, gamma, alpha):
    """As torchvision.ops.sigmoid_focal_loss, with the mean."""
    p = torch.sigmoid(inputs)
    ce_loss = torch.nn.functional.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    p_t = p * targets + (1 - p) * (1 - targets)
    loss = ce_loss * ((1 - p_t) ** gamma)
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return loss.mean()


def figures(torch, data, given, name, settings, kind):
    """Loss and gradients of the net whose outputs are logits, with weights of twice the size, so that errors are large and small."""
    net = make_net(torch, data | {"weights": [[[2 * x for x in row] for row in array] for array in data["weights"]]})
    t = torch.tensor(given[kind], dtype=torch.int64 if kind == "labels" else torch.float64)
    loss = loss_of(torch, name, settings, net(torch.tensor(data["inputs"])), t)
    loss.backward()
    linear = [layer for layer in net if hasattr(layer, "weight")]
    return {
        "value": loss.item(),
        "weights": [layer.weight.grad.T.tolist() for layer in linear],
        "biases": [layer.bias.grad.tolist() for layer in linear],
    }


def main():
    import torch

    torch.set_default_dtype(torch.float64)
    data, given = problem(), targets()
    kept = ("layer_sizes", "weights", "biases", "inputs")
    lines = [f' "made_by": "torch {torch.__version__}"', *(f' "{name}": {json.dumps(data[name])}' for name in kept)]
    lines.append(f' "targets": {json.dumps(given)}')
    cases = [
        {"loss": name, "settings": settings, "targets": kind} | figures(torch, data, given, name, settings, kind)
        for name, settings, kind in CASES
    ]
    text = "{\n" + ",\n".join(lines) + ',\n "cases": [\n' + ",\n".join("  " + json.dumps(case) for case in cases) + "\n ]\n}\n"
    Path(__file__).with_name("torch_losses.json").write_text(text)


if __name__ == "__main__":
    main()
