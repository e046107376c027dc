"""Whoever comes from another library is told what an argument is called here, and where it belongs."""

import copy
import inspect
import pickle

import pytest
from small_task import LABELS, X, make

import fastbp
from fastbp import _arguments
from fastbp._arguments import own_names

OURS = [
    (fastbp.Adam, {"lr": 0.1}, "learning_rate"),
    (fastbp.Adam, {"betas": (0.9, 0.99)}, "beta_1, beta_2"),
    (fastbp.AdamW, {"beta1": 0.9}, "beta_1"),
    (fastbp.RMSprop, {"eps": 1e-8}, "epsilon"),
    (fastbp.RMSprop, {"rho": 0.9}, "alpha"),
    (fastbp.SGD, {"learning_rate_init": 0.1}, "learning_rate"),
    (fastbp.SGD, {"nesterovs_momentum": True}, "nesterov"),
    (fastbp.SGD, {"clipnorm": 1.0}, "clip_norm"),
    (fastbp.Rprop, {"etas": (0.5, 1.2)}, "shrink, grow"),
    (fastbp.LBFGS, {"max_fun": 3}, "max_evaluations"),
    (fastbp.LevenbergMarquardt, {"tol": 1e-3}, "tolerance"),
    (fastbp.StepDecay, {"gamma": 0.5}, "factor"),
    (fastbp.OneCycle, {"max_lr": 0.5}, "maximum"),
    (fastbp.Cosine, {"T_max": 5}, "length"),
    (fastbp.Plateau, {"monitor": "loss"}, "metric"),
    (fastbp.EMA, {"momentum": 0.9}, "decay"),
    (fastbp.Quantile, {"quantiles": [0.1]}, "levels"),
    (fastbp.BatchNorm, {"eps": 1e-3}, "epsilon"),
    (fastbp.EarlyStopping, {"monitor": "val_loss"}, "metric"),
    (fastbp.EarlyStopping, {"restore_best_weights": True}, "restore_best"),
    (fastbp.EarlyStopping, {"n_iter_no_change": 3}, "patience"),
    (fastbp.Checkpoint, {"filepath": "run"}, "path"),
    (fastbp.BestModel, {"filename": "best"}, "path"),
    (fastbp.TensorBoard, {"log_dir": "log"}, "folder"),
    (fastbp.MLP, {"hidden_layer_sizes": (3,)}, "layer_sizes"),
    (fastbp.MLP, {"hidden": 3}, "layer_sizes"),
    (fastbp.MLP, {"activation_fn": "relu"}, "activation"),
    (fastbp.MLP, {"random_state": 0}, "seed"),
    (fastbp.MLP, {"dropout_rate": 0.1}, "dropout"),
    (fastbp.Trainer, {"criterion": "squared_error"}, "loss"),
    (fastbp.Trainer, {"n_jobs": 2}, "threads"),
]
ELSEWHERE = [
    (fastbp.Trainer, {"lr": 0.1}, r"'lr'; learning_rate is given to the optimizer, as in optimizer=fastbp\.Adam\(learning_rate=0\.001\)"),
    (fastbp.Trainer, {"n_epochs": 3}, "'n_epochs'; epochs is given to fit"),
    (fastbp.Trainer, {"epochs": 3}, "'epochs'; epochs is given to fit"),
    (fastbp.Trainer, {"early_stopping": True}, r"early_stopping is given to fit as a callback, callbacks=fastbp\.EarlyStopping\(\)"),
    (fastbp.Trainer, {"activation": "relu"}, r"activation is given to fastbp\.MLP"),
    (fastbp.MLP, {"loss": "squared_error"}, r"loss is given to fastbp\.Trainer"),
    (fastbp.Adam, {"max_iter": 3}, "'max_iter'; epochs is given to fit"),
]


@pytest.mark.parametrize(("made", "given", "ours"), OURS, ids=lambda each: getattr(each, "__name__", None))
def test_the_name_here_is_told_and_it_is_one(made, given, ours):
    (name,) = given
    with pytest.raises(TypeError, match=rf"^{made.__name__}\({name}=\.\.\.\) is called '{ours}' here$"):
        made(**given)
    assert {*ours.split(", ")} <= {*inspect.signature(made).parameters}


@pytest.mark.parametrize(("made", "given", "said"), ELSEWHERE, ids=lambda each: getattr(each, "__name__", None))
def test_the_place_is_told(made, given, said):
    with pytest.raises(TypeError, match=f"^{made.__name__} has no argument .*{said}"):
        made(**given)


def test_fit_is_told_before_it_looks_at_data():
    trainer = make()
    for name, ours in {"n_epochs": "epochs", "verbose": "progress", "eval_set": "validation_data", "metric": "metrics", "x": "X"}.items():
        with pytest.raises(TypeError, match=rf"^fit\({name}=\.\.\.\) is called '{ours}' here$"):
            trainer.fit(**{name: 1})
    with pytest.raises(TypeError, match=r"^fit has no argument 'batch_size'; batch_size is given to fastbp\.Trainer$"):
        trainer.fit(X, LABELS, batch_size=3)
    assert trainer.steps == 0


def test_what_nobody_calls_so_is_pythons_to_refuse():
    with pytest.raises(TypeError, match="unexpected keyword argument 'learning_rat'"):
        fastbp.Adam(learning_rat=0.1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'epoch'"):
        make().fit(X, LABELS, epoch=1)
    with pytest.raises(TypeError, match=r"Tanh\(\) takes no arguments"):
        fastbp.Tanh(0.1)
    with pytest.raises(TypeError, match=r"Tanh\(\) takes no arguments"):
        fastbp.Tanh(alpha=0.1)


def test_classes_of_users_have_what_names_they_like():
    class Mine(fastbp.Callback):
        def __init__(self, monitor, **others):
            self.monitor, self.others = monitor, others

    mine = Mine(monitor="loss", filepath="here")
    assert (mine.monitor, mine.others) == ("loss", {"filepath": "here"})


def test_signatures_and_copies_are_as_without():
    assert [*inspect.signature(fastbp.Adam).parameters][:3] == ["learning_rate", "beta_1", "beta_2"]
    assert [*inspect.signature(fastbp.Trainer.fit).parameters][:4] == ["self", "X", "y", "epochs"]
    for made in (fastbp.Adam(0.3), fastbp.Cosine(0.1), fastbp.Huber(2.0), fastbp.EMA(0.9)):
        assert copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made


def test_a_function_may_look_at_its_names_too():
    @own_names
    def plan(epochs, momentum=0):
        return epochs

    assert plan(3) == plan(epochs=3) == 3
    with pytest.raises(TypeError, match=r"^plan\(nb_epoch=\.\.\.\) is called 'epochs' here$"):
        plan(nb_epoch=3)


def test_no_name_of_another_library_is_in_the_table_unreachable():
    assert all(name == _arguments.plain(name) for name in _arguments._OTHER_NAMES)
