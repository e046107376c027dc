"""A net of which one parameter learns, small enough to follow by hand."""

import fastbp


def biases(optimizer, steps):
    """The bias after each step: from 1 towards 0, with the loss b**2, whose gradient is 2 b."""
    model = fastbp.MLP([1, 1], init=([[[0.0]]], [[1.0]]), dtype="float64")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=optimizer, batch_size=None)
    found = []
    for _ in range(steps):
        trainer.step([[0.0]], [0.0])
        found.append(float(model.biases[0][0]))
    return found
