"""What is assigned to an attribute of a model, a trainer or an optimizer is checked and works, or is refused."""

import numpy as np
import pytest
from small_task import LABELS, X, bits, make

import fastbp


def public(thing):
    return [name for name in dir(thing) if not name.startswith("_")]


def assigned(thing, name, value):
    """Whether `value` was taken."""
    try:
        setattr(thing, name, value)
    except (AttributeError, ValueError, TypeError):
        return False
    return True


@pytest.mark.parametrize("of", [lambda trainer: trainer, lambda trainer: trainer.model, lambda trainer: trainer.optimizer])
def test_nonsense_is_taken_by_no_attribute(of):
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    before = bits(trainer)
    assert len(public(of(trainer))) >= 5
    assert [name for name in public(of(trainer)) if assigned(of(trainer), name, object())] == []
    assert bits(trainer) == before


@pytest.mark.parametrize("name", ["layer_sizes", "activations", "dtype", "seed", "network", "output_activation", "n_parameters", "predict"])
def test_what_a_model_is_cannot_be_assigned(name):
    model = make().model
    with pytest.raises(AttributeError, match=f"model.{name} is .* and stays so; make another MLP"):
        setattr(model, name, getattr(model, name))


@pytest.mark.parametrize(
    ("place", "name", "words"),
    [
        ("trainer", "learning_rate", "a Trainer has no attribute 'learning_rate'; set trainer.optimizer.learning_rate"),
        ("trainer", "weights", "a Trainer has no attribute 'weights'; set trainer.model.weights"),
        ("trainer", "batchsize", "a Trainer has no attribute 'batchsize'; did you mean 'batch_size'?"),
        ("trainer", "xyz", "a Trainer has no attribute 'xyz'$"),
        ("model", "wieghts", r"a MLP has no attribute 'wieghts'; did you mean 'weights'\?"),
        ("optimizer", "lr", "Adam has no setting 'lr'; expected one of learning_rate, beta_1, beta_2, epsilon, weight_decay"),
    ],
)
def test_a_name_that_is_none_is_told_with_what_was_meant(place, name, words):
    trainer = make("adam")
    with pytest.raises(AttributeError, match=words):
        setattr(trainer if place == "trainer" else getattr(trainer, place), name, 0.01)


@pytest.mark.parametrize(("name", "value"), [("learning_rate", -1.0), ("learning_rate", "fast"), ("beta_1", 1.0), ("epsilon", np.nan)])
def test_a_setting_outside_its_range_is_refused_at_once(name, value):
    optimizer = fastbp.Adam()
    with pytest.raises((ValueError, TypeError), match=name):
        setattr(optimizer, name, value)
    assert optimizer == fastbp.Adam()


def test_settings_that_depend_on_each_other_are_checked_together():
    optimizer = fastbp.SGD(momentum=0.9, nesterov=True)
    with pytest.raises(ValueError, match="nesterov=True needs a positive momentum"):
        optimizer.momentum = 0.0
    assert optimizer.momentum == 0.9
