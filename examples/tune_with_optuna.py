"""Settings found by Optuna: learning rate, width and dropout of a net for handwritten digits (they come with scikit-learn).

Each trial trains a net and reports its validation accuracy after every epoch with `OptunaPruning`; trials that fall behind the others
are ended early. The study is in an SQLite file, here in a temporary folder: from one that stays it goes on another day, and several
processes may work on it. The best settings train a net on all rows but the test's. Run it with ``python examples/tune_with_optuna.py``;
it needs ``pip install "fastbp[examples,optuna]"``.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import fastbp

try:
    import optuna
except ImportError:
    raise SystemExit('Optuna is not here: pip install "fastbp[optuna]"') from None

TRIALS, EPOCHS = 12, 15


def load():
    """Images and digits to train on, and those held out; by mean and deviation of the former."""
    images, digits = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(images, digits, test_size=0.25, stratify=digits, random_state=0)
    # One deviation for all: pixels have the same unit, and some are always white.
    mean, deviation = X.mean(axis=0), X.std()
    return (X - mean) / deviation, (X_test - mean) / deviation, y, y_test


def build(learning_rate, width, dropout):
    """A trainer with these settings."""
    model = fastbp.MLP([64, width, 10], activation="relu", dropout=dropout, seed=0)
    return fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.Adam(learning_rate), batch_size=32, seed=0)


def main():
    """Search, then train with what was found."""
    X, X_test, y, y_test = load()

    def objective(trial):
        trainer = build(
            trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True),
            trial.suggest_int("width", 8, 128, log=True),
            trial.suggest_float("dropout", 0.0, 0.5),
        )
        pruning = fastbp.OptunaPruning(trial, "val_accuracy")
        history = trainer.fit(X, y, epochs=EPOCHS, validation_split=0.2, callbacks=pruning)
        return history.val_accuracy[-1]

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        study = optuna.create_study(
            storage=f"sqlite:///{Path(folder) / 'study.db'}",
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=6),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=3),
        )
        study.optimize(objective, n_trials=TRIALS)
        trials, best, accuracy = study.trials, study.best_params, study.best_value

    pruned = [trial for trial in trials if trial.state == optuna.trial.TrialState.PRUNED]
    epochs = sum(len(trial.intermediate_values) for trial in trials)
    print(f"{len(trials)} trials, {len(pruned)} of them ended early: {epochs} epochs in place of {TRIALS * EPOCHS}")
    print(f"the best: {', '.join(f'{name} {value:.3g}' for name, value in best.items())}; validation accuracy {accuracy:.1%}")
    finished = [trial.value for trial in trials if trial not in pruned]
    print(f"of the {len(finished)} that were finished: from {min(finished):.1%} to {max(finished):.1%}, median {np.median(finished):.1%}")
    trainer = build(**best)
    trainer.fit(X, y, epochs=EPOCHS)
    print(f"trained on all rows: {trainer.evaluate(X_test, y_test)['accuracy']:.1%} of {y_test.size} held-out digits are read rightly")


if __name__ == "__main__":
    main()
