"""Every bad array through every method that takes data: the error says what was given and what is expected, and nothing has changed."""

import numpy as np
import pandas as pd
import pytest
from bad_calls import BITS, LABELS, PAIRS, TOO_LARGE, WIDTH, N, X, check_refused, kit, trained
from scipy import sparse

import fastbp
from fastbp.data.validation import check_range


def with_value(array, place, value):
    changed = array.astype(np.result_type(array.dtype, np.asarray(value).dtype))
    changed[place] = value
    return changed


# name, X, exception, message
BAD_X = [
    ("scalar", 1.0, ValueError, r"X has 0 dimensions, shape \(\); expected \(n, 3\)"),
    ("one_sample", X[0], ValueError, r"X has 1 dimension, shape \(3,\); expected \(n, 3\).*X\.reshape\(1, -1\)"),
    ("rank_3", X[np.newaxis], ValueError, r"X has 3 dimensions, shape \(1, 4, 3\); expected \(n, 3\)"),
    ("too_narrow", X[:, :2], ValueError, r"X has 2 columns; the model has 3 inputs"),
    ("too_wide", np.zeros((N, 5)), ValueError, r"X has 5 columns; the model has 3 inputs"),
    ("no_columns", np.zeros((N, 0)), ValueError, r"X has 0 columns; the model has 3 inputs"),
    ("no_rows", X[:0], ValueError, r"X has no rows; expected at least one"),
    ("empty_list", [], ValueError, r"X has 1 dimension, shape \(0,\); expected \(n, 3\)"),
    ("none", None, TypeError, r"X has dtype object \(NoneType\); expected real numbers"),
    ("objects", X.astype(object), TypeError, r"X has dtype object \(ndarray\); expected real numbers"),
    ("dict", {"a": [1.0]}, TypeError, r"X has dtype object \(dict\); expected real numbers"),
    ("strings", X.astype(str), TypeError, r"X has dtype <U\d+ \(ndarray\); expected real numbers"),
    ("text", "abc", TypeError, r"X has dtype <U3 \(str\); expected real numbers"),
    ("complex", X + 0j, TypeError, r"X has dtype complex64 \(ndarray\); expected real numbers"),
    ("dates", X.astype("M8[D]"), TypeError, r"X has dtype datetime64\[D\] \(ndarray\); expected real numbers"),
    ("records", np.zeros((N, 3), [("a", "f4")]), TypeError, r"X has dtype \[\('a', '<f4'\)\] \(ndarray\); expected real numbers"),
    ("sparse_matrix", sparse.csr_matrix(X), TypeError, r"X is sparse \(csr_matrix\); expected a dense array, such as X\.toarray\(\)"),
    ("sparse_array", sparse.coo_array(X), TypeError, r"X is sparse \(coo_array\); expected a dense array"),
    ("masked", np.ma.masked_array(X, X > 0.5), ValueError, r"X has masked elements; expected numbers everywhere, such as X\.filled\(0\)"),
    ("missing", pd.DataFrame(X).astype("Float64").where(X < 0.5), ValueError, r"X\[3, 0\] is nan; expected finite numbers"),
    ("frame_of_strings", pd.DataFrame(X.astype(str)).astype("string"), TypeError, r"X has dtype object \(DataFrame\); expected real"),
    ("ragged", [[1, 2, 3], [1, 2]], ValueError, r"X is no rectangular array: .*inhomogeneous"),
    ("nan", with_value(X, (1, 2), np.nan), ValueError, r"X\[1, 2\] is nan; expected finite numbers of type float32"),
    ("inf", with_value(X, (3, 0), np.inf), ValueError, r"X\[3, 0\] is inf; expected finite numbers of type float32"),
    ("minus_inf", with_value(X, (0, 1), -np.inf), ValueError, r"X\[0, 1\] is -inf; expected finite numbers of type float32"),
    ("nan_float16", with_value(X.astype("f2"), (0, 0), np.float16("nan")), ValueError, r"X\[0, 0\] is nan; expected finite"),
    ("nan_big_endian", with_value(X, (0, 0), np.nan).astype(">f4"), ValueError, r"X\[0, 0\] is nan; expected finite"),
    ("too_large", with_value(X, (2, 1), TOO_LARGE), ValueError, r"X\[2, 1\] is 1e\+39; expected finite numbers of type float32"),
    ("too_negative", with_value(X, (2, 1), -TOO_LARGE), ValueError, r"X\[2, 1\] is -1e\+39; expected finite numbers of type float32"),
]  # fmt: skip

