"""The learning rate range test: its losses are those of training with these rates, and nothing is left of it but what it found."""

import copy
import math
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from small_task import LABELS, OPTIMIZERS, SCHEDULED, TARGETS, Recorder, StopAt, X, bits, make, saved, told_in_another_thread

import fastbp
from fastbp.data.order import epoch_order
from fastbp.optimizers import OPTIMIZERS as ALL
from fastbp.training.range_test import RangeTest, _steepest, _until_too_much

WITHOUT = ["rprop", "irprop_minus"]
WITH = [name for name in ALL if name not in WITHOUT]


def by_hand(trainer, rates, *data):
    """The losses of single steps with these rates, on the batches of the epochs to come."""
    losses, batch, epoch = [], trainer.batch_size or len(data[0]), trainer.epoch
    while len(losses) < len(rates):
        order = epoch_order(trainer.seed, epoch, len(data[0])) if trainer.batch_size else np.arange(len(data[0]))
        for begin in range(0, len(data[0]), batch):
            if len(losses) < len(rates):
                trainer.optimizer.learning_rate = float(rates[len(losses)])
                rows = order[begin : begin + batch]
                losses.append(trainer.step(*(each[rows] for each in data)))
        epoch += 1
    return losses


@pytest.mark.parametrize("batch_size", [8, None])
@pytest.mark.parametrize("name", WITH)
def test_losses_are_those_of_steps_with_these_rates(name, batch_size):
    trainer = make(ALL[name](), batch_size=batch_size)
    trainer.fit(X, LABELS, epochs=3)
    found = trainer.learning_rate_range_test(X, LABELS, lowest=1e-3, highest=0.1, steps=40)
    np.testing.assert_allclose(found.learning_rates, np.logspace(-3, -1, 40)[: len(found.losses)], rtol=1e-14)
    assert len(found.losses) > 20 and found.losses.tolist() == by_hand(trainer, found.learning_rates, X, LABELS)


def test_each_step_has_the_mean_of_its_and_all_losses_before():
    found = make().learning_rate_range_test(X, LABELS, steps=60)
    assert len(found.learning_rates) == len(found.losses) == len(found.smoothed) <= 60
    shares = [0.98 ** np.arange(i, -1, -1) for i in range(len(found.losses))]
    means = [(share * found.losses[: share.size]).sum() / share.sum() for share in shares]
    np.testing.assert_allclose(found.smoothed, means, rtol=1e-12)
    assert found.losses.dtype == found.smoothed.dtype == found.learning_rates.dtype == np.float64


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, *(name for name in SCHEDULED if "prop" not in name or "rms" in name)])
def test_nothing_changes(optimizer, tmp_path):
    """In the midst of an epoch, with data to be recognised and what callbacks remember."""
    trainer, plain = (make(optimizer, average="ema", accumulate=2) for _ in range(2))
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=4, callbacks=StopAt(11), validation_data=(X, LABELS))
    before, parameters, history = saved(trainer, tmp_path / "run"), trainer.model.network.parameters, trainer.history
    settings, rate = copy.copy(trainer.optimizer), trainer.optimizer.learning_rate
    for highest in (0.1, 1e30):
        trainer.learning_rate_range_test(X, LABELS, highest=highest, sample_weight=np.arange(50))
        assert saved(trainer, tmp_path / "run") == before
    assert trainer.model.network.parameters is parameters and trainer.history is history
    assert trainer.optimizer == settings and trainer.optimizer.learning_rate is rate
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=3, validation_data=(X, LABELS))
    assert bits(trainer) == bits(plain)


def test_nothing_changes_before_the_first_step(tmp_path):
    trainer = make(loss="squared_error")
    before = saved(trainer, tmp_path / "run")
    first, second = (trainer.learning_rate_range_test(X, TARGETS) for _ in range(2))
    assert saved(trainer, tmp_path / "run") == before and trainer.model.output_is_auto
    assert first.losses.tolist() == second.losses.tolist() and first.suggestion == second.suggestion


@pytest.mark.parametrize("name", WITHOUT)
def test_an_optimizer_whose_steps_find_their_size_is_refused(name, tmp_path):
    trainer = make(ALL[name](), batch_size=None)
    before = saved(trainer, tmp_path / "run")
    with pytest.raises(ValueError, match=f"{name} has no learning rate that counts at each step"):
        trainer.learning_rate_range_test(X, LABELS)
    assert saved(trainer, tmp_path / "run") == before


def failing(step):
    """A weight decay that cannot be had after 80 steps."""
    return 0.0 if step <= 80 else 1 / 0


