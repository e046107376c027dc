"""`Certify`: every rise is told, backtracking lets none stay, and both go on to the bit."""

import itertools
import logging
import signal

import numpy as np
import pytest
from small_task import LABELS, StopAt, TooFast, X, bits, make

import fastbp
from fastbp.compiling.jit import DISABLED

N_STEPS = 12


def line(rate, dtype="float64", **settings):
    """Half of the cost (w - 1)**2 + b**2 times 2: a curvature of 2 in each direction, so that rates below 1 let it fall."""
    model = fastbp.MLP([1, 1], init=([[[0.0]]], [[0.0]]), dtype=dtype)
    return fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(rate, **settings), batch_size=None, seed=0)


LINE = np.array([[-1.0], [1.0]]), np.array([-1.0, 1.0])


@pytest.mark.parametrize(("rate", "rises"), [(0.3, 0), (0.9, 0), (1.1, 6)])
def test_of_a_parabola_the_bound_is_exact(rate, rises):
    certify = fastbp.Certify()
    line(rate).fit(*LINE, epochs=6, callbacks=certify)
    found = certify.certificate
    assert (found.steps, found.rises) == (6, rises)
    assert found.bound == pytest.approx(1 / rate, rel=1e-10) and 2 / found.curvature == pytest.approx(1, rel=1e-10)
    # The error grows by 1.2 a step, the cost by its square.
    assert [rise.after / rise.before for rise in certify.rises] == pytest.approx([1.44] * rises, rel=1e-10)
    assert [rise.share for rise in certify.rises] == pytest.approx([0.5 / rate] * rises, rel=1e-10)
    assert found.largest_rise == pytest.approx(max((rise.rise for rise in certify.rises), default=0), rel=1e-12)


def test_the_layer_whose_step_was_too_large_is_told(caplog):
    trainer = make(fastbp.SGD(0.05, layer_rates=(1.0, 400.0)), batch_size=None, dtype="float64")
    with caplog.at_level(logging.INFO, "fastbp"):
        certify = fastbp.Certify()
        trainer.fit(X, LABELS, epochs=3, callbacks=certify)
    first = certify.rises[0]
    assert (first.step, first.layer) == (1, 1) and 0 < first.share < 1
    assert [record.getMessage() for record in caplog.records if "the cost rose" in record.getMessage()] == [*map(str, certify.rises)]


def test_costs_are_those_of_the_trainer():
    trainer, costs = make(fastbp.SGD(8.0), batch_size=None), []
    costs.append(trainer.evaluate(X, LABELS)["loss"])
    certify = fastbp.Certify()
    trainer.fit(X, LABELS, epochs=N_STEPS, callbacks=[certify, lambda run: costs.append(run.evaluate(X, LABELS)["loss"])])
    rose = [step + 1 for step in range(N_STEPS) if costs[step + 1] > costs[step] * (1 + 1e-5)]
    assert rose and rose == [rise.step for rise in certify.rises]
    assert [rise.after for rise in certify.rises] == pytest.approx([costs[step] for step in rose], rel=1e-5)


@pytest.mark.parametrize("optimizer", [fastbp.SGD(20.0, momentum=0.5), fastbp.Adam(1.0), fastbp.SGD(1e30)], ids=str)
def test_backtracking_lets_no_rise_stay(optimizer):
    trainer, costs = make(optimizer, batch_size=None), []
    certify = fastbp.Certify(backtrack=True)
    trainer.fit(X, LABELS, epochs=N_STEPS, callbacks=[certify, lambda run: costs.append(trainer.loss_and_gradients(X, LABELS)[0])])
    assert certify.certificate.rises and certify.certificate.halvings >= certify.certificate.rises
    assert all(later <= earlier for earlier, later in itertools.pairwise(costs))
    # Each rise was of the whole step, before it was halved.
    assert all(rise.after > rise.before or np.isnan(rise.after) for rise in certify.rises)


def test_a_step_that_is_halved_is_that_of_half_the_learning_rate():
    trainer, half = line(1.2), line(0.6)
    trainer.fit(*LINE, epochs=1, callbacks=fastbp.Certify(backtrack=True))
    half.fit(*LINE, epochs=1)
    assert trainer.model.weights[0] == half.model.weights[0] and trainer.steps == 1


def test_without_backtracking_nothing_changes():
    plain, looked = make("momentum"), make("momentum")
    plain.fit(X, LABELS, epochs=3)
    looked.fit(X, LABELS, epochs=3, callbacks=fastbp.Certify(every=2))
    # What it remembers is part of the run.
    assert {key: value for key, value in bits(looked).items() if key[0] != "callbacks"} == {
        key: value for key, value in bits(plain).items() if key[0] != "callbacks"
    }