# What is said to names of classes.
ENCODE = r".*; for names of classes make the model with classes=\[\.\.\.\], all of them in the order of the outputs$"

# trainer, name, y, exception, message
BAD_Y = [
    ("trainer", "scalar", 1, ValueError, r"y has shape \(\); .*integer labels \(n,\) or probabilities \(n, 2\)"),
    ("trainer", "rank_3", np.zeros((N, 2, 1)), ValueError, r"y has shape \(4, 2, 1\); .*labels \(n,\) or probabilities \(n, 2\)"),
    ("trainer", "too_few", LABELS[:3], ValueError, r"X has 4 rows and y has 3; expected as many"),
    ("trainer", "too_many", np.zeros(5, int), ValueError, r"X has 4 rows and y has 5; expected as many"),
    ("trainer", "empty", [], ValueError, r"X has 4 rows and y has 0; expected as many"),
    ("trainer", "none", None, TypeError, r"y has dtype object \(NoneType\); expected real numbers"),
    ("trainer", "class_names", ["cat", "dog", "dog", "cat"], TypeError, r"y has dtype <U3 \(list\); expected real numbers" + ENCODE),
    ("trainer", "class_bytes", np.array([b"cat", b"dog"] * 2), TypeError, r"y has dtype \|S3 \(ndarray\); expected real" + ENCODE),
    ("trainer", "class_objects", np.array(["cat", "dog"] * 2, object), TypeError, r"y has dtype object \(ndarray\); expec" + ENCODE),
    ("trainer", "class_series", pd.Series(["cat", "dog"] * 2), TypeError, r"y has dtype object \(Series\); expected real numb" + ENCODE),
    ("trainer", "class_categories", pd.Series(["cat", "dog"] * 2).astype("category"), TypeError, r"y has dtype object .*" + ENCODE),
    ("trainer", "class_frame", pd.DataFrame(["cat", "dog"] * 2), TypeError, r"y has dtype object \(DataFrame\); expected real " + ENCODE),
    ("binary", "class_names", ["no", "yes", "yes", "no"], TypeError, r"y has dtype <U3 \(list\); expected real numbers" + ENCODE),
    ("trainer", "objects", LABELS.astype(object), TypeError, r"y has dtype object \(ndarray\); expected real numbers or bools$"),
    ("trainer", "complex", LABELS + 0j, TypeError, r"y has dtype complex128 \(ndarray\); expected real numbers"),
    ("trainer", "sparse", sparse.csr_matrix(np.eye(2)[LABELS]), TypeError, r"y is sparse \(csr_matrix\); expected a dense array"),
    ("trainer", "masked", np.ma.masked_array(LABELS, LABELS == 0), ValueError, r"y has masked elements"),
    ("trainer", "missing_in_array", pd.array([0, 1, None, 0], "Int64"), ValueError, r"y\[2\] is nan; class labels of 2 outputs lie betw"),
    ("trainer", "missing", pd.Series([0, 1, None, 0], dtype="Int64"), ValueError, r"y\[2\] is nan; class labels of 2 outputs lie betwee"),
    ("trainer", "ragged", [[1, 0], [1], [1], [0]], ValueError, r"y is no rectangular array: .*inhomogeneous"),
    ("trainer", "negative_label", [0, -1, 1, 0], ValueError, r"y\[1\] is -1; class labels of 2 outputs lie between 0 and 1"),
    ("trainer", "label_too_large", [0, 1, 2, 0], ValueError, r"y\[2\] is 2; class labels of 2 outputs lie between 0 and 1"),
    ("trainer", "fraction", [0, 1, 0.5, 0], ValueError, r"y\[2\] is 0\.5; class labels are integers 0 to 1"),
    ("trainer", "nan_label", [0, 1, 1, np.nan], ValueError, r"y\[3\] is nan; class labels of 2 outputs lie between 0 and 1"),
    ("trainer", "inf_label", [np.inf, 1, 1, 0], ValueError, r"y\[0\] is inf; class labels of 2 outputs lie between 0 and 1"),
    ("trainer", "one_hot_width", np.eye(3)[LABELS], ValueError, r"y has shape \(4, 3\); .*labels \(n,\) or probabilities \(n, 2\)"),
    ("trainer", "one_hot_rows", np.eye(2)[:1], ValueError, r"X has 4 rows and y has 1; expected as many"),
    ("trainer", "row_sum", np.full((N, 2), 0.4), ValueError, r"y\[0\] sums to 0\.8; rows of probabilities sum to 1"),
    ("trainer", "probability", [[1.5, -0.5]] * N, ValueError, r"y\[0, 0\] is 1\.5; probabilities lie between 0 and 1"),
    ("trainer", "nan_probability", [[0.5, np.nan]] * N, ValueError, r"y\[0, 1\] is nan; probabilities lie between 0 and 1"),
    ("regression", "missing_column", PAIRS[:, 0], ValueError, r"y has shape \(4,\); .*with 2 outputs expects \(n, 2\)"),
    ("regression", "one_column", PAIRS[:, :1], ValueError, r"y has shape \(4, 1\); .*with 2 outputs expects \(n, 2\)"),
    ("regression", "rows", PAIRS[:3], ValueError, r"X has 4 rows and y has 3; expected as many"),
    ("regression", "nan", with_value(PAIRS, (2, 1), np.nan), ValueError, r"y\[2, 1\] is nan; expected finite numbers of type float32"),
    ("regression", "inf", with_value(PAIRS, (0, 0), np.inf), ValueError, r"y\[0, 0\] is inf; expected finite numbers of type float32"),
    ("regression", "large", with_value(PAIRS, (0, 0), TOO_LARGE), ValueError, r"y\[0, 0\] is 1e\+39; expected finite numbers of"),
    ("regression", "strings", PAIRS.astype(str), TypeError, r"y has dtype <U\d+ \(ndarray\); expected real numbers or bools$"),
    ("binary", "two_columns", PAIRS, ValueError, r"y has shape \(4, 2\); .*with 1 output expects \(n,\) or \(n, 1\)"),
    ("binary", "above_one", [0, 1, 1.5, 0], ValueError, r"y\[2, 0\] is 1\.5; targets of binary_cross_entropy lie between 0 and 1"),
    ("binary", "below_zero", [0, -1, 1, 0], ValueError, r"y\[1, 0\] is -1; targets of binary_cross_entropy lie between 0 and 1"),
    ("binary", "nan", [0, 1, np.nan, 0], ValueError, r"y\[2, 0\] is nan; targets of binary_cross_entropy lie between 0 and 1"),
    ("binary", "rows", [0, 1, 1], ValueError, r"X has 4 rows and y has 3; expected as many"),
]  # fmt: skip

