"""The check of gradients sees a wrong one."""

from some_checks import failures

import fastbp
from fastbp.verification import gradients


def test_a_wrong_gradient_is_seen(monkeypatch):
    original = fastbp.Trainer.loss_and_gradients

    def changed(self, *data):
        loss, weights, biases, *others = original(self, *data)
        biases[1][0] *= 1 + 1e-5
        return loss, weights, biases, *others

    monkeypatch.setattr(fastbp.Trainer, "loss_and_gradients", changed)
    monkeypatch.setattr(gradients, "KINDS", [kind for kind in gradients.KINDS if str(kind[0]) == "relu"])
    failed = failures(gradients.gradients_equal_central_differences)
    assert any("relu net, squared_error, identity output, weighted rows: dbiases[1][0] is " in each for each in failed)
    assert not any("dweights" in each for each in failed)