def test_an_error_on_the_way_changes_nothing(tmp_path):
    trainer = make(fastbp.SGD(0.1))
    trainer.fit(X, LABELS, epochs=1)
    before = saved(trainer, tmp_path / "run")
    trainer.optimizer.weight_decay = failing
    with pytest.raises(ZeroDivisionError):
        trainer.learning_rate_range_test(X, LABELS, steps=200)
    trainer.optimizer.weight_decay = 0.0
    assert saved(trainer, tmp_path / "run") == before and trainer.model.turns.users == []


def test_bad_data_and_bad_weights_are_told():
    trainer = make()
    with pytest.raises(ValueError, match=r"y has 49"):
        trainer.learning_rate_range_test(X, LABELS[:49])
    trainer.model.weights[1][0, 0] = np.nan
    with pytest.raises(ValueError, match=r"the loss of the first step, at a learning rate of 1e-07, is not finite"):
        trainer.learning_rate_range_test(X, LABELS)


@pytest.mark.skipif(os.name != "posix", reason="other systems send no signals to themselves")
def test_ctrl_c_ends_it_and_changes_nothing(tmp_path):
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    before, begin = saved(trainer, tmp_path / "run"), time.monotonic()
    for delay in (0.05, 0.2, 0.5):
        sender = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            sender.start()
            trainer.learning_rate_range_test(X, LABELS, highest=1e-6, steps=2_000_000)
        sender.join()
        assert saved(trainer, tmp_path / "run") == before and trainer.model.turns.users == []
    assert time.monotonic() - begin < 30


def test_the_rates_of_other_schedules_follow_the_steps_of_the_test():
    decay = fastbp.PolynomialDecay(0.5)
    trainer, other = make(fastbp.SGD(weight_decay=decay)), make(fastbp.SGD(0.1))
    found = trainer.learning_rate_range_test(X, LABELS, lowest=0.01, highest=0.1, steps=20)
    losses = []
    for i, rate in enumerate(found.learning_rates):
        other.optimizer.weight_decay = 0.5 * (1 - i / 20)
        other.optimizer.learning_rate = float(rate)
        losses.append(other.step(X[order_of(i)], LABELS[order_of(i)]))
    assert found.losses.tolist() == losses