# name, sample_weight, exception, message
BAD_WEIGHT = [
    ("too_few", np.ones(3), ValueError, r"sample_weight has shape \(3,\); expected \(4,\), one a row of X"),
    ("column", np.ones((N, 1)), ValueError, r"sample_weight has shape \(4, 1\); expected \(4,\), one a row of X"),
    ("scalar", 1.0, ValueError, r"sample_weight has shape \(\); expected \(4,\), one a row of X"),
    ("negative", [1, 1, -1, 1], ValueError, r"sample_weight\[2\] is -1\.0; weights lie between 0 and"),
    ("all_zero", np.zeros(N), ValueError, r"sample_weight is all zeros; expected at least one positive weight"),
    ("nan", [1, 1, np.nan, 1], ValueError, r"sample_weight\[2\] is nan; expected finite numbers of type float32"),
    ("inf", [np.inf, 1, 1, 1], ValueError, r"sample_weight\[0\] is inf; expected finite numbers of type float32"),
    ("too_large", [1, TOO_LARGE, 1, 1], ValueError, r"sample_weight\[1\] is 1e\+39; expected finite numbers of type float32"),
    ("strings", ["1"] * N, TypeError, r"sample_weight has dtype <U1 \(list\); expected real numbers"),
    ("complex", np.ones(N) + 0j, TypeError, r"sample_weight has dtype complex128 \(ndarray\); expected real numbers"),
    ("balanced", "balanced", TypeError, r"sample_weight has dtype <U8 \(str\); expected real numbers"),
]

