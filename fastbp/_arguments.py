"""What other libraries call arguments: whoever gives one is told what it is called here, or where it belongs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, Self, TypeVar

from fastbp._names import plain

Given = ParamSpec("Given")
Result = TypeVar("Result")

# Of each argument the names elsewhere, in small letters without underscores. Several that are one elsewhere stand in one entry.
_ELSEWHERE = {
    "learning_rate": "lr eta eta0 learningrateinit",
    "beta_1, beta_2": "betas",
    "beta_1": "beta1 b1",
    "beta_2": "beta2 b2",
    "epsilon": "eps",
    "weight_decay": "l2 l2penalty wd",
    "nesterov": "nesterovsmomentum usenesterov",
    "clip_norm": "clipnorm globalclipnorm maxgradnorm gradclip gradientclip gradientclipval clipgradnorm",
    "clip_value": "clipvalue clipgradvalue",
    "initial_accumulator": "initialaccumulatorvalue",
    "shrink, grow": "etas",
    "least, most": "stepsizes",
    "max_evaluations": "maxfun maxeval maxfev",
    "tolerance": "tol gtol tolerancegrad",
    "damping": "mu tau",
    "alpha": "rho smoothing",
    "negative_slope": "alpha slope",
    "initial": "initiallearningrate initvalue lr learningrate",
    "maximum": "maxlr maxlearningrate lr learningrate",
    "factor": "gamma decayrate",
    "every": "stepsize decaysteps period savefreq everynepochs updateevery swafreq",
    "length": "tmax t0 totalsteps decaysteps warmupsteps steps",
    "final": "etamin minlr endlearningrate",
    "minimum": "minlr",
    "growth": "tmult",
    "warm": "pctstart",
    "metric": "monitor scoring",
    "min_delta": "threshold tol",
    "patience": "niternochange",
    "restore_best": "restorebestweights",
    "path": "filepath filename dirpath",
    "keep": "maxtokeep savetopk",
    "folder": "logdir savedir",
    "experiment": "experimentname",
    "decay": "momentum beta",
    "start": "swastart",
    "label_smoothing": "smoothing",
    "levels": "quantiles quantile q taus",
    "layer_sizes": "hiddenlayersizes hidden hiddensizes hiddenunits hiddendims layers sizes units dims",
    "activation": "activationfn activationfunction activations act hiddenactivation nonlinearity",
    "output_activation": "outactivation outputactivationfn lastactivation finalactivation",
    "init": "initializer initialization kernelinitializer weightinit",
    "seed": "randomstate randomseed rng",
    "dropout": "dropoutrate dropoutp droprate",
    "normalization": "normalisation norm batchnorm usebatchnorm normlayer",
    "classes": "labels classnames",
    "loss": "criterion lossfn lossfunction lossfunc objective",
    "optimizer": "optim optimiser solver",
    "batch_size": "batchsize bs minibatchsize",
    "threads": "njobs numthreads nthreads numworkers workers",
    "epochs": "nepochs nbepoch numepochs maxepochs maxiter niter iterations",
    "validation_data": "evalset valdata validationset validdata",
    "validation_split": "validationfraction valsplit validationsize valsize testsize",
    "progress": "verbose progressbar showprogress disp",
    "sample_weight": "sampleweights weights weight",
    "callbacks": "callback",
    "metrics": "metric scorers",
    "time_limit": "timeout maxtime timebudget",
    "early_stopping": "earlystopping",
    "X": "x",
    "y": "y target targets labels",
}
_OTHER_NAMES: dict[str, list[str]] = {}
for _ours, _theirs in _ELSEWHERE.items():
    for _name in _theirs.split():
        _OTHER_NAMES.setdefault(_name, []).append(_ours)

# Where arguments belong that are given in the wrong place.
_PLACES = {
    **dict.fromkeys(("layer_sizes", "activation", "output_activation", "init", "dropout", "normalization"), "fastbp.MLP"),
    **dict.fromkeys(("loss", "optimizer", "batch_size", "threads", "shuffle", "class_weight", "average"), "fastbp.Trainer"),
    **dict.fromkeys(("epochs", "validation_data", "validation_split", "progress", "callbacks", "metrics", "time_limit"), "fit"),
    **dict.fromkeys(("momentum", "weight_decay", "clip_norm"), "the optimizer"),
    "learning_rate": "the optimizer, as in optimizer=fastbp.Adam(learning_rate=0.001)",
    "early_stopping": "fit as a callback, callbacks=fastbp.EarlyStopping()",
    "patience": "a callback, callbacks=fastbp.EarlyStopping(patience=10)",
}


class OwnNames:
    """Base of classes that users make objects of."""

    def __new__(cls, *args: Any, **given: Any) -> Self:
        """Look at the names of arguments."""
        # What has an __init__ would not let pass what it does not know; `object` does when there is a __new__.
        if cls.__init__ is object.__init__ and (args or given):
            raise TypeError(f"{cls.__name__}() takes no arguments")
        own: Any = cls
        for name in given:
            _check(own, cls.__name__, name)
        return super().__new__(cls)


def own_names(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function look at the names of its arguments."""

    @functools.wraps(function)
    def checked(*args: Given.args, **given: Given.kwargs) -> Result:
        for name in given:
            _check(function, function.__name__, name)
        return function(*args, **given)

    return checked


# What has passed is looked up once: a signature takes a tenth of a millisecond.
@functools.cache
def _check(function: Any, called: str, name: str) -> None:
    """Raise TypeError for a name that is another library's, or belongs elsewhere."""
    meant = [name, *_OTHER_NAMES.get(plain(name), ())]
    if len(meant) == 1 and name not in _PLACES:
        return
    parameters = inspect.signature(function).parameters
    if name in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return
    for ours in meant:
        if {*ours.split(", ")} <= {*parameters}:
            raise TypeError(f"{called}({name}=...) is called {ours!r} here")
    for ours in meant:
        if ours in _PLACES:
            raise TypeError(f"{called} has no argument {name!r}; {ours} is given to {_PLACES[ours]}")
