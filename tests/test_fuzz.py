"""Any array and any argument: it works, or raises ValueError or TypeError and has changed nothing; never a crash, a hang, another error."""

import datetime
import decimal
import fractions
import functools

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from small_task import bits

import fastbp

fuzz = settings(max_examples=250, suppress_health_check=list(HealthCheck))
pytestmark = pytest.mark.filterwarnings("ignore")  # NumPy warns of odd conversions; what counts is how the call ends

LOSSES = ["squared_error", "cross_entropy", "binary_cross_entropy"]
DTYPES = [
    "f2",
    "f4",
    "f8",
    ">f4",
    "i1",
    "u1",
    "i4",
    "i8",
    "u8",
    "?",
    "O",
    "c8",
    "M8[s]",
    "m8[s]",
    "S3",
    "U2",
    "V4",
    [("a", "f4"), ("b", "i2")],
]
EXTREME = [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e39, 1e308, 5e-324, 1e-45, 2**63, -1, 0, 1, 2]

SHAPES = st.one_of(
    st.sampled_from([(5, 3), (5, 2), (5,), (5, 1), (1, 3)]), arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
)


@st.composite
def arrays(draw):
    """An array of any type, shape and layout."""
    shape, dtype = draw(SHAPES), np.dtype(draw(st.sampled_from(DTYPES)))
    seed = draw(st.integers(0, 99))
    array = np.random.default_rng(seed).integers(0, 2, shape)
    try:
        array = np.asarray(array).astype(dtype)
    except (TypeError, ValueError):
        array = np.zeros(shape, dtype)
    if dtype.kind == "f" and array.size and draw(st.booleans()):
        with np.errstate(over="ignore"):
            array.reshape(-1)[draw(st.integers(0, array.size - 1))] = dtype.type(draw(st.sampled_from(EXTREME)))
    layout = draw(st.sampled_from(["plain", "reversed", "fortran", "read-only", "list", "masked", "every second"]))
    if layout == "reversed" and array.ndim:
        array = array[::-1]
    elif layout == "every second" and array.ndim:
        array = np.repeat(array, 2, axis=-1)[..., ::2]
    elif layout == "fortran":
        array = np.asfortranarray(array)
    elif layout == "read-only":
        array.flags.writeable = False
    elif layout == "list":
        return array.tolist()
    elif layout == "masked" and dtype.kind in "fiu":
        return np.ma.masked_array(array, np.zeros(array.shape, bool))
    return array


class Refuses:
    """Cannot be made an array."""

    def __array__(self, *arguments, **settings):
        raise ValueError("no array")


NUMBERS = [
    0,
    1,
    -1,
    2,
    1.5,
    -0.5,
    1e-3,
    1e400,
    float("nan"),
    2**31,
    2**63,
    2**64,
    -(2**70),
    10**400,
    1j,
    np.float32(0.1),
    np.int8(3),
    np.array(0.1),
]
OBJECTS = [None, True, False, object(), int, len, ..., slice(3), range(3), Refuses(), fastbp.Adam, fastbp.Adam(), fastbp.ReLU()]
TEXTS = ["", "adam", "relu", "auto", "x" * 99, b"sgd", datetime.date(2026, 1, 1), fractions.Fraction(1, 3), decimal.Decimal("0.1")]
ODD = st.sampled_from([*NUMBERS, *OBJECTS, *TEXTS, (), [], [1], [3, 2], {}, set(), np.array([1, 2]), [None, 3]])
DATA = st.one_of(arrays(), arrays(), ODD)


def trainer_of(loss):
    model = fastbp.MLP([3, 4, 2], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss=loss, optimizer="adam", batch_size=2, seed=0)
    X = np.linspace(-1, 1, 15).reshape(5, 3)
    trainer.fit(X, [0, 1, 1, 0, 1] if loss == "cross_entropy" else np.eye(2)[[0, 1, 1, 0, 1]], epochs=1)
    return trainer


# Not before it is used: kernels are compiled then.
shared_trainer_of = functools.cache(trainer_of)


