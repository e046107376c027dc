"""Schedules as settings of optimizers: who may have one, what files hold, PyTorch's values, and what training makes of them."""

import json
from pathlib import Path

import numpy as np
import own_functions as own
import pytest
from cases import close
from small_task import TARGETS, StopAt, X, bits, make

import fastbp
from fastbp.optimizers import OPTIMIZERS, described_optimizer
from fastbp.schedules import SCHEDULES, Plan, described_setting

TORCH = json.loads((Path(__file__).parents[1] / "stored" / "torch_schedules.json").read_text())
# PyTorch has these as well as others that are made of these, or of functions.
NOT_IN_TORCH = {"inverse_scaling", "flat_cosine", "coslog4", "warmup", "sequence"}
EVERY = [
    fastbp.StepDecay(0.01, 0.5, 7), fastbp.MultiStep(0.01, (7, "1 epoch", 0.5)), fastbp.ExponentialDecay(0.01), fastbp.InverseScaling(0.01),
    fastbp.PolynomialDecay(0.01, 0.001, 2.0), fastbp.Cosine(0.01), fastbp.CosineRestarts(0.01, 5, 2), fastbp.FlatCosine(0.01),
    fastbp.OneCycle(0.01), fastbp.CosLog4(0.01), fastbp.Warmup(fastbp.Cosine(0.01), "1 epoch"),
    fastbp.Sequence(((0.01, 5), (fastbp.Warmup(fastbp.OneCycle(0.02), 0.1), None))),
    fastbp.Plateau(0.01, 0.5, patience=0, min_delta=100.0),
]  # fmt: skip


@pytest.mark.parametrize("case", TORCH["cases"], ids=lambda case: f"{case['schedule']}-{case['settings']}")
def test_values_are_pytorchs(case):
    schedule = described_setting({"schedule": case["schedule"], **case["settings"]})
    steps = len(case["values"])
    found = schedule(np.arange(1, steps + 1), Plan(0, steps, TORCH["per_epoch"]))
    np.testing.assert_allclose(found, case["values"], rtol=1e-12, atol=1e-17)


def test_the_stored_values_cover_every_schedule_it_has():
    assert {case["schedule"] for case in TORCH["cases"] + TORCH["following"]} == set(SCHEDULES) - NOT_IN_TORCH


def test_every_schedule_of_the_table_is_tried_here():
    assert {schedule.name for schedule in EVERY} == set(SCHEDULES)
    assert all(getattr(fastbp, cls.__name__) is cls and cls.__name__ in fastbp.__all__ for cls in SCHEDULES.values())


@pytest.mark.parametrize("schedule", EVERY, ids=str)
def test_it_is_described_to_a_file_and_back(schedule):
    optimizer = fastbp.AdamW(schedule, weight_decay=schedule)
    described = json.loads(json.dumps(optimizer.described()))
    assert described_optimizer(described) == optimizer and described["learning_rate"]["schedule"] == schedule.name
    assert described_setting(json.loads(json.dumps(schedule.described()))) == schedule


def test_numbers_of_numpys_types_come_back_as_pythons():
    described = fastbp.Cosine(np.float32(0.5), length=np.int64(5)).described()
    assert [type(value) for value in described.values()] == [str, float, float, int]


@pytest.mark.parametrize("schedule", EVERY, ids=str)
def test_a_run_that_was_saved_in_the_middle_goes_on_to_the_same_bits(schedule, tmp_path):
    whole, stopped = (make(fastbp.AdamW(schedule, weight_decay=fastbp.PolynomialDecay(0.1)), loss="squared_error") for _ in range(2))
    whole.fit(X, TARGETS, epochs=4)
    stopped.fit(X, TARGETS, epochs=4, callbacks=StopAt(17))
    stopped.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    again.fit(X, TARGETS, epochs=4 - again.epoch)
    assert again.steps == whole.steps and again.optimizer == whole.optimizer
    assert bits(again) == bits(whole)


def test_a_resumed_run_that_is_given_other_epochs_begins_a_plan_of_its_own(tmp_path):
    trainer = make(fastbp.Adam(fastbp.Cosine(0.01)), loss="squared_error")
    trainer.fit(X, TARGETS, epochs=4, callbacks=StopAt(14))
    trainer.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    again.fit(X, TARGETS, epochs=6)
    assert again.run.plan.now == Plan(14, 7 * 8, 7) or again.run.plan.now.end - again.run.plan.now.begin == again.steps - 14


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if not name.endswith(("prop", "minus")) or name == "rmsprop"])
def test_every_step_uses_the_value_of_its_own(name):
    """Training by a schedule is that of single steps with the numbers set by hand."""
    settings = {"learning_rate": fastbp.Warmup(fastbp.Cosine(0.01), 3), "weight_decay": fastbp.PolynomialDecay(0.1)}
    values = {key: schedule(np.arange(1, 11), Plan(0, 10, 1)) for key, schedule in settings.items()}
    fitted = make(OPTIMIZERS[name](**settings), loss="squared_error", batch_size=None, dtype="float64")
    stepped = make(OPTIMIZERS[name](), loss="squared_error", batch_size=None, dtype="float64")
    fitted.fit(X, TARGETS, epochs=10)
    for i in range(10):
        for key, each in values.items():
            setattr(stepped.optimizer, key, float(each[i]))
        stepped.step(X, TARGETS)
    close(fitted.model.weights, stepped.model.weights, rtol=1e-13)


