"""Targets that are missing, and weights of classes: what training makes of them."""

import numba
import numpy as np
import own_functions as own
import pytest
from cases import close

import fastbp
from fastbp.losses import LOSSES
from fastbp.verification import reference
from fastbp.verification.problems import random_inputs, random_model, random_targets

DTYPES = {"float64": 1e-12, "float32": 1e-5}
ROWS = [1, 5, 40, 700]
ELEMENTWISE = [case for cls in LOSSES.values() for case in cls.cases() if case.elementwise]
OWN = [
    fastbp.CustomLoss(own.cubed_error, own.cubed_error_derivative),
    fastbp.CustomLoss(own.uneven_error, own.uneven_error_derivative),
]


def problem(loss, rows, dtype="float64"):
    """A trainer, inputs, targets of which some are missing, and where."""
    model = random_model([4, 7, 3], activation="tanh", dtype=dtype, seed=1)
    trainer = fastbp.Trainer(model, loss=loss, missing_targets="ignore", batch_size=None, threads=1, seed=0)
    X, t = random_inputs(rows, 4, dtype=dtype), random_targets(loss, rows, 3, dtype=dtype)
    missing = np.random.default_rng(rows).random(t.shape) < 0.4
    missing[0, :2] = True, False
    t[missing] = np.nan
    return trainer, X, t, missing


def by_hand(trainer, X, t, missing):
    """Loss and gradients with the missing entries dropped: row losses and slopes of the reference, output by output."""
    net, loss = reference.net_of(trainer.model), trainer.loss
    done = reference.forward(net, X)
    z, columns = done.logits[-1].astype(np.float64), t.shape[1]
    filled, total, deltas = np.where(missing, 1.0, t).astype(np.float64), 0.0, np.zeros(z.shape)
    output = net.activations[-1]
    for j in range(columns):
        values, slopes = loss.reference(z[:, j : j + 1], filled[:, j : j + 1], output)
        present = ~missing[:, j]
        total += values[present].sum() / columns
        deltas[present, j] = slopes[present, 0] / columns
    deltas /= len(X)
    gradients = [done.outputs[-2].T @ deltas, deltas.sum(axis=0)]
    return total / len(X), gradients


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("loss", [*ELEMENTWISE, *OWN], ids=str)
def test_missing_targets_lose_nothing_and_pull_at_nothing(loss, rows, dtype):
    trainer, X, t, missing = problem(loss, rows, dtype)
    wanted, (dW, db) = by_hand(trainer, X, t, missing)
    found, weights, biases = trainer.loss_and_gradients(X, t)
    assert found == pytest.approx(wanted, rel=DTYPES[dtype])
    close([weights[-1], biases[-1]], [dW, db], rtol=DTYPES[dtype])
    scores = trainer.evaluate(X, t)
    assert scores["loss"] == pytest.approx(wanted, rel=DTYPES[dtype]) and ("accuracy" in scores) == bool(trainer.loss.answers(3))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [1, 5, 700])
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "hinge"])
def test_accuracy_is_of_the_targets_that_are_there(loss, rows, weighted):
    trainer, X, t, missing = problem(LOSSES[loss](), rows)
    t, weights = np.where(missing, np.nan, t > 0.5), np.random.default_rng(2).uniform(0.5, 2, rows) if weighted else None
    yes = trainer.model.predict(X) > (0.5 if loss == "binary_cross_entropy" else 0)
    share = np.broadcast_to(np.ones(rows) if weights is None else weights, (3, rows)).T
    wanted = np.average((yes == t)[~missing], weights=share[~missing])
    assert trainer.evaluate(X, t, weights)["accuracy"] == pytest.approx(wanted, rel=1e-12)
    assert trainer.fit(X, t, epochs=1, validation_data=(X, t)).val_accuracy[-1] > 0
    assert np.isnan(trainer.evaluate(X, np.full(t.shape, np.nan))["accuracy"])


@pytest.mark.parametrize("loss", [*ELEMENTWISE, *OWN], ids=str)
def test_without_missing_ones_it_is_the_loss_as_it_is(loss):
    trainer, X, _, _ = problem(loss, 40)
    t = random_targets(loss, 40, 3)
    plain = fastbp.Trainer(trainer.model, loss=loss, threads=1)
    found, wanted = trainer.loss_and_gradients(X, t), plain.loss_and_gradients(X, t)
    assert found[0] == pytest.approx(wanted[0], rel=1e-14)
    close([*found[1], *found[2]], [*wanted[1], *wanted[2]], rtol=1e-13)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread")
