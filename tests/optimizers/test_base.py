import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from cases import close

import fastbp
from fastbp.optimizers import OPTIMIZERS, Optimizer
from fastbp.verification import reference
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets

STEPS = 20
TORCH = json.loads((Path(__file__).parents[1] / "stored" / "torch_trajectories.json").read_text())
# Optimizers that PyTorch has not.
NOT_IN_TORCH = {"lion", "rprop", "lamb"}
# Settings of all optimizers, whose tests are in tests/kernels/test_apart.py.
COMMON = {each.name for each in fields(Optimizer)}
# The settings that PyTorch's figures were made with, beside those that `fastbp verify` tries.
VARIANTS = [OPTIMIZERS[case["optimizer"]](**case["settings"]) for case in TORCH["trajectories"] if case["loss"] == "squared_error"]
CASES = VARIANTS + [case for cls in OPTIMIZERS.values() for case in cls.cases() if case not in VARIANTS]


def trained_and_oracle(optimizer, loss, dtype):
    model = random_model([4, 6, 3], activation="tanh", seed=1, dtype=dtype)
    trainer = fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=None)
    X, t = random_inputs(16, 4, seed=1, dtype=dtype), random_targets(loss, 16, 3, seed=1, dtype=dtype)
    net, losses = net_after_training(trainer, X, t, epochs=STEPS)
    history = trainer.fit(X, t, epochs=STEPS)
    return [*trainer.model.weights, *trainer.model.biases], history.loss, net.parameters, losses


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_cases_change_every_setting(name):
    default, *others = OPTIMIZERS[name].cases()
    assert default == OPTIMIZERS[name]()
    assert all(any(vars(other)[setting] != value for other in others) for setting, value in vars(default).items() if setting not in COMMON)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_trajectories_follow_the_oracle(optimizer, loss):
    parameters, losses, wanted, wanted_losses = trained_and_oracle(optimizer, loss, "float64")
    close(parameters, wanted, rtol=1e-12)
    np.testing.assert_allclose(losses, wanted_losses, rtol=1e-12)


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_float32_trajectories_follow_the_float64_oracle(optimizer):
    parameters, losses, wanted, wanted_losses = trained_and_oracle(optimizer, "squared_error", "float32")
    # Each of 20 steps rounds every parameter once, half an ULP, and adds the error of its gradient, as small beside a learning rate.
    close(parameters, wanted, rtol=STEPS * float(np.finfo(np.float32).eps))
    np.testing.assert_allclose(losses, wanted_losses, rtol=STEPS * float(np.finfo(np.float32).eps))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_name_stands_for_the_default_settings(name):
    X, t = random_inputs(8, 4), random_targets("squared_error", 8, 3)
    models = []
    for optimizer in (name, OPTIMIZERS[name]()):
        trainer = fastbp.Trainer(random_model([4, 5, 3]), loss="squared_error", optimizer=optimizer, batch_size=None)
        trainer.fit(X, t, epochs=3)
        models.append(trainer.model)
    np.testing.assert_equal(models[0].weights, models[1].weights)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_and_epochs_make_the_same_updates(name):
    X, t = random_inputs(8, 4), random_targets("squared_error", 8, 3)
    fitted, stepped = (fastbp.Trainer(random_model([4, 5, 3]), loss="squared_error", optimizer=name, batch_size=None) for _ in range(2))
    losses = fitted.fit(X, t, epochs=5).loss
    assert [stepped.step(X, t) for _ in range(5)] == losses
    np.testing.assert_equal(stepped.model.weights, fitted.model.weights)
    np.testing.assert_equal(stepped.model.biases, fitted.model.biases)


def test_a_new_learning_rate_holds_from_the_next_call():
    X, t = random_inputs(8, 4), random_targets("squared_error", 8, 3)
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss="squared_error", optimizer=fastbp.SGD(0.1), batch_size=None)
    trainer.fit(X, t, epochs=1)
    net = reference.net_of(trainer.model)
    trainer.optimizer.learning_rate = 0.01
    reference.train(net, "squared_error", fastbp.SGD(0.01), X, t)
    trainer.fit(X, t, epochs=1)
    close([*trainer.model.weights, *trainer.model.biases], net.parameters, rtol=1e-13)


@pytest.mark.parametrize("case", TORCH["trajectories"], ids=lambda case: case["id"])
def test_trajectories_follow_pytorch(case):
    loss, optimizer = case["loss"], OPTIMIZERS[case["optimizer"]](**case["settings"])
    # fastbp's cross-entropies take logits from either output; here the model is PyTorch's, which gives logits.
    model = fastbp.MLP(
        TORCH["layer_sizes"],
        activation=TORCH["activation"],
        output_activation="identity",
        init=(TORCH["weights"], TORCH["biases"]),
        dtype="float64",
    )
    trainer = fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=TORCH["batch_size"], shuffle=False)
    found = trainer.fit(TORCH["inputs"], TORCH["targets"][loss], epochs=TORCH["epochs"]).loss
    np.testing.assert_allclose(found, case["losses"], rtol=1e-12)
    wanted = [np.array(array) for array in [*case["weights"], *case["biases"]]]
    close([*model.weights, *model.biases], wanted, rtol=1e-12)


def test_the_stored_pytorch_figures_cover_every_optimizer_it_has():
    assert {case["optimizer"] for case in TORCH["trajectories"]} == set(OPTIMIZERS) - NOT_IN_TORCH
    assert TORCH["epochs"] * -(-len(TORCH["inputs"]) // TORCH["batch_size"]) > 50
