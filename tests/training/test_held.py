"""Attributes of the trainer that are its run's: checked when they are assigned, or refused."""

import pytest
from small_task import make

import fastbp


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", 3), ("batch_size", None), ("shuffle", False), ("seed", 7), ("threads", 1), ("optimizer", "adam")]
)
def test_what_is_assigned_is_the_runs(name, value):
    trainer = make()
    setattr(trainer, name, value)
    assert getattr(trainer, name) == getattr(trainer.run, name)
    assert getattr(trainer, name) == (fastbp.Adam() if name == "optimizer" else value)


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", -3), ("batch_size", 2.5), ("shuffle", 1), ("seed", -1), ("threads", 0), ("optimizer", "adm")]
)
def test_what_does_not_fit_is_refused_and_nothing_changes(name, value):
    trainer = make()
    before = getattr(trainer, name)
    with pytest.raises((ValueError, TypeError), match=name):
        setattr(trainer, name, value)
    assert getattr(trainer, name) is before


@pytest.mark.parametrize("name", ["loss", "model", "history", "epoch", "steps", "precision"])
def test_what_a_run_is_cannot_be_assigned(name):
    trainer = make()
    with pytest.raises(AttributeError, match=f"trainer.{name} is .* make another Trainer"):
        setattr(trainer, name, getattr(trainer, name))
