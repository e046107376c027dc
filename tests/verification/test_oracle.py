"""The checks against the oracle see a wrong loss and wrong coefficients."""

from some_checks import failures

import fastbp
from fastbp.verification import golden, oracle, paths


def test_a_wrong_loss_is_seen(monkeypatch):
    original = fastbp.Trainer.evaluate
    monkeypatch.setattr(fastbp.Trainer, "evaluate", lambda *data: {"loss": original(*data)["loss"] * (1 + 1e-4)})
    failed = failures(oracle.predictions_losses_and_gradients_follow_the_oracle)
    assert len(failed) == 2 * len(paths.PATHS) and all("evaluate's loss" in each for each in failed)


def test_wrong_coefficients_are_seen(monkeypatch):
    original = fastbp.Adam.coefficients
    monkeypatch.setattr(fastbp.Adam, "coefficients", lambda self, steps, factors: original(self, steps - 1 + (steps == 1), factors))
    failed = failures(oracle.training_in_float64_follows_the_oracle)
    for path in paths.PATHS:
        assert all(any(f"{path.name} (" in each and f", {name}(" in each for each in failed) for name in ("Adam", "AdamW"))
    assert not any("SGD(" in each or "RMSprop(" in each for each in failed)
    assert {each.partition(",")[0] for each in failures(golden.stored_runs_come_out_bit_by_bit)} == {"adam", "adamw row by row"}
