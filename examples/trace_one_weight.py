"""Trace any error to any weight: first in the XOR net, number by number, then in a net that reads digits.

What a row has to do with the gradient of a weight is one product: what went into the weight, times the delta of the unit it leads to. So
the ledger of a step is exact, and can be asked from both ends: who moves this weight, and which weights carry this error.

Run it with ``python examples/trace_one_weight.py``.
"""

from sklearn.datasets import load_digits

import fastbp


def xor():
    """The four cases, and what each of them does to one weight."""
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    model = fastbp.MLP([2, 3, 1], activation="tanh", output_activation="sigmoid", dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.5), batch_size=None, seed=0)
    trainer.fit(X, y, epochs=20, progress=False)
    trace = trainer.trace(X, y)
    print(f"XOR after {trainer.steps} steps: {trace}\n")

    rows = trace.rows_of(0, 1, 2)
    print(rows, end="\n\n")
    gradient = trainer.loss_and_gradients(X, y)[1][0][1, 2]
    print(f"the four contributions sum to {rows['contribution'].sum():.12f}, and the trainer's gradient is {gradient:.12f}\n")

    path = trace.paths(0, 1, 2, row=3)
    print(path, end="\n\n")
    factors = [path[name][0] for name in ("activation", "slope 0", "weight 1", "delta")]
    print(f"{' * '.join(f'{factor:.6f}' for factor in factors)} = {path['contribution'][0]:.6f}\n")


def digits():
    """From the digit that is furthest from right, to the weights that carry its error, to the other rows that move these."""
    X, y = load_digits(return_X_y=True)
    X /= 16
    model = fastbp.MLP([64, 32, 10], activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=32, seed=0)
    trainer.fit(X, y, epochs=5, progress=False)

    trace = trainer.trace(X, y)
    worst = int(trace.losses.argmax())
    predicted = int(trace.activations[-1][worst].argmax())
    print(f"digits: row {worst} is a {y[worst]}, and is read as a {predicted}; its gradient beside the others':")
    norms = trainer.gradient_norms(X, y)
    print(f"norm {norms[worst]:.2f}, of all rows {norms.mean():.2f} on average, {norms.max():.2f} at most\n")

    weights = trace.weights_of(row=worst, layer=0, top=5)
    print(weights, end="\n\n")
    i, j = int(weights["input"][0]), int(weights["unit"][0])
    i = None if i < 0 else i
    print(trace.rows_of(0, i, j, top=5), end="\n\n")
    print(trace.classes_of(0, i, j), end="\n\n")
    print(trace.paths(0, i, j, row=worst, top=3), end="\n\n")

    layers = trace.layers(row=worst)
    print(layers)
    verdict = "takes from" if layers.total > 0 else "adds to"
    print(f"\nA step for all rows together {verdict} the loss of this one.")


if __name__ == "__main__":
    xor()
    digits()
