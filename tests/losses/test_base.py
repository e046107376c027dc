import itertools

import numpy as np
import pytest
from cases import close

import fastbp
from fastbp.losses import LOSSES
from fastbp.verification import reference
from fastbp.verification.problems import net_after_training, random_inputs, random_model, random_targets, random_weights

DTYPES = ["float32", "float64"]
CASES = [case for cls in LOSSES.values() for case in cls.cases()]
PAIRS = [(loss, output) for loss in CASES for output in loss.outputs()]
CROSS_ENTROPIES = ["cross_entropy", "binary_cross_entropy"]


def trainer_on_logits(loss, output, columns, dtype):
    """A trainer of a model whose logits are its inputs."""
    model = fastbp.MLP([columns, columns], output_activation=output, init=([np.eye(columns)], [np.zeros(columns)]), dtype=dtype)
    return fastbp.Trainer(model, loss=loss)


def rows_of(trainer, logits, targets):
    """Loss and gradient with respect to the logits, row by row: a row's gradient is that of the biases when it is alone."""
    found = [trainer.loss_and_gradients(z[np.newaxis], t[np.newaxis]) for z, t in zip(logits, targets, strict=True)]
    return np.array([loss for loss, _, _ in found]), np.array([biases[0] for _, _, biases in found])


def check_rows(loss, output, logits, targets, dtype):
    logits, targets = (array.astype(dtype) for array in (logits, targets))
    values, gradients = rows_of(trainer_on_logits(loss, output, logits.shape[1], dtype), logits, targets)
    wanted = loss.reference(logits.astype(np.float64), targets.astype(np.float64), output)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(values, wanted[0], rtol=16 * eps, atol=4 * eps)
    # p - t cancels where they nearly agree, and p (1 - p) next to p = 1: the error is relative to the largest number of the row.
    scale = np.maximum(np.abs(wanted[1]).max(axis=1, keepdims=True), 1)
    np.testing.assert_allclose(gradients / scale, wanted[1] / scale, rtol=0, atol=8 * eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "output"), PAIRS, ids=str)
def test_values_and_gradients_follow_the_oracle(loss, output, dtype):
    logits = np.concatenate([np.random.default_rng(1).normal(0, scale, (20, 5)) for scale in (0.1, 1, 5)])
    check_rows(loss, output, logits, random_targets(loss, len(logits), 5), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "output"), [(loss, output) for loss, output in PAIRS if not output.steep], ids=str)
def test_extreme_logits_follow_the_oracle(loss, output, dtype):
    grows = "exponential" in (output.name, loss.output_activation.name)
    places = [-80.0, -20.0, 0.0, 5.0, 20.0] if grows else [-1e4, -80.0, 0.0, 80.0, 1e4]
    logits = np.array(list(itertools.product(places, repeat=3)))
    targets = np.eye(3)[np.arange(len(logits)) % 3] + (loss.name == "gamma")
    check_rows(loss, output, logits, targets, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", CROSS_ENTROPIES)
def test_probability_targets_at_extreme_logits_follow_the_oracle(loss, dtype):
    logits = np.array(list(itertools.product([-1e4, -80.0, 0.0, 80.0, 1e4], repeat=2)))
    check_rows(LOSSES[loss](), fastbp.Identity(), logits, np.tile([0.25, 0.75], (len(logits), 1)), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_confident_right_answer_keeps_the_digits_of_its_binary_loss(dtype):
    trainer = trainer_on_logits("binary_cross_entropy", "identity", 1, dtype)
    for z in (5.0, 20.0, 50.0, 80.0):
        np.testing.assert_allclose(trainer.loss_and_gradients([[z]], [1])[0], np.log1p(np.exp(-z)), rtol=16 * np.finfo(dtype).eps)
        np.testing.assert_allclose(trainer.loss_and_gradients([[-z]], [0])[0], np.log1p(np.exp(-z)), rtol=16 * np.finfo(dtype).eps)


@pytest.mark.parametrize("loss", CROSS_ENTROPIES)
def test_logits_and_probabilities_as_output_give_the_same_loss(loss):
    X, t = random_inputs(9, 4), random_targets(loss, 9, 3)
    named = fastbp.Trainer(random_model([4, 5, 3], output_activation=LOSSES[loss].output_activation()), loss=loss)
    logits = fastbp.Trainer(random_model([4, 5, 3], output_activation="identity"), loss=loss)
    for one, other in zip(named.loss_and_gradients(X, t), logits.loss_and_gradients(X, t), strict=True):
        np.testing.assert_equal(one, other)


@pytest.mark.parametrize("dtype", DTYPES)
def test_labels_give_the_loss_of_one_hot_rows(dtype):
    X, labels = random_inputs(30, 4), np.arange(30) % 3
    trainer = fastbp.Trainer(random_model([4, 5, 3], dtype=dtype), loss="cross_entropy")
    found, wanted = trainer.loss_and_gradients(X, labels), trainer.loss_and_gradients(X, np.eye(3)[labels])
    eps = float(np.finfo(dtype).eps)
    assert found[0] == pytest.approx(wanted[0], rel=8 * eps)
    close([*found[1], *found[2]], [*wanted[1], *wanted[2]], rtol=16 * eps)
    assert trainer.evaluate(X, labels) == pytest.approx(trainer.evaluate(X, np.eye(3)[labels]), rel=8 * eps)


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "i8", "f4", "f8", "u4", "?"])
def test_labels_of_any_number_type_mean_the_same(kind):
    X, labels = random_inputs(12, 3), np.arange(12) % 2
    trainer = fastbp.Trainer(random_model([3, 4, 2]), loss="cross_entropy")
    np.testing.assert_equal(trainer.loss_and_gradients(X, labels.astype(kind)), trainer.loss_and_gradients(X, labels))


