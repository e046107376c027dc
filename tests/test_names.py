"""Single numbers, flags and names that users give: what is taken, and what is refused by name."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import fastbp
from fastbp import activations, losses, metrics, optimizers, solvers
from fastbp._names import flag, integer, lookup, real

TABLE = {"adam": 1, "adamw": 2, "sgd": 3}


def test_a_name_is_looked_up():
    assert [lookup(name, TABLE, "optimizer") for name in TABLE] == [1, 2, 3]


@pytest.mark.parametrize(("given", "near"), [("adma", "'adam'"), ("AMADW", "'adamw'"), ("sg", "'sgd'")])
def test_the_nearest_name_is_told(given, near):
    with pytest.raises(ValueError, match=rf"optimizer='{given}' is not known; expected one of adam, adamw, sgd\. Did you mean {near}\?"):
        lookup(given, TABLE, "optimizer")


def test_no_name_is_told_when_none_is_near():
    with pytest.raises(ValueError, match=r"expected one of adam, adamw, sgd\.$"):
        lookup("xyz", TABLE, "optimizer")


def called(given, argument, make):
    """What the error says that a name is called."""
    with pytest.raises(ValueError, match="is called") as raised:
        make(given)
    begin, name, end = str(raised.value).split("'")[0], str(raised.value).split("'")[3], str(raised.value).split("'")[4]
    assert (begin, end) == (f"{argument}=", " here") and str(raised.value).split("'")[1:3] == [given, " is called "]
    return name


def test_case_and_underscores_do_not_hide_a_name():
    for given, name in {"ADAMW": "adamw", "Adam": "adam", "S-G_D": "sgd", "adam w": "adamw"}.items():
        assert called(given, "optimizer", lambda given: lookup(given, TABLE, "optimizer")) == name


def test_what_others_call_it_is_told_as_long_as_the_table_has_it():
    others = {"gradientdescent": "sgd", "lion": "lion"}
    assert called("Gradient_Descent", "optimizer", lambda given: lookup(given, TABLE, "optimizer", others)) == "sgd"
    with pytest.raises(ValueError, match="'lion' is not known"):
        lookup("lion", TABLE, "optimizer", others)
    assert lookup("sgd", TABLE, "optimizer", {"sgd": "adam"}) == 3


def test_names_that_people_bring():
    def activation(name):
        fastbp.MLP([2, 2, 1], activation=name)

    def output(name):
        fastbp.MLP([2, 2, 1], output_activation=name)

    def loss(name):
        fastbp.Trainer(fastbp.MLP([2, 1]), loss=name)

    def optimizer(name):
        fastbp.Trainer(fastbp.MLP([2, 1]), loss="squared_error", optimizer=name)

    def metric(name):
        fastbp.Trainer(fastbp.MLP([2, 2]), loss="cross_entropy").evaluate([[0.0, 1.0]], [1], metrics=[name])

    brought = {
        "metrics": (
            metric,
            "acc-accuracy categorical_accuracy-accuracy Accuracy-accuracy auc-roc_auc AUROC-roc_auc f1_score-f1 F1-f1 "
            "mean_absolute_error-mae MAE-mae r2_score-r2 root_mean_squared_error-rmse prauc-average_precision neg_log_loss-log_loss "
            "top_k-top_k_accuracy "
            "recall_macro-recall mean_pinball_loss-pinball balanced_accuracy_score-balanced_accuracy",
        ),
        "activation": (
            activation,
            "swish-silu hardtanh-hard_tanh HardTanh-hard_tanh leakyrelu-leaky_relu LeakyReLU-leaky_relu GELU-gelu exp-exponential",
        ),
        "output_activation": (output, "linear-identity logistic-sigmoid Softmax-softmax"),
        "loss": (
            loss,
            "mse-squared_error mean_squared_error-squared_error MSELoss-squared_error bce-binary_cross_entropy mae-absolute_error "
            "L1Loss-absolute_error l1-absolute_error smooth_l1-huber HuberLoss-huber pinball-quantile poisson_nll-poisson "
            "focal_loss-focal hinge_loss-hinge squaredhinge-squared_hinge log_cosh_loss-log_cosh BCEWithLogitsLoss-binary_cross_entropy",
        ),
        "optimizer": (
            optimizer,
            "Adam-adam SGD-sgd RMSprop-rmsprop adamW-adamw Adam_w-adamw NAdam-nadam nesterov-sgd AMSgrad-amsgrad irprop-irprop_minus "
            "L_BFGS-lbfgs LBFGSB-lbfgs lm-levenberg_marquardt",
        ),
    }
    for argument, (make, pairs) in brought.items():
        for given, name in (pair.split("-") for pair in pairs.split()):
            assert called(given, argument, make) == name
    for given in ("sparse_categorical_crossentropy", "categorical_crossentropy", "CrossEntropyLoss", "nll", "log_loss"):
        assert called(given, "loss", loss) == "cross_entropy"


def test_other_names_are_written_plainly_and_are_of_entries_that_are_there():
    tables = {activations: activations.ACTIVATIONS, losses: losses.LOSSES, metrics: metrics.METRICS, optimizers: optimizers.OPTIMIZERS}
    tables |= {solvers: solvers.SOLVERS}
    for others, table in ((module.OTHER_NAMES, table) for module, table in tables.items()):
        plain = {name.replace("_", "") for name in table}
        assert all(name.isalnum() and name == name.lower() and name not in plain for name in others)
        assert {*others.values()} <= {*table}
    assert all(name.replace("_", "").isalnum() and name == name.lower() for table in tables.values() for name in table)


@pytest.mark.parametrize("given", [None, 3, b"adam", ["adam"]])
def test_what_is_no_name_is_refused(given):
    with pytest.raises(TypeError, match=r"of type \w+; expected one of adam, adamw, sgd"):
        lookup(given, TABLE, "optimizer")


@pytest.mark.parametrize("given", [3, np.int8(3), np.uint64(3)])
def test_integers_of_any_kind_become_ints(given):
    found = integer(given, "n", least=3)
    assert type(found) is int and found == 3


@pytest.mark.parametrize("given", [True, 3.0, "3", None, np.array([3])])
def test_what_is_no_integer_is_refused(given):
    with pytest.raises(TypeError, match="expected an integer of at least 1"):
        integer(given, "n", least=1)


def test_integers_below_the_least_are_refused():
    with pytest.raises(ValueError, match="n is 2; expected an integer of at least 3"):
        integer(2, "n", least=3)


@pytest.mark.parametrize("given", [1, 0.5, np.float32(0.5), np.int64(1), Fraction(1, 2)])
def test_numbers_of_any_kind_become_floats(given):
    found = real(given, "x")
    assert type(found) is float and found == float(given)


@pytest.mark.parametrize("given", [True, "0.5", None, 1j, Decimal("0.5"), np.array([0.5])])
def test_what_is_no_number_is_refused(given):
    with pytest.raises(TypeError, match="expected a number"):
        real(given, "x")


@pytest.mark.parametrize("given", [math.nan, math.inf, -math.inf, 10**400, -(10**400), -0.1, 1.0, 1.5])
def test_numbers_outside_the_range_are_refused(given):
    with pytest.raises(ValueError, match=r"x is .*; expected a number in \[0, 1\)"):
        real(given, "x", below=1)


def test_the_least_belongs_to_the_range_unless_it_is_exclusive():
    assert real(0, "x", below=1) == 0
    with pytest.raises(ValueError, match=r"expected a number in \(0, 1\)"):
        real(0, "x", below=1, exclusive=True)


@pytest.mark.parametrize("given", [True, False, np.True_, np.False_])
def test_flags_become_bools(given):
    assert flag(given, "f") is bool(given)


@pytest.mark.parametrize("given", [1, 0, None, "yes", 1.0, np.array([True])])
def test_what_only_converts_to_a_bool_is_refused(given):
    with pytest.raises(TypeError, match="expected True or False"):
        flag(given, "f")