def works_or_is_refused(trainer, call, may_change=False):
    before = bits(trainer), trainer.history.stopped
    try:
        call()
    except fastbp.DivergenceError:
        assert may_change and np.isfinite(trainer.model.network.parameters).all()
    except (ValueError, TypeError):
        assert (bits(trainer), trainer.history.stopped) == before
    else:
        assert may_change or (bits(trainer), trainer.history.stopped) == before


@fuzz
@given(
    st.sampled_from(LOSSES), DATA, DATA, st.one_of(st.none(), DATA), st.sampled_from(["step", "fit", "evaluate", "gradients", "predict"])
)
def test_any_data(loss, X, y, weights, method):
    trainer = shared_trainer_of(loss) if method in ("evaluate", "gradients", "predict") else trainer_of(loss)
    calls = {
        "step": lambda: trainer.step(X, y, weights),
        "fit": lambda: trainer.fit(X, y, epochs=2, sample_weight=weights),
        "evaluate": lambda: trainer.evaluate(X, y, weights),
        "gradients": lambda: trainer.loss_and_gradients(X, y, weights),
        "predict": lambda: trainer.model.predict(X),
    }
    works_or_is_refused(trainer, calls[method], may_change=method in ("step", "fit"))


@fuzz
@given(
    st.sampled_from(LOSSES),
    st.sampled_from(["validation_data", "epochs", "callbacks", "progress", "time_limit", "sample_weight"]),
    ODD,
    arrays(),
)
def test_any_argument_of_fit(loss, name, value, array):
    trainer = trainer_of(loss)
    X, y = np.ones((5, 3)), [0, 1, 1, 0, 1] if loss == "cross_entropy" else np.zeros((5, 2))
    if name == "validation_data" and value is None:
        value = (array, y)
    if name == "epochs" and isinstance(value, int) and value > 2:
        value = -value
    # A function that is called after the epoch, and fails then.
    assume(name != "callbacks" or value is not len)
    arguments = {"epochs": 1, "progress": False, name: value}
    works_or_is_refused(trainer, lambda: trainer.fit(X, y, **arguments), may_change=True)


@fuzz
@given(st.data())
def test_any_argument_of_the_classes(data):
    """Sizes stay small: a net of 2**31 units is a legal wish that no machine can grant."""
    cls, names = data.draw(st.sampled_from([
        (fastbp.MLP, ["layer_sizes", "activation", "output_activation", "init", "dtype", "seed"]),
        (fastbp.Trainer, ["model", "loss", "optimizer", "batch_size", "shuffle", "seed", "threads", "precision"]),
        (fastbp.Checkpoint, ["path", "every", "keep"]),
        (fastbp.BestModel, ["path", "metric", "mode"]),
        (fastbp.CSVLog, ["path", "append"]),
        (fastbp.EarlyStopping, ["metric", "mode", "min_delta", "patience", "restore_best", "baseline"]),
        (fastbp.SGD, ["learning_rate", "momentum", "nesterov", "weight_decay"]),
        (fastbp.RMSprop, ["learning_rate", "alpha", "epsilon", "momentum", "centered", "weight_decay"]),
        (fastbp.AdamW, ["learning_rate", "beta_1", "beta_2", "epsilon", "weight_decay"]),
        (fastbp.LeakyReLU, ["negative_slope"]),
    ]))  # fmt: skip
    arguments = {fastbp.MLP: {"layer_sizes": [3, 4, 2]}, fastbp.Trainer: {"model": fastbp.MLP([3, 2]), "loss": "cross_entropy"}}.get(
        cls, {}
    )
    if cls in (fastbp.Checkpoint, fastbp.BestModel, fastbp.CSVLog):
        arguments = {"path": "run"}
    for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)):
        arguments[name] = data.draw(ODD)
    try:
        made = cls(**arguments)
    except (ValueError, TypeError):
        return
    if cls is fastbp.Trainer:
        made.step(np.ones((2, 3)), [0, 1])
    assert repr(made)


@pytest.mark.parametrize("path", [3, None, "", b"", 1.5, ["a"]])
def test_any_path(path):
    trainer = shared_trainer_of("cross_entropy")
    for call in (trainer.save, trainer.model.save, fastbp.MLP.load, fastbp.Trainer.resume):
        with pytest.raises(TypeError):
            call(path)
