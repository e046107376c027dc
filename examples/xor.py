"""Exclusive or, the textbook's way: one back-propagation step by hand, then training after every sample.

A 2-2-1 net of sigmoid units learns XOR from its squared error. The first step, on the sample (1, 1) -> 0, starts from the weights of the
worked example in M. Negnevitsky, *Artificial Intelligence* (2005), section 6.4. Every number of it is printed with its formula, computed
in plain Python, and compared with what fastbp computes. (fastbp's squared error has no factor of one half, so that its learning rate of
0.05 is the book's 0.1.)

Run it with ``python examples/xor.py``.
"""

import math

import fastbp

X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
RATE = 0.05


def textbook_net():
    """The net with the book's initial weights; a bias is minus the book's threshold."""
    weights = [[[0.5, 0.9], [0.4, 1.0]], [[-1.2], [1.1]]]
    biases = [[-0.8, 0.1], [-0.3]]
    return fastbp.MLP([2, 2, 1], activation="sigmoid", output_activation="sigmoid", init=(weights, biases), dtype="float64")


def show(name, formula, value, fastbp_value=None):
    """Print a line of the calculation; with fastbp's value for it, check that the two are equal."""
    if fastbp_value is not None:
        assert math.isclose(value, fastbp_value, rel_tol=1e-12), f"{name}: {value!r} by hand, {fastbp_value!r} from fastbp"
    print(f"{name:>9} = {formula:<52} = {value:9.6f}{'   = fastbp' if fastbp_value is not None else ''}")
    return value


def sigmoid(z):
    """1 / (1 + exp(-z))."""
    return 1 / (1 + math.exp(-z))


def forward_by_hand(x, W, b):
    """Outputs of the two hidden units and of the output unit."""
    print("Forward: every unit gives sigmoid(z) = 1 / (1 + exp(-z)) of its weighted sum z")
    h = []
    for j in range(2):
        z = x[0] * W[0][0][j] + x[1] * W[0][1][j] + b[0][j]
        h.append(show(f"h{j}", f"sigmoid({x[0]} * {W[0][0][j]:.4g} + {x[1]} * {W[0][1][j]:.4g} + {b[0][j]:.4g})", sigmoid(z)))
    z = h[0] * W[1][0][0] + h[1] * W[1][1][0] + b[1][0]
    formula = f"sigmoid({h[0]:.6f} * {W[1][0][0]:.4g} + {h[1]:.6f} * {W[1][1][0]:.4g} + {b[1][0]:.4g})"
    return h, sigmoid(z), formula


def step_by_hand(trainer, x, target):
    """One step of gradient descent on one sample, line by line, beside fastbp's."""
    model = trainer.model
    W, b = [w.tolist() for w in model.weights], [v.tolist() for v in model.biases]
    prediction = float(model.predict([x])[0, 0])
    loss, dW, db = trainer.loss_and_gradients([x], [target])
    print(f"One step on the sample x = {x}, target {target}, learning rate {RATE}\n")
    h, out, formula = forward_by_hand(x, W, b)
    show("output", formula, out, prediction)
    error = show("error", f"{out:.6f} - {target}", out - target)
    show("loss", f"{error:.6f}**2", error**2, loss)

    print("\nBackward: delta = d loss / d z, and sigmoid' = output * (1 - output)")
    delta = show("delta", f"2 * {error:.6f} * {out:.6f} * (1 - {out:.6f})", 2 * error * out * (1 - out))
    deltas = []
    for j in range(2):
        formula = f"{delta:.6f} * {W[1][j][0]:.4g} * {h[j]:.6f} * (1 - {h[j]:.6f})"
        deltas.append(show(f"delta_h{j}", formula, delta * W[1][j][0] * h[j] * (1 - h[j])))

    print("\nGradients: what went into the weight times the delta of the unit it leads to; a bias has the input 1")
    gradients = []  # name, old value, gradient, (array after the step, index)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        value = show(f"dW0[{i},{j}]", f"{x[i]} * {deltas[j]:.6f}", x[i] * deltas[j], dW[0][i, j])
        gradients.append((f"W0[{i},{j}]", W[0][i][j], value, (model.weights[0], (i, j))))
    for j in range(2):
        value = show(f"dW1[{j},0]", f"{h[j]:.6f} * {delta:.6f}", h[j] * delta, dW[1][j, 0])
        gradients.append((f"W1[{j},0]", W[1][j][0], value, (model.weights[1], (j, 0))))
    for layer, j, value in ((0, 0, deltas[0]), (0, 1, deltas[1]), (1, 0, delta)):
        show(f"db{layer}[{j}]", f"1 * {value:.6f}", value, db[layer][j])
        gradients.append((f"b{layer}[{j}]", b[layer][j], value, (model.biases[layer], j)))

    print("\nUpdate: against the gradient")
    assert math.isclose(trainer.step([x], [target]), loss, rel_tol=1e-12)
    for name, old, slope, (array, index) in gradients:
        show(name, f"{old:.4g} - {RATE} * {slope:.6f}", old - RATE * slope, array[index])


def main():
    """One step by hand, then as many as it takes."""
    model = textbook_net()
    step_by_hand(fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(RATE), batch_size=1), [1, 1], 0)

    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.1, momentum=0.9), batch_size=1, seed=0)
    while trainer.epoch < 10_000 and any(abs(out - target) > 0.1 for (out,), target in zip(model.predict(X), y, strict=True)):
        trainer.fit(X, y, epochs=100, progress=False)
    print(f"\nAfter {trainer.epoch} epochs, an update after every sample, the loss is {trainer.evaluate(X, y)['loss']:.6f}")
    print(" x0  x1  target  output")
    for (x0, x1), target, (out,) in zip(X, y, model.predict(X), strict=True):
        print(f"{x0:>3} {x1:>3} {target:>7} {out:>7.3f}")
        assert round(float(out)) == target


if __name__ == "__main__":
    main()
