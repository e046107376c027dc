"""Every bad argument of the public interface but the data: the error says what was given and what is expected, and nothing has changed."""

import re
from pathlib import Path

import numpy as np
import pytest
from bad_calls import LABELS, TOO_LARGE, X, check_refused

import fastbp


def model(*arguments, **settings):
    return lambda kit: fastbp.MLP(*arguments, **settings)


def hidden(**settings):
    return model([3, 4, 2], **settings)


def trainer(**settings):
    return lambda kit: fastbp.Trainer(kit.fresh, **({"loss": "cross_entropy"} | settings))


def fit(**settings):
    return lambda kit: kit.trainer.fit(X, LABELS, **({"epochs": 1} | settings))


def optimizer(name, *arguments, **settings):
    return lambda kit: getattr(fastbp, name)(*arguments, **settings)


def ranged(**settings):
    return lambda kit: kit.trainer.learning_rate_range_test(X, LABELS, **settings)


def fit_after(**settings):
    """A setting that was made bad after the optimizer was built is found when training starts."""

    def call(kit):
        vars(kit.trainer.optimizer).update(settings)
        kit.trainer.fit(X, LABELS, epochs=1)

    return call


def arrays(*shapes):
    return [np.zeros(shape) for shape in shapes]


WEIGHTS, BIASES = arrays((3, 4), (4, 2)), arrays(4, 2)
POSITIVE = r"expected a number in \(0, inf\)"
NOT_NEGATIVE = r"expected a number in \[0, inf\)"
FRACTION = r"expected a number in \[0, 1\)"
EVERY = r"expected a number and a unit, such as '200 steps', '5 epochs', '30 s' or '10 min'"
PATH = r"expected the path of a file, such as 'run\.safetensors'"


def checkpoint(**arguments):
    return lambda kit: fastbp.Checkpoint("run", **arguments)