@pytest.mark.parametrize("rows", [5, 40, 700])
@pytest.mark.parametrize("loss", [*ELEMENTWISE, *OWN], ids=str)
def test_two_threads_give_the_bits_of_one(loss, rows):
    found = []
    for threads in (1, 2):
        model = random_model([4, 7, 3], activation="tanh", dtype="float32", seed=1)
        trainer = fastbp.Trainer(
            model, loss=loss, optimizer="adam", missing_targets="ignore", batch_size=rows // 2 + 1, threads=threads, seed=0
        )
        _, X, t, _ = problem(loss, rows, "float32")
        found.append((trainer.fit(X, t, epochs=2).loss, model.network.parameters.tobytes()))
    assert found[0] == found[1]


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=str)
def test_a_batch_without_any_target_changes_nothing(loss):
    trainer, X, t, _ = problem(loss, 20)
    before = trainer.model.network.parameters.tobytes()
    history = trainer.fit(X, np.full(t.shape, np.nan), epochs=2)
    assert history.loss == [0, 0] and trainer.model.network.parameters.tobytes() == before
    assert trainer.evaluate(X[:1], t[:1] * np.nan)["loss"] == 0


def test_levels_of_a_quantile_share_a_missing_target():
    model = random_model([3, 5, 4], dtype="float64", output_activation="identity")
    trainer = fastbp.Trainer(model, loss=fastbp.Quantile([0.1, 0.6]), missing_targets="ignore")
    X, t = random_inputs(12, 3), random_targets("squared_error", 12, 2)
    t[::3, 1] = np.nan
    _, _, (*_, db) = trainer.loss_and_gradients(X, t)
    alone = fastbp.Trainer(model, loss=fastbp.Quantile([0.1, 0.6])).loss_and_gradients(X, np.nan_to_num(t))[2][-1]
    assert db[:2] == pytest.approx(alone[:2]) and not np.allclose(db[2:], alone[2:])
    t[:, 1] = np.nan
    assert trainer.loss_and_gradients(X, t)[2][-1][2:].tolist() == [0, 0]


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=str)
def test_unless_told_otherwise_they_are_an_error_that_names_the_place(loss):
    trainer, X, t, _ = problem(loss, 20)
    strict = fastbp.Trainer(trainer.model, loss=loss)
    for call in (lambda: strict.fit(X, t, epochs=1), lambda: strict.step(X, t), lambda: strict.evaluate(X, t)):
        with pytest.raises(ValueError, match=r"y\[0, 0\] is nan"):
            call()
    # Infinite ones are never missing.
    t[3, 1] = np.inf
    with pytest.raises(ValueError, match=r"y\[3, 1\] is inf"):
        trainer.fit(X, t, epochs=1)


def test_losses_of_a_row_as_a_whole_have_no_missing_targets():
    for loss in (fastbp.CrossEntropy(), fastbp.CrossEntropy(0.1), fastbp.CategoricalFocal()):
        with pytest.raises(ValueError, match=f"missing_targets='ignore' is for losses that are means over outputs; loss='{loss.name}'"):
            fastbp.Trainer(fastbp.MLP([2, 2]), loss=loss, missing_targets="ignore")
    with pytest.raises(ValueError, match="missing_targets='drop' is not known; expected one of error, ignore"):
        fastbp.Trainer(fastbp.MLP([2, 1]), loss="huber", missing_targets="drop")


def test_a_run_with_missing_targets_is_saved_and_resumed(tmp_path):
    trainer, X, t, _ = problem("huber", 40)
    trainer.fit(X, t, epochs=2)
    trainer.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert again.missing_targets == "ignore"
    assert again.fit(X, t, epochs=2).loss == trainer.fit(X, t, epochs=2).loss


CLASSES = [("cross_entropy", 3, [0, 1, 2]), ("binary_cross_entropy", 1, [0, 1]), ("hinge", 1, [-1, 1]), ("focal", 1, [0, 1])]


@pytest.mark.parametrize("sample_weight", [False, True])
@pytest.mark.parametrize("weights", ["balanced", "by label"])
@pytest.mark.parametrize(("loss", "outputs", "labels"), CLASSES)
def test_weights_of_classes_are_weights_of_their_rows(loss, outputs, labels, weights, sample_weight):
    X, random = random_inputs(50, 4), np.random.default_rng(3)
    y = np.array(labels)[random.choice(len(labels), 50, p=np.array([6, 2, 1][: len(labels)]) / sum([6, 2, 1][: len(labels)]))]
    by_label = {label: 50 / (len(labels) * (y == label).sum()) if weights == "balanced" else 1.0 + 2 * i for i, label in enumerate(labels)}
    own = random.uniform(0.5, 2, 50) if sample_weight else None
    rows = np.array([by_label[label] for label in y.tolist()]) * (1 if own is None else own / own.mean())
    given = "balanced" if weights == "balanced" else by_label
    one = fastbp.Trainer(random_model([4, 6, outputs]), loss=loss, seed=0, batch_size=16, class_weight=given)
    other = fastbp.Trainer(random_model([4, 6, outputs]), loss=loss, seed=0, batch_size=16)
    np.testing.assert_allclose(
        one.fit(X, y, epochs=3, sample_weight=own).loss, other.fit(X, y, epochs=3, sample_weight=rows).loss, rtol=1e-12
    )
    close(one.model.weights, other.model.weights, rtol=1e-12)
    # They are for training alone.
    assert one.evaluate(X, y) == fastbp.Trainer(one.model, loss=loss).evaluate(X, y)
