"""The doctor finds what was planted, finds nothing in healthy runs, and leaves its patients as they were."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from patients import ALSO, ILL, digits, trainer_of
from small_task import LABELS, OPTIMIZERS, SCHEDULED, TARGETS, Recorder, StopAt, X, bits, make, saved, told_in_another_thread

import fastbp
from fastbp.losses import LOSSES
from fastbp.optimizers import OPTIMIZERS as ALL


def names(diagnosis):
    return {finding.name for finding in diagnosis.findings}


@pytest.mark.parametrize("ill", ILL)
def test_what_is_planted_is_found(ill):
    make_one, name = ILL[ill]
    diagnosis = make_one()
    diagnosis = diagnosis[0].diagnose(*diagnosis[1:])
    assert name in names(diagnosis) and names(diagnosis) <= {name} | ALSO.get(ill, set())
    (finding,) = [finding for finding in diagnosis.findings if finding.name == name]
    assert finding.what.endswith(".") and finding.advice.endswith(".") and ". " not in finding.advice
    assert finding.name in fastbp.diagnosis.__doc__


def test_every_illness_that_is_listed_is_planted():
    listed = fastbp.diagnosis.__doc__.split("====\n")[2].split("\n====")[0]
    assert {line[:36].strip() for line in listed.splitlines()} == {name for _, name in ILL.values()}


def scaled(name):
    import sklearn.datasets

    X, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9)
    return X, (y - y.mean()) / y.std() if name == "diabetes" else y


HEALTHY = {
    "digits": (digits, lambda: trainer_of()),
    "digits_batch": (digits, lambda: trainer_of((64, 64, 64, 10), activation="gelu", normalization="batch", dropout=0.2)),
    "digits_sgd": (digits, lambda: trainer_of(optimizer=fastbp.SGD(0.1, momentum=0.9), average="ema")),
    "wine": (lambda: scaled("wine"), lambda: trainer_of((13, 16, 3), activation="tanh")),
    "iris": (lambda: scaled("iris"), lambda: trainer_of((4, 16, 3), activation="sigmoid", optimizer=fastbp.Adam(0.01))),
    "cancer": (lambda: scaled("breast_cancer"), lambda: trainer_of((30, 16, 1), loss="binary_cross_entropy", optimizer=fastbp.SGD(0.1))),
    "diabetes": (lambda: scaled("diabetes"), lambda: trainer_of((10, 16, 1), loss="squared_error")),
    "diabetes_cosine": (
        lambda: scaled("diabetes"),
        lambda: trainer_of((10, 16, 1), loss="huber", activation="elu", optimizer=fastbp.AdamW(fastbp.OneCycle(0.01))),
    ),
}


@pytest.mark.parametrize("healthy", HEALTHY)
def test_nothing_is_found_in_healthy_runs(healthy):
    data, build = HEALTHY[healthy]
    trainer = build()
    for epochs in (0, 1, 29):
        if epochs:
            trainer.fit(*data(), epochs=epochs)
        diagnosis = trainer.diagnose(*data())
        assert diagnosis.findings == (), diagnosis
    assert trainer.history.loss[-1] < 0.8 * trainer.history.loss[0]


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, *SCHEDULED])
def test_nothing_changes(optimizer, tmp_path):
    batch_size = None if "prop" in optimizer and "rms" not in optimizer else 8
    between = {} if batch_size is None else {"average": "ema", "accumulate": 2}
    trainer, plain = (make(optimizer, between="batch", batch_size=batch_size, **between) for _ in range(2))
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=4, callbacks=StopAt(3), validation_data=(X, LABELS))
    before, parameters, history = saved(trainer, tmp_path / "run"), trainer.model.network.parameters, trainer.history
    first, second = (trainer.diagnose(X, LABELS, np.arange(50)) for _ in range(2))
    assert str(first) == str(second)
    assert saved(trainer, tmp_path / "run") == before
    assert trainer.model.network.parameters is parameters and trainer.history is history
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=3, validation_data=(X, LABELS))
    assert bits(trainer) == bits(plain)


def test_nothing_changes_before_the_first_step(tmp_path):
    trainer = make(loss="squared_error")
    before = saved(trainer, tmp_path / "run")
    trainer.diagnose(X, TARGETS)
    assert saved(trainer, tmp_path / "run") == before and trainer.model.output_is_auto


def targets_of(loss):
    return loss.reference_targets(np.random.default_rng(0), 50, 2)


@pytest.mark.parametrize("between", ["", "batch", "layer"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss, between):
    for case in LOSSES[loss].cases():
        trainer = make(loss=case, between=between)
        diagnosis = trainer.diagnose(X, targets_of(case))
        assert np.isfinite(diagnosis.loss) and len(diagnosis.layers) == 2
        assert all(each.update_ratio > 0 and each.gradient_ratio > 0 for each in diagnosis.layers)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", [name for name in fastbp.activations.ACTIVATIONS if name != "softmax"])
def test_every_activation(activation, dtype):
    for case in fastbp.activations.ACTIVATIONS[activation].cases():
        diagnosis = make(activation=case, dtype=dtype).diagnose(X, LABELS)
        assert np.isfinite(diagnosis.loss) and "dead units" not in names(diagnosis)
        assert all(np.isfinite([each.output_mean, each.output_std, each.update_ratio]).all() for each in diagnosis.layers)


@pytest.mark.parametrize("optimizer", ALL)
def test_every_optimizer(optimizer):
    trainer = make(ALL[optimizer](), batch_size=None)
    assert all(each.update_ratio > 0 for each in trainer.diagnose(X, LABELS).layers)


def test_functions_of_users():
    own = fastbp.CustomActivation(lambda z: max(z, 0.0) ** 2, lambda z: 2 * max(z, 0.0))
    loss = fastbp.CustomLoss(lambda p, t: (p - t) ** 4, lambda p, t: 4 * (p - t) ** 3)
    trainer = make(loss=loss, activation=own)
    trainer.model.biases[0][:] = -100
    assert names(trainer.diagnose(X, TARGETS)) == {"dead units"}


def test_statistics_are_those_of_the_model():
    trainer = trainer_of(optimizer=fastbp.SGD(0.1))
    (P, y), model = digits(), trainer.model
    diagnosis = trainer.diagnose(P, y)
    assert (diagnosis.rows, diagnosis.n_rows, diagnosis.epoch, diagnosis.steps) == (1797, 1797, 0, 0)
    loss, dW, _ = trainer.loss_and_gradients(P, y)
    assert_allclose(diagnosis.loss, loss, rtol=1e-5)
    hidden = np.maximum(P @ model.weights[0].astype(float) + model.biases[0], 0)
    for layer, outputs in enumerate((hidden, model.predict(P))):
        found, W = diagnosis.layers[layer], model.weights[layer]
        assert (found.layer, found.n_in, found.n_out) == (layer, *W.shape)
        wanted = [W.mean(), W.std(), np.abs(W).max(), outputs.mean(), outputs.std(), np.linalg.norm(dW[layer]) / np.linalg.norm(W)]
        own = [found.weight_mean, found.weight_std, found.weight_largest, found.output_mean, found.output_std, found.gradient_ratio]
        assert_allclose(own, wanted, rtol=1e-4, atol=1e-6)
    assert diagnosis.layers[0].dead == (hidden == 0).all(axis=0).sum()


def test_the_update_is_that_of_a_step():
    """Of all rows, so that no order counts."""
    trainer, twin = (make(fastbp.SGD(0.1), batch_size=None) for _ in range(2))
    before = twin.model.get_weights()
    twin.step(X, LABELS)
    ratios = [np.linalg.norm(new - old) / np.linalg.norm(old) for new, old in zip(twin.model.weights, before[::2], strict=True)]
    assert_allclose([each.update_ratio for each in trainer.diagnose(X, LABELS).layers], ratios, rtol=1e-4)


def test_of_many_rows_some_are_looked_at():
    many, labels = np.tile(X, (100, 1)), np.tile(LABELS, 100)
    diagnosis = make().diagnose(many, labels)
    assert (diagnosis.rows, diagnosis.n_rows) == (2000, 5000) and "of 2,000 of 5,000 rows" in str(diagnosis)
    assert str(diagnosis) == str(make().diagnose(many, labels))


def enormous_weights(trainer):
    trainer.model.weights[0][:] = 1e30


def enormous_rate(trainer):
    trainer.optimizer = fastbp.SGD(1e30)


EXTREMES = {
    "weights": (enormous_weights, 1.0, {"vanishing gradients", "exploding gradients"}),
    "rate": (enormous_rate, 1.0, {"learning rate too large"}),
    "inputs": (lambda trainer: None, 1e30, {"unscaled inputs"}),
}


@pytest.mark.parametrize("extreme", EXTREMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_out_of_range_are_no_warnings(extreme, dtype):
    change, factor, wanted = EXTREMES[extreme]
    trainer = make(activation="relu", dtype=dtype)
    change(trainer)
    assert wanted <= names(trainer.diagnose(X * np.float32(factor), LABELS))


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("between", ["", "layer"])
def test_of_few_rows_little_is_said(rows, between):
    assert make(between=between).diagnose(X[:rows], LABELS[:rows]).findings == ()


def test_a_model_without_hidden_layers():
    trainer = fastbp.Trainer(fastbp.MLP([3, 2], seed=0), loss="cross_entropy")
    assert trainer.diagnose(X, LABELS).findings == () and len(trainer.diagnose(X, LABELS).layers) == 1


def test_labels_of_classes_frames_and_missing_targets():
    pandas = pytest.importorskip("pandas")
    model = fastbp.MLP([3, 6, 2], classes=["no", "yes"], seed=0)
    trainer, labels = fastbp.Trainer(model, loss="cross_entropy", seed=0), np.array(["no", "yes"])[LABELS]
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    trainer.fit(frame, labels, epochs=1)
    assert trainer.diagnose(frame[["c", "a", "b"]], labels).findings == ()
    missing = make(loss="huber", missing_targets="ignore")
    assert missing.diagnose(X, np.where(TARGETS > 1, np.nan, TARGETS)).findings == ()
    assert missing.diagnose(X, np.full_like(TARGETS, np.nan)).loss == 0


def test_weights_of_classes_put_labels_in_balance():
    make_one, _ = ILL["unbalanced"]
    _, P, y = make_one()
    assert trainer_of(class_weight="balanced").diagnose(P, y).findings == ()
    weight = np.where(y == 3, 90.0, 1.0)
    assert trainer_of().diagnose(P, y, weight).findings == ()


def test_of_an_average_the_weights_are_looked_at_that_training_goes_on_with():
    averaged, plain = make(average="ema"), make()
    for each in (averaged, plain):
        each.fit(X, LABELS, epochs=3)
    assert averaged.diagnose(X, LABELS).layers == plain.diagnose(X, LABELS).layers


def test_while_another_thread_trains_it_is_refused():
    trainer = make()
    errors = told_in_another_thread(trainer, lambda: trainer.diagnose(X, LABELS))
    assert len(errors) == 1 and "fit in thread 'MainThread' is training the model; diagnose in thread" in errors[0]


def test_a_callback_may_ask_and_bad_data_are_told():
    trainer, plain = make(), make()

    class Asking(Recorder):
        def on_epoch_end(self, run):
            self.found = trainer.diagnose(X, LABELS)

    asking = Asking()
    trainer.fit(X, LABELS, epochs=2, callbacks=asking)
    plain.fit(X, LABELS, epochs=2)
    assert bits(trainer) == bits(plain) and asking.found.epoch == 2
    with pytest.raises(ValueError, match="y has 49"):
        trainer.diagnose(X, LABELS[:49])