@pytest.mark.parametrize("loss", CASES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_sample_weights_give_the_weighted_mean(loss, dtype):
    X, t, w = random_inputs(23, 4), random_targets(loss, 23, 3), random_weights(23)
    trainer = fastbp.Trainer(random_model([4, 5, 3], dtype=dtype), loss=loss)
    value, weights, biases = trainer.loss_and_gradients(X, t, w)
    wanted = reference.loss_and_gradients(reference.net_of(trainer.model), loss, X, t, w)
    rtol = 64 * float(np.finfo(dtype).eps)
    assert value == pytest.approx(wanted[0], rel=rtol)
    assert trainer.evaluate(X, t, w)["loss"] == pytest.approx(wanted[0], rel=rtol)
    close([*weights, *biases], [*wanted[1], *wanted[2]], rtol=rtol)


@pytest.mark.parametrize("loss", CASES, ids=str)
def test_a_row_of_weight_two_counts_as_two_rows(loss):
    X, t, counts = random_inputs(6, 4), random_targets(loss, 6, 3), np.array([1, 2, 0, 3, 1, 1])
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss=loss)
    weighted = trainer.loss_and_gradients(X, t, counts)
    repeated = trainer.loss_and_gradients(np.repeat(X, counts, axis=0), np.repeat(t, counts, axis=0))
    assert weighted[0] == pytest.approx(repeated[0], rel=1e-14)
    close([*weighted[1], *weighted[2]], [*repeated[1], *repeated[2]], rtol=1e-13)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_only_the_ratios_of_weights_matter(scale):
    X, t, w = random_inputs(9, 4), random_targets("squared_error", 9, 3), random_weights(9)
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss="squared_error")
    assert trainer.loss_and_gradients(X, t, scale * w)[0] == pytest.approx(trainer.loss_and_gradients(X, t, w)[0], rel=1e-13)
    assert trainer.evaluate(X, t, scale * w)["loss"] == pytest.approx(trainer.evaluate(X, t, w)["loss"], rel=1e-13)


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_whose_sum_overflows_are_refused_or_give_the_mean(dtype):
    X, t, w = random_inputs(3, 4), random_targets("squared_error", 3, 3), np.full(3, 0.9 * float(np.finfo(dtype).max))
    trainer = fastbp.Trainer(random_model([4, 5, 3], dtype=dtype), loss="squared_error")
    try:
        found = trainer.loss_and_gradients(X, t, w)[0]
    except ValueError:
        return
    assert found == pytest.approx(trainer.loss_and_gradients(X, t)[0], rel=1e-6)


def test_a_batch_whose_weights_are_all_zero_changes_nothing():
    X, t = random_inputs(6, 4), random_targets("squared_error", 6, 3)
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss="squared_error", optimizer="sgd", batch_size=3, shuffle=False)
    # The mean weight is 1/2, and that of the second batch twice as much.
    alone = fastbp.Trainer(random_model([4, 5, 3]), loss="squared_error", optimizer=fastbp.SGD(0.02))
    trainer.fit(X, t, epochs=1, sample_weight=[0, 0, 0, 1, 1, 1])
    alone.step(X[3:], t[3:])
    close(trainer.model.weights, alone.model.weights, rtol=1e-13)


def test_weights_apply_within_each_batch_of_fit():
    X, t, w = random_inputs(11, 4), random_targets("cross_entropy", 11, 3), random_weights(11)
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss="cross_entropy", batch_size=4, shuffle=False)
    net, losses = net_after_training(trainer, X, t, epochs=3, batch_size=4, sample_weight=w)
    history = trainer.fit(X, t, epochs=3, sample_weight=w)
    close([*trainer.model.weights, *trainer.model.biases], net.parameters, rtol=1e-13)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-13)


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 1000])
@pytest.mark.parametrize("loss", CASES, ids=str)
def test_evaluate_gives_the_loss_of_the_whole_set_whatever_its_size(loss, rows):
    X, t = random_inputs(rows, 4), random_targets(loss, rows, 3)
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss=loss)
    wanted = reference.losses(reference.net_of(trainer.model), loss, X, t).sum()
    assert trainer.evaluate(X, t)["loss"] == pytest.approx(wanted, rel=1e-13)
    assert trainer.loss_and_gradients(X, t)[0] == pytest.approx(wanted, rel=1e-13)


def test_accuracy_is_the_weighted_share_of_right_answers():
    X, labels, w = random_inputs(300, 4), np.arange(300) % 3, random_weights(300)
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss="cross_entropy")
    right = trainer.model.predict(X).argmax(axis=1) == labels
    assert trainer.evaluate(X, labels)["accuracy"] == pytest.approx(right.mean(), rel=1e-12)
    assert trainer.evaluate(X, np.eye(3)[labels], w)["accuracy"] == pytest.approx((w * right).sum() / w.sum(), rel=1e-12)


def test_binary_accuracy_counts_outputs():
    X, t = random_inputs(50, 4), np.random.default_rng(5).integers(0, 2, (50, 3))
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss="binary_cross_entropy")
    right = (trainer.model.predict(X) > 0.5) == t
    assert trainer.evaluate(X, t)["accuracy"] == pytest.approx(right.mean(), rel=1e-12)
