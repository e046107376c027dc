"""A small task and what the tests of the trainer make of it."""

import threading

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

import fastbp

RANDOM = np.random.default_rng(0)
N = 50
X = RANDOM.normal(size=(N, 3)).astype(np.float32)
LABELS = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
TARGETS = np.stack([X[:, 0] - X[:, 2], X[:, 1] ** 2], axis=1)

OPTIMIZERS = {
    "sgd": lambda: fastbp.SGD(0.1),
    "momentum": lambda: fastbp.SGD(0.1, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda: fastbp.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: fastbp.RMSprop(0.01),
    "rmsprop_centered": lambda: fastbp.RMSprop(0.01, momentum=0.5, centered=True, weight_decay=1e-3),
    "adam": lambda: fastbp.Adam(0.01, weight_decay=1e-3),
    "adamw": lambda: fastbp.AdamW(0.01),
}
# Each in the course of a schedule, with a weight decay that changes, too; those without schedules as they are.
SCHEDULED = {
    "sgd_step": lambda: fastbp.SGD(fastbp.StepDecay(0.1, 0.9, "1 epoch"), momentum=fastbp.PolynomialDecay(0.9, 0.5)),
    "rmsprop_cosine": lambda: fastbp.RMSprop(fastbp.Cosine(0.01), weight_decay=1e-3),
    "adam_warmup": lambda: fastbp.Adam(fastbp.Warmup(fastbp.FlatCosine(0.01), "2 epochs")),
    "adamw_one_cycle": lambda: fastbp.AdamW(fastbp.OneCycle(0.01), weight_decay=fastbp.PolynomialDecay(0.1)),
    "adagrad_inverse": lambda: fastbp.Adagrad(fastbp.InverseScaling(0.1), initial_accumulator=0.1),
    "adadelta_exponential": lambda: fastbp.Adadelta(fastbp.ExponentialDecay(1.0)),
    "adamax_coslog4": lambda: fastbp.Adamax(fastbp.CosLog4(0.01)),
    "nadam_one_cycle": lambda: fastbp.NAdam(fastbp.OneCycle(0.01)),
    "radam_restarts": lambda: fastbp.RAdam(fastbp.CosineRestarts(0.01, "2 epochs", 2), beta_2=0.9),
    "amsgrad_multi_step": lambda: fastbp.AMSGrad(fastbp.MultiStep(0.01, (0.5, 0.75))),
    "lion_sequence": lambda: fastbp.Lion(fastbp.Sequence(((1e-4, 20), (fastbp.Cosine(1e-3), None))), weight_decay=fastbp.Cosine(0.1)),
    "rprop": lambda: fastbp.Rprop(),
    "irprop_minus": lambda: fastbp.IRpropMinus(),
    "adam_plateau": lambda: fastbp.Adam(fastbp.Plateau(0.02, 0.7, 1, "val_loss", min_delta=0.01, cooldown=1), weight_decay=1e-3),
    "lamb_clipped": lambda: fastbp.LAMB(fastbp.Warmup(0.01, "1 epoch"), clip_norm=0.5),
}

# What takes the whole set, and goes on for as long as it is asked to.
SOLVERS = {
    "lbfgs": lambda: fastbp.LBFGS(tolerance=0, history_size=4, weight_decay=1e-5),
    "levenberg_marquardt": lambda: fastbp.LevenbergMarquardt(tolerance=0, damping=0.1),
}


# What lies between the layers, and what is asked of the trainer with it.
BETWEEN = {
    "": ({}, {}),
    "batch": ({"normalization": "batch", "dropout": fastbp.Cosine(0.3), "input_noise": 0.1}, {"average": "ema", "accumulate": 2}),
    "layer": ({"normalization": "layer", "dropout": 0.2, "input_dropout": 0.1}, {"average": "swa"}),
    "mixed": ({"normalization": "layer", "dropout": 0.2}, {"mixup": 0.4}),
}


def make(
    optimizer="adam", *, loss="cross_entropy", batch_size=8, model_seed=0, dtype="float32", hidden=6, activation="tanh", between="",
    **settings,
):  # fmt: skip
    model = fastbp.MLP([3, *np.ravel(hidden).tolist(), 2], activation=activation, dtype=dtype, seed=model_seed, **BETWEEN[between][0])
    settings = BETWEEN[between][1] | settings
    given = (OPTIMIZERS | SCHEDULED | SOLVERS)[optimizer]() if isinstance(optimizer, str) else optimizer
    return fastbp.Trainer(model, loss=loss, optimizer=given, batch_size=batch_size, **({"seed": 0} | settings))


def bits(trainer):
    """All that a run may leave behind, piece by piece, but its times, why it stopped, which data it saw and what it planned."""
    found = {}
    for name, part in trainer.run.parts.items():
        for key, value in part.state().items():
            if key == "current" and value is not None:
                value = {field: entry for field, entry in value.items() if field != "seconds"}
            if (name, key) not in _NO_BITS:
                found[name, key] = value.tobytes() if isinstance(value, np.ndarray) else value
    return found


_NO_BITS = {("history", "seconds"), ("history", "samples_per_second"), ("history", "stopped"), ("data", "known")}
# What the last call was to do, which a schedule follows: the weights show whether it did.
_NO_BITS |= {("plan", "begin"), ("plan", "end"), ("plan", "per_epoch")}


def saved(trainer, path):
    """All that its file holds, times too: each entry and each array to the bit. The entries come in any order, which the checksum sees."""
    trainer.save(path)
    with safe_open(path, framework="np") as file:
        entries = {name: entry for name, entry in file.metadata().items() if name != "checksum"}
    return entries, {name: (str(array.dtype), array.shape, array.tobytes()) for name, array in load_file(path).items()}


class Recorder(fastbp.Callback):
    """Writes down what it is called for; stops after epoch `stop`; fails where asked."""

    def __init__(self, name="", calls=None, stop=None, fail=None):
        self.name, self.calls, self.stop, self.fail = name, [] if calls is None else calls, stop, fail

    def note(self, event, trainer):
        self.calls.append((self.name, event, trainer.epoch))
        if event == self.fail:
            raise RuntimeError(f"{self.name} failed")

    def on_fit_begin(self, trainer):
        self.note("begin", trainer)

    def on_epoch_end(self, trainer):
        self.note("epoch", trainer)
        return trainer.epoch == self.stop

    def on_fit_end(self, trainer):
        self.note("end", trainer)


class StopAt(fastbp.Callback):
    """Ends training after so many steps."""

    def __init__(self, steps):
        self.steps = steps

    def steps_to_pause(self, trainer):
        return self.steps - trainer.steps if trainer.steps < self.steps else None

    def on_pause(self, trainer):
        return trainer.steps >= self.steps


class TooFast(fastbp.Callback):
    """Makes the step after so many the last finite one."""

    def __init__(self, steps):
        self.steps = steps

    def steps_to_pause(self, trainer):
        return max(1, self.steps - trainer.steps)

    def on_pause(self, trainer):
        if trainer.steps == self.steps:
            trainer.optimizer.learning_rate = trainer.optimizer.weight_decay = 3e38


def told_in_another_thread(trainer, call):
    """What a call is told, in words, while ``fit`` of this thread has the model."""
    errors = []

    def ask():
        try:
            call()
        except RuntimeError as error:
            errors.append(str(error))

    with trainer.model.turns.use("fit"):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    return errors