def order_of(step):
    """The rows of a step of eight."""
    return epoch_order(0, step // 7, 50)[step % 7 * 8 : (step % 7 + 1) * 8]


def test_it_goes_on_from_the_weights_that_training_does_in_batches_as_large():
    averaged, plain = make(average="ema", accumulate=2, shuffle=False), make(batch_size=16, shuffle=False)
    for each in (averaged, plain):
        each.fit(X, LABELS, epochs=3)
    assert averaged.learning_rate_range_test(X, LABELS).losses.tolist() == plain.learning_rate_range_test(X, LABELS).losses.tolist()


def test_what_follows_the_history_stays_where_it_is():
    plateau = fastbp.Plateau(0.8, 0.5, patience=0, min_delta=100.0)
    trainer, plain = make(fastbp.SGD(plateau, weight_decay=plateau)), make(fastbp.SGD(0.8, weight_decay=0.8))
    trainer.fit(X, LABELS, epochs=3)
    for rate in (0.8, 0.8, 0.4):
        plain.optimizer.learning_rate = plain.optimizer.weight_decay = rate
        plain.fit(X, LABELS, epochs=1)
    plain.optimizer.weight_decay = 0.2
    found, wanted = (each.learning_rate_range_test(X, LABELS, lowest=0.01) for each in (trainer, plain))
    assert found.losses.tolist() == wanted.losses.tolist()


def test_threads_change_no_bit():
    one, two, free = (make(hidden=700, threads=threads).learning_rate_range_test(X, LABELS) for threads in (1, 2, None))
    assert one.losses.tobytes() == two.losses.tobytes() == free.losses.tobytes()


def test_weights_of_rows_count():
    plain, same, other = (make().learning_rate_range_test(X, LABELS, sample_weight=w) for w in (None, np.ones(50), 1 + np.arange(50)))
    assert plain.losses.tolist() == same.losses.tolist() != other.losses.tolist()


def test_classes_weigh_what_they_do_in_training():
    of_class, of_rows = make(class_weight={0: 5.0, 1: 1.0}), make()
    found = of_class.learning_rate_range_test(X, LABELS), of_rows.learning_rate_range_test(X, LABELS, sample_weight=5 - 4.0 * LABELS)
    assert found[0].losses.tolist() == found[1].losses.tolist()


def test_the_output_is_that_of_the_loss_whoever_else_has_the_model():
    first, plain = make(), make()
    fastbp.Trainer(first.model, loss="squared_error")
    found = first.learning_rate_range_test(X, LABELS)
    assert found.losses.tolist() == plain.learning_rate_range_test(X, LABELS).losses.tolist()
    assert str(first.model.output_activation) == "identity"


class Within(Recorder):
    """Makes the test in the midst of a fit."""

    def __init__(self, trainer):
        super().__init__()
        self.trainer = trainer

    def on_epoch_end(self, run):
        self.found = self.trainer.learning_rate_range_test(X, LABELS)


def test_a_callback_may_make_it_and_other_threads_may_not():
    trainer, plain = make(), make()
    callback = Within(trainer)
    trainer.fit(X, LABELS, epochs=3, callbacks=callback)
    plain.fit(X, LABELS, epochs=3)
    assert bits(trainer) == bits(plain)
    # The last was made when the epochs were done.
    assert callback.found.losses.tolist() == plain.learning_rate_range_test(X, LABELS).losses.tolist()
    errors = told_in_another_thread(trainer, lambda: trainer.learning_rate_range_test(X, LABELS))
    assert len(errors) == 1 and "fit in thread 'MainThread' is training the model; learning_rate_range_test in thread" in errors[0]


def test_where_the_loss_explodes_it_ends():
    found = make(fastbp.SGD()).learning_rate_range_test(X, LABELS, highest=1e30)
    assert np.isfinite(found.losses).all() and 10 < len(found.losses) < 60
    assert (found.smoothed[:-1] <= 4 * np.minimum.accumulate(found.smoothed[:-1])).all()


ENDS = [
    ([1.0, 0.5, 0.25], 3),
    ([1.0, math.nan, 0.25], 1),
    ([1.0, 1.0, math.inf, 0.25], 2),
    ([math.nan], 0),
    # The mean of 1, 1 and 20 is above four times 1; that of 1, 1 and 4 is not.
    ([1.0, 1.0, 20.0, 0.25], 3),
    ([1.0, 1.0, 4.0, 0.25], 4),
    # The mean of -1, -1 and 20 is above -1 by more than 3; that of -1, -1 and 4 is not.
    ([-1.0, -1.0, 20.0, 0.25], 3),
    ([-1.0, -1.0, 4.0, 0.25], 4),
    ([-1.0, -2.0, -1.5], 3),
]


@pytest.mark.parametrize(("losses", "taken"), ENDS, ids=str)
def test_when_it_ends(losses, taken):
    found, smoothed = _until_too_much(losses)
    assert found.tolist() == losses[:taken] and len(smoothed) == taken


RATES = np.logspace(-5, 0, 20)


def test_the_suggestion_is_where_the_mean_falls_fastest():
    smoothed = np.full(20, 5.0)
    smoothed[8:] = [4.9, 4.0, 3.0, 2.5, 2.5, 2.5, 2.4, 2.3, 3.0, 4.0, 5.0, 0.0]
    # Between the steps around the place it falls by 1.9; from 5 to 0 at the end it falls by more.
    assert _steepest(RATES, smoothed) == RATES[9]
    # In the first tenth it does not count.
    smoothed[0] = 100.0
    assert _steepest(RATES, smoothed) == RATES[9]


@pytest.mark.parametrize("smoothed", [np.arange(20.0), np.ones(20), np.ones(2), np.ones(1)], ids=len)
def test_there_may_be_none(smoothed):
    assert _steepest(RATES[: len(smoothed)], smoothed) is None
    none = RangeTest(RATES[: len(smoothed)], smoothed, smoothed, None)
    assert repr(none).endswith("suggestion none)")


def test_it_is_one_line_when_printed():
    found = make(fastbp.SGD()).learning_rate_range_test(X, LABELS, lowest=1e-4, highest=1.0, steps=50)
    assert isinstance(found, fastbp.RangeTest)
    assert repr(found) == f"RangeTest(50 steps, learning rates 0.0001 to 1, suggestion {found.suggestion:.3g})"


def test_it_is_drawn():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = make().learning_rate_range_test(X, LABELS)
    figure, given = pyplot.subplots()
    assert found.plot(given) is given and found.plot().figure is not figure
    losses, smoothed, line = given.lines
    assert np.array_equal(losses.get_ydata(), found.losses) and np.array_equal(losses.get_xdata(), found.learning_rates)
    assert np.array_equal(smoothed.get_ydata(), found.smoothed) and line.get_xdata()[0] == found.suggestion
    assert given.get_xscale() == "log" and given.get_xlabel() == "learning rate"
    assert len(RangeTest(RATES, RATES, RATES, None).plot(pyplot.subplots()[1]).lines) == 2
    figure.savefig(os.devnull, format="png")
    pyplot.close("all")


def test_without_matplotlib_it_says_what_is_missing():
    code = (
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "import numpy as np\n"
        "from fastbp import RangeTest\n"
        "try:\n"
        "    RangeTest(np.ones(2), np.ones(2), np.ones(2), None).plot()\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("plot needs matplotlib (") and "pip install 'fastbp[plot]'" in done.stdout