@pytest.mark.parametrize("make_optimizer", [fastbp.SGD, fastbp.RMSprop])
def test_momentum_may_change_and_stays_below_one(make_optimizer):
    momenta = fastbp.PolynomialDecay(0.9, 0.5)
    fitted, stepped = (make(make_optimizer(0.001, momentum=momentum), loss="squared_error", batch_size=None) for momentum in (momenta, 0.9))
    fitted.fit(X, TARGETS, epochs=5)
    for momentum in momenta(np.arange(1, 6), Plan(0, 5, 1)).tolist():
        stepped.optimizer.momentum = momentum
        stepped.step(X, TARGETS)
    close(fitted.model.weights, stepped.model.weights, rtol=1e-5)
    with pytest.raises(ValueError, match=r"momentum is 1\.5 at step 1; expected numbers in \[0, 1\)"):
        make(make_optimizer(momentum=lambda step: 1.5), loss="squared_error").fit(X, TARGETS, epochs=1)


def test_a_function_of_the_step_is_one_too_and_its_name_is_in_files(tmp_path):
    schedule = fastbp.InverseScaling(0.01, 1.0)
    by_class, by_function = (make(fastbp.Adam(each), loss="squared_error") for each in (schedule, own.hundredth_over_step))
    for trainer in (by_class, by_function):
        trainer.fit(X, TARGETS, epochs=2)
    assert by_class.model.network.parameters.tobytes() == by_function.model.network.parameters.tobytes()
    by_function.save(tmp_path / "run")
    assert fastbp.Trainer.resume(tmp_path / "run").optimizer.learning_rate is own.hundredth_over_step
    nameless = make(fastbp.Adam(lambda step: 0.01), loss="squared_error")
    with pytest.raises(ValueError, match=r"learning_rate is the function .*lambda.* cannot import"):
        nameless.save(tmp_path / "other")
    assert not (tmp_path / "other").exists()


REFUSED = [
    (lambda step: -0.1, ValueError, r"learning_rate is -0\.1 at step 1; expected numbers in \[0, inf\)"),
    (lambda step: float("nan") if step > 3 else 0.1, ValueError, "learning_rate is nan at step 4"),
    (lambda step: "x", ValueError, "learning_rate is no function of the step that gives a number: could not convert"),
    (lambda: 0.1, TypeError, "learning_rate is no function of the step that gives a number: .*takes 0 positional"),
]


@pytest.mark.parametrize(("function", "error", "message"), REFUSED)
def test_a_function_that_gives_no_rate_is_refused_and_the_model_is_free_again(function, error, message):
    trainer = make(fastbp.SGD(function), loss="squared_error")
    for _ in range(2):
        with pytest.raises(error, match=message):
            trainer.fit(X, TARGETS, epochs=2)
    assert trainer.model.turns.users == []


def test_what_is_no_setting_is_refused():
    with pytest.raises(TypeError, match="learning_rate is the class Cosine; expected a number, or a schedule made of it"):
        fastbp.SGD(fastbp.Cosine)
    for name in ("rprop", "irprop_minus"):
        with pytest.raises(TypeError, match=r"learning_rate is Cosine.*expected a number"):
            OPTIMIZERS[name](fastbp.Cosine(0.1))
    with pytest.raises(TypeError, match=r"beta_1 is Cosine.*expected a number"):
        fastbp.Adam(beta_1=fastbp.Cosine(0.1))


def test_single_steps_take_a_schedule_of_steps_alone():
    alone = make(fastbp.SGD(fastbp.StepDecay(0.1, 0.5, 2)), loss="squared_error", dtype="float64")
    by_hand = make(fastbp.SGD(0.1), loss="squared_error", dtype="float64")
    for rate in (0.1, 0.1, 0.05, 0.05, 0.025):
        by_hand.optimizer.learning_rate = rate
        assert alone.step(X, TARGETS) == by_hand.step(X, TARGETS)
    for schedule in (fastbp.OneCycle(0.1), fastbp.StepDecay(0.1)):
        with pytest.raises(ValueError, match="is of the steps of a call of fit; for single steps give a number of steps"):
            make(fastbp.SGD(schedule), loss="squared_error").step(X, TARGETS)


def test_divergence_tells_the_schedule():
    trainer = make(fastbp.SGD(fastbp.OneCycle(1e8)), loss="squared_error", seed=0)
    with pytest.raises(fastbp.DivergenceError, match=r"smaller learning_rate \(it is OneCycle\(maximum=100000000\.0, warm=0\.3"):
        trainer.fit(X, TARGETS, epochs=30)
    assert np.isfinite(trainer.model.network.parameters).all()


def test_what_has_no_schedule_has_the_settings_it_had():
    optimizer = fastbp.Adam(0.1)
    assert optimizer.at(np.arange(1, 3), Plan()) is optimizer
    changing = fastbp.Adam(fastbp.StepDecay(0.1, every=1))
    assert changing.at(np.arange(1, 3), Plan()).learning_rate.tolist() == pytest.approx([0.1, 0.01])
    assert changing.learning_rate == fastbp.StepDecay(0.1, every=1)
