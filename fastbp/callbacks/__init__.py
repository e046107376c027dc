"""What may happen between steps and epochs, and the one table of the callbacks.

==============  =====================================================================
name            what it does
==============  =====================================================================
checkpoint      writes the run to a file, from which it goes on to the last bit
early_stopping  stops when a metric gets no better, and puts the best weights back
best_model      writes the model of the best epoch to a file
csv_log         writes the history to a CSV file, a row an epoch
tensorboard     writes the history for TensorBoard
mlflow          logs settings and history to MLflow
optuna_pruning  reports to an Optuna trial, and ends it when its pruner says so
certify         compares the cost after each step with the one before
record          writes to files which rows move which weights
==============  =====================================================================

`base` has what all are made from; a function of the run, called after each epoch, is a callback, too.
"""

from __future__ import annotations

from fastbp._table import Table

CALLBACKS: Table[type] = Table(
    {
        "checkpoint": ("fastbp.callbacks.checkpoint", "Checkpoint"),
        "early_stopping": ("fastbp.callbacks.early_stopping", "EarlyStopping"),
        "best_model": ("fastbp.callbacks.best_model", "BestModel"),
        "csv_log": ("fastbp.callbacks.csv_log", "CSVLog"),
        "tensorboard": ("fastbp.callbacks.tensorboard", "TensorBoard"),
        "mlflow": ("fastbp.callbacks.mlflow", "MLflow"),
        "optuna_pruning": ("fastbp.callbacks.optuna_pruning", "OptunaPruning"),
        "certify": ("fastbp.callbacks.certify", "Certify"),
        "record": ("fastbp.callbacks.record", "Record"),
    },
)
#: The modules of the classes, which are imported when they are asked for.
MODULES = CALLBACKS.modules()