# id, call, exception, message
ARGUMENT_CASES = [
    ("sizes_number", model(5), TypeError, r"layer_sizes is 5; expected a list such as"),
    ("sizes_text", model("784-10"), TypeError, r"layer_sizes is '784-10'; expected a list such as"),
    ("sizes_none", model(None), TypeError, r"layer_sizes is None; expected a list such as"),
    ("sizes_empty", model([]), ValueError, r"layer_sizes has 0 numbers; expected at least the inputs and the outputs"),
    ("sizes_one", model([3]), ValueError, r"layer_sizes has 1 number; expected at least the inputs and the outputs"),
    ("size_zero", model([3, 0, 2]), ValueError, r"layer_sizes\[1\] is 0; expected an integer of at least 1"),
    ("size_negative", model([-3, 2]), ValueError, r"layer_sizes\[0\] is -3; expected an integer of at least 1"),
    ("size_fraction", model([3, 4.5, 2]), TypeError, r"layer_sizes\[1\] is 4\.5 of type float; expected an integer"),
    ("size_whole_float", model([3, 4.0, 2]), TypeError, r"layer_sizes\[1\] is 4\.0 of type float; expected an integer"),
    ("size_bool", model([3, True]), TypeError, r"layer_sizes\[1\] is True of type bool; expected an integer"),
    ("size_text", model([3, "4"]), TypeError, r"layer_sizes\[1\] is '4' of type str; expected an integer"),
    ("activation_unknown", hidden(activation="rleu"), ValueError, r"activation='rleu' is not known; .*Did you mean 'relu'"),
    ("activation_case", hidden(activation="ReLU"), ValueError, r"activation='ReLU' is called 'relu' here"),
    ("activation_far", hidden(activation="xyz"), ValueError, r"activation='xyz' is not known; expected one of sigmoid, tanh"),
    ("activation_number", hidden(activation=3), TypeError, r"activation is 3 of type int; expected a name or an activation"),
    ("activation_class", hidden(activation=fastbp.ReLU), TypeError, r"activation is .*ReLU.* of type type; expected a name or an"),
    ("activation_function", hidden(activation=np.tanh), TypeError, r"activation is .*tanh.* of type ufunc; expected a name"),
    ("activation_softmax", hidden(activation="softmax"), ValueError, r"activation='softmax' is for the output layer"),
    ("activation_Softmax", hidden(activation=fastbp.Softmax()), ValueError, r"activation is Softmax\(\), which is for the output"),
    ("activations_short", model([3, 4, 4, 2], activation=["relu"]), ValueError, r"activation lists 1; expected one for each of the 2 hidd"),
    ("activations_long", model([3, 2], activation=["relu"]), ValueError, r"activation lists 1; expected one for each of the 0 hidden laye"),
    ("activations_unknown", model([3, 4, 5, 2], activation=["relu", "tahn"]), ValueError, r"activation\[1\]='tahn' .*Did you mean 'tanh'"),
    ("activations_softmax", model([3, 4, 5, 2], activation=["relu", "softmax"]), ValueError, r"activation\[1\]='softmax' is for the outpu"),
    ("output_unknown", model([3, 2], output_activation="sotfmax"), ValueError, r"output_activation='sotfmax' .*Did you mean 'softmax'"),
    ("output_none", model([3, 2], output_activation=None), TypeError, r"output_activation is None of type NoneType; expected a name"),
    ("output_list", model([3, 2], output_activation=["relu"]), TypeError, r"output_activation is \['relu'\] of type list; expected a name"),
    ("slope_negative", lambda kit: fastbp.LeakyReLU(-0.1), ValueError, r"negative_slope is -0\.1; expected a number in \[0, inf\)"),
    ("slope_nan", lambda kit: fastbp.LeakyReLU(np.nan), ValueError, r"negative_slope is nan; expected a number in \[0, inf\)"),
    ("slope_text", lambda kit: fastbp.LeakyReLU("0.1"), TypeError, r"negative_slope is '0\.1'.*; expected a (finite )?number"),
    ("slope_bool", lambda kit: fastbp.LeakyReLU(True), TypeError, r"negative_slope is True.*; expected a (finite )?number"),
    ("slope_too_large", hidden(activation=fastbp.LeakyReLU(TOO_LARGE)), ValueError, r"negative_slope is 1e\+39"),
    ("init_unknown", model([3, 2], init="he_unifrom"), ValueError, r"init='he_unifrom' is not known; .*Did you mean 'he_uniform'"),
    ("init_number", model([3, 2], init=3), TypeError, r"init is 3; expected a name .* or a pair \(weights, biases\)"),
    ("init_single", hidden(init=[WEIGHTS]), TypeError, r"init is \[.*; expected a name .* or a pair \(weights, biases\)"),
    ("init_numbers", model([3, 2], init=(1, 2)), TypeError, r"init.*\b1\b.*expected"),
    ("init_nones", model([3, 2], init=(None, None)), TypeError, r"init.*None.*expected"),
    ("init_count", hidden(init=(WEIGHTS[:1], BIASES)), ValueError, r"init\[0\] has 1 array; expected 2, of shapes \(3, 4\), \(4, 2\)"),
    ("init_biases", hidden(init=(WEIGHTS, BIASES[:1])), ValueError, r"init\[1\] has 1 array; expected 2, of shapes \(4,\), \(2,\)"),
    ("init_shape", hidden(init=(arrays((3, 4), (2, 4)), BIASES)), ValueError, r"init\[0\]\[1\] has shape \(2, 4\); expected \(4, 2"),
    ("init_bias_shape", hidden(init=(WEIGHTS, arrays(4, (1, 2)))), ValueError, r"init\[1\]\[1\] has shape \(1, 2\); expected \(2,\)"),
    ("init_nan", hidden(init=([*WEIGHTS[:1], np.full((4, 2), np.nan)], BIASES)), ValueError, r"init\[0\]\[1\]\[0, 0\] is nan; expec"),
    ("init_too_large", hidden(init=(WEIGHTS, [BIASES[0], [0, TOO_LARGE]])), ValueError, r"init\[1\]\[1\]\[1\] is 1e\+39; expected fi"),
    ("init_strings", hidden(init=(WEIGHTS, [BIASES[0], ["a", "b"]])), TypeError, r"init\[1\]\[1\] has dtype <U1 \(list\); expected"),
    ("dtype_half", model([3, 2], dtype="float16"), ValueError, r"dtype='float16' is not known; expected one of float32, float64"),
    ("dtype_integer", model([3, 2], dtype=np.int32), ValueError, r"dtype='int32' is not known; expected one of float32, float64"),
    ("dtype_near", model([3, 2], dtype="flaot32"), ValueError, r"dtype='flaot32' is not known; .*Did you mean 'float32'"),
    ("dtype_number", model([3, 2], dtype=3), TypeError, r"dtype.*\b3\b.*expected one of float32, float64"),
    # np.dtype(None) is float64, which nobody means who writes None.
    ("dtype_none", model([3, 2], dtype=None), TypeError, r"dtype.*None.*expected one of float32, float64"),
    ("seed_negative", model([3, 2], seed=-1), ValueError, r"seed is -1; expected an integer of at least 0"),
    ("seed_fraction", model([3, 2], seed=1.5), TypeError, r"seed is 1\.5 of type float; expected an integer"),
    ("seed_bool", model([3, 2], seed=True), TypeError, r"seed is True of type bool; expected an integer"),
    ("seed_text", model([3, 2], seed="0"), TypeError, r"seed is '0' of type str; expected an integer"),
    ("seed_large", model([3, 2], seed=2**64), ValueError, r"seed is 18446744073709551616; expected an integer below 2\*\*64"),
    ("trainer_model", lambda kit: fastbp.Trainer([3, 2], loss="cross_entropy"), TypeError, r"model is of type list; expected an MLP"),
    ("loss_unknown", trainer(loss="cross_entorpy"), ValueError, r"loss='cross_entorpy' is not known; .*Did you mean 'cross_entropy'"),
    ("loss_none", trainer(loss=None), TypeError, r"loss is None of type NoneType; expected one of squared_error, .*cross_entropy"),
    ("loss_function", trainer(loss=abs), TypeError, r"loss is <built-in function abs> of type builtin\w*; expected one of"),
    ("optimizer_unknown", trainer(optimizer="adma"), ValueError, r"optimizer='adma' is not known; .*Did you mean 'adam'"),
    ("optimizer_class", trainer(optimizer=fastbp.Adam), TypeError, r"optimizer is .*Adam.* of type \w+; expected a name or an optimizer"),
    ("optimizer_none", trainer(optimizer=None), TypeError, r"optimizer is None of type NoneType; expected a name or an optimizer"),
    ("batch_size_zero", trainer(batch_size=0), ValueError, r"batch_size is 0; expected an integer of at least 1"),
    ("batch_size_negative", trainer(batch_size=-1), ValueError, r"batch_size is -1; expected an integer of at least 1"),
    ("batch_size_fraction", trainer(batch_size=1.5), TypeError, r"batch_size is 1\.5 of type float; expected an integer"),
    ("batch_size_bool", trainer(batch_size=True), TypeError, r"batch_size is True of type bool; expected an integer"),
    ("batch_size_auto", trainer(batch_size="auto"), TypeError, r"batch_size is 'auto' of type str; expected an integer"),
    ("shuffle_number", trainer(shuffle=1), TypeError, r"shuffle is 1 of type int; expected True or False"),
    ("shuffle_none", trainer(shuffle=None), TypeError, r"shuffle is None of type NoneType; expected True or False"),
    ("trainer_seed", trainer(seed=-1), ValueError, r"seed is -1; expected an integer of at least 0"),
    ("threads_zero", trainer(threads=0), ValueError, r"threads is 0; expected an integer of at least 1"),
    ("threads_bool", trainer(threads=True), TypeError, r"threads is True of type bool; expected an integer"),
    ("threads_all", trainer(threads=-1), ValueError, r"threads is -1; expected an integer of at least 1"),
    ("threads_many", trainer(threads=10**6), ValueError, r"threads is 1000000; Numba was started with \d+ \(NUMBA_NUM_THREADS\)"),
    ("precision_unknown", trainer(precision="float23"), ValueError, r"precision='float23' is not known; .*Did you mean 'float32'"),
    ("precision_none", trainer(precision=None), TypeError, r"precision is None of type NoneType; expected one of float32"),
    ("output_mismatch_ce", lambda kit: fastbp.Trainer(fastbp.MLP([3, 2], output_activation="sigmoid"), loss="cross_entropy"),
     ValueError, r"loss='cross_entropy' goes with output_activation softmax or identity; the model has sigmoid"),
    ("output_mismatch_bce", lambda kit: fastbp.Trainer(fastbp.MLP([3, 2], output_activation="softmax"), loss="binary_cross_entropy"),
     ValueError, r"loss='binary_cross_entropy' goes with output_activation sigmoid or identity; the model has softmax"),
    ("one_class", lambda kit: fastbp.Trainer(fastbp.MLP([3, 1]), loss="cross_entropy"),
     ValueError, r"loss='cross_entropy' needs at least 2 outputs, .*for one output use loss='binary_cross_entropy'"),
    ("epochs_negative", fit(epochs=-1), ValueError, r"epochs is -1; expected an integer of at least 0"),
    ("epochs_fraction", fit(epochs=0.5), TypeError, r"epochs is 0\.5 of type float; expected an integer"),
    ("epochs_bool", fit(epochs=True), TypeError, r"epochs is True of type bool; expected an integer"),
    ("epochs_none", fit(epochs=None), TypeError, r"epochs is None of type NoneType; expected an integer"),
    ("callbacks_function", fit(callbacks=lambda: True), TypeError, r"<lambda> takes \(\); expected \(run\), and be called after each"),
    ("callbacks_functions", fit(callbacks=[print, [].sort]), TypeError, r"sort takes \(\*, key=None, reverse=False\); expected \(run\)"),
    ("callbacks_class", fit(callbacks=fastbp.Callback), TypeError, r"callbacks has the class Callback; expected an object of it, as Cal"),
    ("callbacks_none", fit(callbacks=None), TypeError, r"callbacks has None of type NoneType; expected objects of classes made"),
    ("callbacks_text", fit(callbacks="early"), TypeError, r"callbacks has 'e' of type str; expected objects of classes made from Callback"),
    ("progress_word", fit(progress="yes"), ValueError, r"progress is 'yes'; expected 'auto', True or False"),
    ("progress_number", fit(progress=1), ValueError, r"progress is 1; expected 'auto', True or False"),
    ("progress_none", fit(progress=None), ValueError, r"progress is None; expected 'auto', True or False"),
    ("time_limit_zero", fit(time_limit=0), ValueError, r"time_limit is 0\.0; " + POSITIVE),
    ("time_limit_negative", fit(time_limit=-1), ValueError, r"time_limit is -1\.0; " + POSITIVE),
    ("time_limit_nan", fit(time_limit=np.nan), ValueError, r"time_limit is nan; " + POSITIVE),
    ("time_limit_text", fit(time_limit="30 s"), TypeError, r"time_limit is '30 s' of type str; expected a number"),
    ("time_limit_bool", fit(time_limit=True), TypeError, r"time_limit is True of type bool; expected a number"),
    ("lowest_zero", ranged(lowest=0), ValueError, r"lowest is 0\.0; " + POSITIVE),
    ("lowest_text", ranged(lowest="low"), TypeError, r"lowest is 'low' of type str; expected a number"),
    ("highest_less", ranged(lowest=0.5, highest=0.5), ValueError, r"highest is 0\.5; expected a number in \(0\.5, inf\)"),
    ("highest_too_large", ranged(highest=TOO_LARGE), ValueError, r"highest is 1e\+39; expected a number within the range of float32"),
    ("steps_one", ranged(steps=1), ValueError, r"steps is 1; expected an integer of at least 2"),
    ("steps_fraction", ranged(steps=0.5), TypeError, r"steps is 0\.5 of type float; expected an integer"),
    ("range_weights", ranged(sample_weight=-X[:, 0]), ValueError, r"sample_weight\[\d\] is -"),
    ("validation_number", fit(validation_data=0.2), TypeError, r"validation_data is of type float; expected \(X, y\) or \(X, y, sam"),
    ("validation_array", fit(validation_data=X), TypeError, r"validation_data is of type ndarray; expected \(X, y\) or \(X, y, sam"),
    ("validation_alone", fit(validation_data=(X,)), TypeError, r"validation_data has 1 entry; expected \(X, y\) or \(X, y, sam"),
    ("validation_four", fit(validation_data=(X, LABELS, None, 1)), TypeError, r"validation_data has 4 entries; expected \(X, y\) or"),
    ("every_number", checkpoint(every=5), TypeError, r"every is 5 of type int; " + EVERY),
    ("every_none", checkpoint(every=None), TypeError, r"every is None of type NoneType; " + EVERY),
    *[(f"every_{text}", checkpoint(every=text), ValueError, rf"every is '{re.escape(text)}'; " + EVERY)
      for text in ("", "10", "steps", "0 steps", "-1 s", "1.5 epochs", "3 weeks", "5 stepss", "1 ss", "2 s 3")],
    ("keep_zero", checkpoint(keep=0), ValueError, r"keep is 0; expected an integer of at least 1"),
    ("keep_none", checkpoint(keep=None), TypeError, r"keep is None of type NoneType; expected an integer"),
    ("checkpoint_path", lambda kit: fastbp.Checkpoint(3), TypeError, r"path is 3 of type int; " + PATH),
    ("checkpoint_no_path", lambda kit: fastbp.Checkpoint(""), TypeError, r"path is '' of type str; " + PATH),
    ("checkpoint_folder", fit(callbacks=fastbp.Checkpoint(Path(__file__).parent)), IsADirectoryError, r"is a folder; expected"),
    ("checkpoint_root", lambda kit: fastbp.Checkpoint("/"), ValueError, r"path is '/', a folder; expected the path of a file"),
    ("checkpoint_nowhere", fit(callbacks=fastbp.Checkpoint("/no/such/run")), FileNotFoundError, r"cannot write '/no/such/run': No such"),
    ("save_path", lambda kit: kit.trainer.save(None), TypeError, r"path is None of type NoneType; " + PATH),
    ("save_nowhere", lambda kit: kit.trainer.save("/no/such/run"), FileNotFoundError, r"cannot write '/no/such/run': No such file"),
    ("save_model_path", lambda kit: kit.model.save(3.5), TypeError, r"path is 3\.5 of type float; " + PATH),
    ("load_path", lambda kit: fastbp.MLP.load(None), TypeError, r"path is None of type NoneType; " + PATH),
    ("load_nowhere", lambda kit: fastbp.MLP.load("/no/such"), FileNotFoundError, r"no model file at '/no/such'"),
    ("resume_path", lambda kit: fastbp.Trainer.resume(3), TypeError, r"path is 3 of type int; " + PATH),
    ("resume_nowhere", lambda kit: fastbp.Trainer.resume("/no/such"), FileNotFoundError, r"no run file at '/no/such'"),
    ("resume_threads", lambda kit: fastbp.Trainer.resume("/no/such", threads=0), ValueError, r"threads is 0; expected an integer of at"),
    ("rate_zero", optimizer("SGD", 0), ValueError, r"learning_rate is 0\.0; " + POSITIVE),
    ("rate_negative", optimizer("SGD", -0.1), ValueError, r"learning_rate is -0\.1; " + POSITIVE),
    ("rate_nan", optimizer("Adam", float("nan")), ValueError, r"learning_rate is nan; " + POSITIVE),
    ("rate_inf", optimizer("RMSprop", float("inf")), ValueError, r"learning_rate is inf; " + POSITIVE),
    ("rate_text", optimizer("SGD", "0.1"), TypeError, r"learning_rate is '0\.1' of type str; expected a number"),
    ("rate_bool", optimizer("SGD", True), TypeError, r"learning_rate is True of type bool; expected a number"),
    ("rate_numpy_bool", optimizer("SGD", np.True_), TypeError, r"learning_rate is .*True.* of type bool; expected a number"),
    ("rate_none", optimizer("AdamW", None), TypeError, r"learning_rate is None of type NoneType; expected a number"),
    ("rate_complex", optimizer("AdamW", 1j), TypeError, r"learning_rate is 1j of type complex; expected a number"),
    ("rate_array", optimizer("Adam", np.array([0.1, 0.2])), TypeError, r"learning_rate is array.* of type ndarray; expected a number"),
    ("momentum_one", optimizer("SGD", momentum=1), ValueError, r"momentum is 1\.0; " + FRACTION),
    ("momentum_negative", optimizer("RMSprop", momentum=-0.5), ValueError, r"momentum is -0\.5; " + FRACTION),
    ("nesterov_alone", optimizer("SGD", nesterov=True), ValueError, r"nesterov=True needs a positive momentum; momentum is 0"),
    ("nesterov_number", optimizer("SGD", momentum=0.9, nesterov=1), TypeError, r"nesterov is 1 of type int; expected True or False"),
    ("centered_number", optimizer("RMSprop", centered=1), TypeError, r"centered is 1 of type int; expected True or False"),
    ("alpha_one", optimizer("RMSprop", alpha=1), ValueError, r"alpha is 1\.0; " + FRACTION),
    ("beta_1_one", optimizer("Adam", beta_1=1.0), ValueError, r"beta_1 is 1\.0; " + FRACTION),
    ("beta_2_negative", optimizer("AdamW", beta_2=-0.1), ValueError, r"beta_2 is -0\.1; " + FRACTION),
    ("epsilon_zero", optimizer("Adam", epsilon=0), ValueError, r"epsilon is 0\.0; " + POSITIVE),
    ("epsilon_text", optimizer("RMSprop", epsilon="tiny"), TypeError, r"epsilon is 'tiny' of type str; expected a number"),
    *[(f"decay_negative_{name}", optimizer(name, weight_decay=-1e-4), ValueError, r"weight_decay is -0\.0001; " + NOT_NEGATIVE)
      for name in ("SGD", "RMSprop", "Adam", "AdamW")],
    ("rate_made_bad", fit_after(learning_rate=-1), ValueError, r"learning_rate is -1\.0; " + POSITIVE),
    ("beta_made_bad", fit_after(beta_1="0.9"), TypeError, r"beta_1 is '0\.9' of type str; expected a number"),
    ("rate_too_large", fit_after(learning_rate=TOO_LARGE), ValueError, r"learning_rate is 1e\+39"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), [pytest.param(*case, id=name) for name, *case in ARGUMENT_CASES])
def test_bad_call_is_refused_and_changes_nothing(call, error, message):
    check_refused(call, error, message)


def test_case_names_are_unique():
    names = [name for name, *_ in ARGUMENT_CASES]
    assert len(set(names)) == len(names)
