"""What is kept of a step; `tests/trace/test_recording.py` has that it adds up."""

import numpy as np
from small_task import LABELS, X, make

import fastbp
from fastbp.callbacks.recorded import Recorder, gradients


def test_gradients_of_weights_and_biases():
    passed = {"activations": np.array([[1.0, 2.0], [3.0, 4.0]]), "deltas": np.array([[0.5, 1.0], [1.5, -1.5]])}
    rows, columns = np.array([0, 1, -1]), np.array([0, 1, 1])
    assert gradients(passed, rows, columns).tolist() == [1 * 0.5 + 3 * 1.5, 2 * 1.0 - 4 * 1.5, -0.5]
    # Where the mean over the batch is taken away, biases move nothing.
    assert gradients(passed, rows, columns, idle_biases=True).tolist() == [5.0, -4.0, 0.0]
    passed["activations"] = passed["activations"].astype(np.float32)
    assert gradients(passed, rows, columns).dtype == np.float64


def test_gradients_of_scales_and_shifts():
    passed = {"activations": np.zeros((2, 1)), "deltas": np.zeros((2, 2))}
    passed |= {"standardized": np.array([[1.0, 2.0], [-1.0, 0.5]]), "shift_deltas": np.array([[0.5, 1.0], [1.5, -1.0]])}
    rows, columns = np.array([-2, -3, 0, -2]), np.array([0, 0, 1, 1])
    assert gradients(passed, rows, columns).tolist() == [0.5 - 1.5, 0.5 + 1.5, 0.0, 2.0 - 0.5]


class Each(fastbp.Callback):
    """Keeps every step of a run as `Recorder` has it."""

    def __init__(self, layers, places):
        self.asked, self.steps = (layers, places, np.dtype(np.float64)), []

    def on_fit_begin(self, run):
        self.recorder = Recorder(run, *self.asked)

    def steps_to_pause(self, run):
        self.before = self.recorder.before()
        return 1

    def on_steps(self, run):
        self.steps.append(self.recorder.step(self.before, run.under_way.batch, run.under_way.computed()))


def test_a_step_from_before_it_to_after_it():
    trainer, each = make("sgd", dtype="float64"), Each([1], {1: (np.array([2, -1]), np.array([0, 1]))})
    before = trainer.model.weights[1][2, 0], trainer.model.biases[1][1]
    trainer.fit(X, LABELS, epochs=1, callbacks=each)
    first, last = each.steps[0], each.steps[-1]
    assert first.values["step"] == 1 and len(each.steps) == 7 and first.arrays["rows"].size == 8
    assert first.arrays["activations.1"].shape == (8, 6) and first.arrays["deltas.1"].shape == (8, 2)
    # The bias is 0 before the first step: what is 0 for all weights is not kept, a single 0 is.
    assert first.arrays["weights.before"].tolist() == list(before) and "weights.memory" not in first.arrays
    assert last.arrays["weights.after"].tolist() == [trainer.model.weights[1][2, 0], trainer.model.biases[1][1]]
    assert first.arrays["weights.direct"].tolist() == [0.1, 0.1]


def test_weights_of_all_layers_are_one_after_the_other():
    optimizer = fastbp.SGD(0.1, momentum=0.9, layer_rates=(1.0, 0.5), bias_rate=2.0, decoupled_weight_decay=0.01)
    each = Each([0, 1], {1: (np.array([2, -1]), np.array([0, 1])), 0: (np.array([-1, 1]), np.array([3, 2]))})
    trainer = make(optimizer, dtype="float64")
    trainer.fit(X, LABELS, epochs=1, callbacks=each)
    (weights, biases), last = (trainer.model.weights, trainer.model.biases), each.steps[-1].arrays
    assert last["weights.after"].tolist() == [weights[1][2, 0], biases[1][1], biases[0][3], weights[0][1, 2]]
    np.testing.assert_allclose(last["weights.direct"], [0.05, 0.1, 0.2, 0.1], rtol=1e-15)
    decayed = -0.1 * 0.01 * last["weights.before"] * [0.5, 0, 0, 1]
    np.testing.assert_allclose(last["weights.beside.decoupled_weight_decay"], decayed, rtol=1e-14)
    # What was remembered before a step is what the one before has left.
    earlier, later = each.steps[-2:]
    gradient = [
        (earlier.arrays[f"activations.{layer}"].T @ earlier.arrays[f"deltas.{layer}"])[place] for layer, place in ((1, (2, 0)), (0, (1, 2)))
    ]
    np.testing.assert_allclose(
        later.arrays["weights.memory"][[0, 3]], 0.9 * earlier.arrays["weights.memory"][[0, 3]] + gradient, rtol=1e-12
    )