OF_DATA = {
    "fit": lambda trainer, X, y, **rest: trainer.fit(X, y, epochs=1, **rest),
    "step": lambda trainer, X, y, **rest: trainer.step(X, y, **rest),
    "loss_and_gradients": lambda trainer, X, y, **rest: trainer.loss_and_gradients(X, y, **rest),
    "evaluate": lambda trainer, X, y, **rest: trainer.evaluate(X, y, **rest),
}
GOOD_Y = {"trainer": LABELS, "regression": PAIRS, "binary": BITS}


def validating(trainer, X_bad, y_bad):
    good = GOOD_Y["trainer" if trainer.loss.name == "cross_entropy" else "regression" if trainer.loss.name == "squared_error" else "binary"]
    trainer.fit(X, good, epochs=1, validation_data=(X_bad, y_bad))


def data_cases():
    """The bad arrays, each through every method that takes data; what is wrong with validation data is told as such."""
    for method, call in (OF_DATA | {"validation_data": validating}).items():
        begin = "^validation_data: " if method == "validation_data" else "^"
        for name, bad, error, message in BAD_X:
            yield f"{method}_X_{name}", lambda kit, call=call, bad=bad: call(kit.trainer, bad, LABELS), error, begin + message
        for trainer, name, bad, error, message in BAD_Y:
            call_it = lambda kit, call=call, trainer=trainer, bad=bad: call(getattr(kit, trainer), X, bad)  # noqa: E731
            yield f"{method}_{trainer}_y_{name}", call_it, error, begin + message
    for name, bad, error, message in BAD_X:
        yield f"predict_X_{name}", lambda kit, bad=bad: kit.model.predict(bad), error, message
    for method, call in OF_DATA.items():
        for name, bad, error, message in BAD_WEIGHT:
            call_it = lambda kit, call=call, bad=bad: call(kit.trainer, X, LABELS, sample_weight=bad)  # noqa: E731
            yield f"{method}_sample_weight_{name}", call_it, error, "^" + message
    for name, bad, error, message in BAD_WEIGHT:
        call_it = lambda kit, bad=bad: kit.trainer.fit(X, LABELS, epochs=1, validation_data=(X, LABELS, bad))  # noqa: E731
        yield f"validation_data_sample_weight_{name}", call_it, error, "^validation_data: " + message


CASES = list(data_cases())


@pytest.mark.parametrize(("call", "error", "message"), [pytest.param(*case, id=name) for name, *case in CASES])
def test_bad_call_is_refused_and_changes_nothing(call, error, message):
    check_refused(call, error, message)


def test_case_names_are_unique():
    names = [name for name, *_ in CASES]
    assert len(set(names)) == len(names)


def test_a_refused_call_does_not_disturb_the_next():
    given, other = kit(), trained("cross_entropy", [WIDTH, 4, 2], LABELS)
    with pytest.raises(ValueError, match="y has 3"):
        given.trainer.fit(X, LABELS[:3], epochs=1)
    given.trainer.fit(X, LABELS, epochs=2)
    other.fit(X, LABELS, epochs=2)
    assert given.model.network.parameters.tobytes() == other.model.network.parameters.tobytes()


@pytest.mark.parametrize("kind", [np.array, pd.Series, list])
def test_names_of_classes_are_taken_by_a_model_of_such_as_the_error_says(kind):
    model = fastbp.MLP([WIDTH, 4, 2], classes=["cat", "dog"], seed=0)
    names = kind(["cat", "dog", "dog", "cat"])
    plain = fastbp.MLP([WIDTH, 4, 2], seed=0)
    scores = fastbp.Trainer(model, loss="cross_entropy").evaluate(X, names)
    assert scores == fastbp.Trainer(plain, loss="cross_entropy").evaluate(X, LABELS)


def test_data_that_float32_cannot_hold_suits_a_float64_model():
    wide = fastbp.MLP([1, 1], dtype="float64", seed=0)
    assert np.isfinite(wide.predict([[TOO_LARGE]])).all()


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "i8", "u8", "f2", "f4", "f8"])
def test_a_range_beyond_that_of_a_type_is_that_of_the_type(kind):
    array = np.array([1, 3], kind)
    check_range(array, "y", -1e300, 1e300, "numbers")
    check_range(array, "y", 0.5, 3.9, "numbers")
    # Of integers and of short floats the lower limit would be 0.
    for low, high in ((1e-310, 9.0), (0.0, 2.9)):
        with pytest.raises(ValueError, match=r"y\[0\] is"):
            check_range(np.array([0 if low else 3, 1], kind), "y", low, high, "numbers")