def test_mini_batches_are_compared_on_a_fixed_sample():
    trainer, certify = make("momentum"), fastbp.Certify(every=3, rows=20)
    trainer.fit(X, LABELS, epochs=3, callbacks=certify)
    assert certify.certificate.steps == 7 and trainer.steps == 21
    again = fastbp.Certify(every=3, rows=20)
    make("momentum").fit(X, LABELS, epochs=3, callbacks=again)
    assert again.rises == certify.rises and again.certificate == certify.certificate


@pytest.mark.parametrize("normalization", ["", "batch"])
@pytest.mark.parametrize("stop", [7, 9])
def test_a_run_that_was_stopped_goes_on_to_the_bit(tmp_path, stop, normalization):
    # Comparisons are after steps 3, 6, 9: step 7 is between two of them.
    def begun():
        model = fastbp.MLP([3, 6, 2], activation="tanh", normalization=normalization or None, seed=0)
        return fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.SGD(12.0, momentum=0.5), batch_size=8, seed=0)

    plain, whole = begun(), fastbp.Certify(every=3, rows=30, backtrack=True)
    plain.fit(X, LABELS, epochs=3, callbacks=whole)
    assert whole.certificate.halvings > 0
    trainer = begun()
    trainer.fit(
        X,
        LABELS,
        epochs=3,
        callbacks=[fastbp.Certify(every=3, rows=30, backtrack=True), StopAt(stop), fastbp.Checkpoint(tmp_path / "run", "1 h")],
    )
    again, rest = fastbp.Trainer.resume(tmp_path / "run"), fastbp.Certify(every=3, rows=30, backtrack=True)
    again.fit(X, LABELS, epochs=3 - again.epoch, callbacks=rest)
    assert bits(again) == bits(plain) and rest.rises == whole.rises and rest.certificate == whole.certificate
    # In the same process, too.
    trainer.fit(X, LABELS, epochs=3 - trainer.epoch, callbacks=fastbp.Certify(every=3, rows=30, backtrack=True))
    assert stop == 7 or bits(trainer)["model", "weights.0"] == bits(plain)["model", "weights.0"]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_bits_on_any_number_of_threads(threads):
    random = np.random.default_rng(0)
    rows = 30 if DISABLED else 200
    data = random.normal(size=(rows, 40)).astype(np.float32), random.integers(0, 4, rows)
    model = fastbp.MLP([40, 64, 4], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.SGD(30.0), batch_size=None, seed=0, threads=threads)
    certify = fastbp.Certify(backtrack=True)
    trainer.fit(*data, epochs=4, callbacks=certify)
    assert certify.certificate.halvings > 0
    found = certify.certificate, certify.rises, model.network.parameters.tobytes()
    assert _first.setdefault("found", found) == found


_first = {}


def test_an_interrupted_comparison_is_made_at_the_end():
    class Interrupt(fastbp.Callback):
        def steps_to_pause(self, run):
            if run.steps == 4:
                signal.raise_signal(signal.SIGINT)
            return 1

    certify, trainer = fastbp.Certify(backtrack=True), line(1.2)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(*LINE, epochs=9, callbacks=[certify, Interrupt()], on_interrupt="raise")
    assert certify.certificate.steps == trainer.steps == certify.certificate.rises


# With the JIT off NumPy tells of what leaves the range.
@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_after_divergence_it_counts_from_where_the_run_is():
    certify, trainer = fastbp.Certify(), make("sgd")
    with pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, LABELS, epochs=3, callbacks=[certify, TooFast(9)])
    assert certify.certificate.steps <= trainer.steps
    assert all(rise.step <= trainer.steps for rise in certify.rises)


@pytest.mark.parametrize(
    ("model", "settings", "certify", "message"),
    [
        ({"dropout": 0.1}, {}, {}, "the model has dropout"),
        ({"input_noise": 0.1}, {}, {}, "the model has dropout, or noise"),
        ({}, {"mixup": 0.2}, {}, "mixup is 0.2"),
        ({}, {"average": "ema"}, {"backtrack": True}, "average is"),
        ({}, {"optimizer": "lbfgs"}, {"backtrack": True}, "LBFGS looks for steps"),
    ],
)
def test_what_cannot_be_compared_is_refused(model, settings, certify, message):
    trainer = fastbp.Trainer(fastbp.MLP([3, 4, 2], seed=0, **model), loss="cross_entropy", seed=0, **settings)
    before = trainer.model.network.parameters.copy()
    with pytest.raises(ValueError, match=message):
        trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.Certify(**certify))
    assert trainer.steps == 0 and np.array_equal(before, trainer.model.network.parameters)


@pytest.mark.parametrize(("arguments", "error"), [({"every": 0}, ValueError), ({"rows": 0}, ValueError), ({"backtrack": 1}, TypeError)])
def test_arguments(arguments, error):
    with pytest.raises(error, match=next(iter(arguments))):
        fastbp.Certify(**arguments)
