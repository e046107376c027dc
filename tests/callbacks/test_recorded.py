"""What is kept of a step; `tests/trace/test_recording.py` has that it adds up."""

import numpy as np
from small_task import LABELS, X, make

import fastbp
from fastbp.callbacks.recorded import StepRecord, gradients


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


def test_a_step_from_before_it_to_after_it():
    found = []

    class One(fastbp.Callback):
        def steps_to_pause(self, run):
            self.record = StepRecord(run, [1], {1: (np.array([2, -1]), np.array([0, 1]))})
            return 1

        def on_steps(self, run):
            found.append(self.record.finish(run, run.under_way.batch, run.under_way.computed(), np.dtype(np.float64)))

    trainer = make("sgd", dtype="float64")
    before = trainer.model.weights[1][2, 0], trainer.model.biases[1][1]
    trainer.fit(X, LABELS, epochs=1, callbacks=One())
    first, last = found[0], found[-1]
    assert first.values["step"] == 1 and len(found) == 7 and first.arrays["rows"].size == 8
    assert first.arrays["activations.1"].shape == (8, 6) and first.arrays["deltas.1"].shape == (8, 2)
    # The bias is 0 before the first step: what is 0 is not written.
    assert first.arrays["weights.1.before"].tolist() == list(before)
    assert last.arrays["weights.1.after"].tolist() == [trainer.model.weights[1][2, 0], trainer.model.biases[1][1]]
    assert first.arrays["weights.1.direct"].tolist() == [0.1, 0.1]
