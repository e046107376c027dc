"""What is ill about the data, for this model and loss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastbp._typing import Array
from fastbp.activations import Activation
from fastbp.data.rows import Rows
from fastbp.diagnosis.finding import Finding, plural
from fastbp.diagnosis.trial import Trial
from fastbp.kernels.codes import BATCH_NORM, LARGEST, NO_ACCURACY
from fastbp.training.run import Run

# Numbers of a column are best about 1 (Y. LeCun et al., "Efficient BackProp", 1998, section 4.3): a root mean square of ten times,
_LARGE = 10.0
# or of a hundredth in all columns, and the first weights have to make up for it.
_TINY = 0.01
# Numbers whose mean is so many times their spread differ hardly, for the net; small ones and columns of nearly nothing but ones may.
_OFFSET, _LEAST_OFFSET = 10.0, 3.0
# Constant columns differ by no more than this, as their mean is rounded.
_SAME = 1e-9
# Of an even share of the rows a class should have a tenth: of two classes that is 5 %, of ten 1 %.
_SHARE = 0.1
# With less rows a class nothing is said of its share.
_ROWS_OF_CLASS = 10
# Errors with batch normalisation rise below 16 rows, and much below 8 (Y. Wu, K. He, "Group Normalization", ECCV 2018, figure 1).
_FEW = 8
# Logits between which an activation reaches its limits, and what is called one.
_LOGITS = np.linspace(-700.0, 700.0, 14001)
_LIMIT = 100.0
# Some never get there: targets are not out of reach that are a hundredth beyond.
_SLACK = 0.01


def data_findings(trial: Trial) -> Iterator[Finding]:
    """All but what `of_columns` finds."""
    run, rows = trial.run, trial.rows
    yield from _inputs(rows.inputs(trial.sample).astype(np.float64))
    if run.loss.accuracy == NO_ACCURACY:
        targets = rows.targets[trial.sample].astype(np.float64)
        yield from _targets(targets[~np.isnan(targets)], run.model.output_activation)
    else:
        yield from _balance(run, rows)
    yield from _batches(run, rows.n_rows)


def _inputs(X: Array) -> Iterator[Finding]:
    sizes, means, spreads = np.sqrt((X**2).mean(axis=0)), X.mean(axis=0), X.std(axis=0)
    large, worst = np.flatnonzero(sizes > _LARGE), int(sizes.argmax())
    offset = np.flatnonzero((np.abs(means) > np.maximum(_LEAST_OFFSET, _OFFSET * spreads)) & (sizes <= _LARGE))
    offset = offset[spreads[offset] > _SAME * sizes[offset]]
    advice = "Scale the columns to mean 0 and standard deviation 1, such as scikit-learn's StandardScaler does."
    numbers = {"column": worst, "rms": float(sizes[worst])}
    if large.size:
        own = f"that of column {worst} is {sizes[worst]:.3g}"
        what = f"{large.size:,} of {plural(X.shape[1], 'column')} of X have a root mean square above {_LARGE:g}; {own}."
        yield Finding("unscaled inputs", what, advice, numbers | {"columns": large.size})
    elif 0 < sizes[worst] < _TINY:
        what = f"no column of X has a root mean square above {sizes[worst]:.1e}."
        yield Finding("unscaled inputs", what, advice, numbers)
    for column in offset[:1]:
        own = f"column {column} is {means[column]:.3g} +- {spreads[column]:.1e}"
        what = f"the numbers of {plural(offset.size, 'column')} of X hardly differ from their mean: {own}."
        yield Finding("unscaled inputs", what, advice, {"column": column, "mean": float(means[column]), "std": float(spreads[column])})


def _targets(targets: Array, output: Activation) -> Iterator[Finding]:
    if not targets.size:
        return
    low, high = limits(output)
    slack = _SLACK * (1 + min(abs(low), abs(high)))
    beyond = int(((targets < low - slack) | (targets > high + slack)).sum())
    if beyond:
        what = f"{beyond:,} of {targets.size:,} targets are beyond what {output.name} outputs give, {low:g} to {high:g}."
        advice = "Scale the targets into that range, or take output_activation='identity'."
        yield Finding("targets out of reach", what, advice, {"targets": beyond, "low": low, "high": high})
    size, mean, spread = float(np.sqrt((targets**2).mean())), float(targets.mean()), float(targets.std())
    # The logarithm of what an exponential output gives is what is learnt.
    well = size == 0 or (_TINY <= size <= _LARGE and abs(mean) < max(_LEAST_OFFSET, _OFFSET * spread))
    if well or beyond or output.name == "exponential":
        return
    what = f"the targets are {mean:.3g} +- {spread:.3g}, with a root mean square of {size:.3g}."
    advice = "Scale them to mean 0 and standard deviation 1, and the predictions back."
    yield Finding("unscaled targets", what, advice, {"mean": mean, "std": spread, "rms": size})


def limits(output: Activation) -> tuple[float, float]:
    """Between which numbers the outputs of an activation lie; infinite where there is no limit worth the name."""
    if output.output_only or output.name == "custom":
        return -np.inf, np.inf
    with np.errstate(all="ignore"):
        reached = output.reference(_LOGITS)
    low, high = float(reached.min()), float(reached.max())
    return round(low, 2) if low > -_LIMIT else -np.inf, round(high, 2) if high < _LIMIT else np.inf


def _balance(run: Run, rows: Rows) -> Iterator[Finding]:
    groups = run.targets.groups(rows.targets)
    if groups is None or run.targets.may_miss:
        return
    if rows.target_width == 1:
        # Classes without a row count, too.
        column = rows.targets[:, 0]
        groups = (column if run.loss.accuracy == LARGEST else column > 0).astype(np.int64)
    weights, classes = rows.weights(slice(None)), max(2, run.model.layer_sizes[-1])
    counts = np.bincount(groups, None if weights is None else weights.astype(np.float64), classes)
    rarest, even = int(counts.argmin()), rows.n_rows / classes
    if even < _ROWS_OF_CLASS or counts[rarest] >= _SHARE * even:
        return
    label, share = (run.model.classes or range(classes))[rarest], float(counts[rarest] / counts.sum())
    yield Finding(
        "labels out of balance",
        f"class {label!r} has {share:.2%} of the rows, by their weights; an even share of {classes} classes is {1 / classes:.2%}.",
        "Train with class_weight='balanced', and look at balanced_accuracy or f1, not at accuracy.",
        {"share": share, "classes": classes},
    )


def _batches(run: Run, n_rows: int) -> Iterator[Finding]:
    batch, shards = run.rows_of_step(n_rows), run.shards
    least, rest = max(1, batch // shards), n_rows % batch
    if run.model.between.code != BATCH_NORM or (least >= _FEW and not 0 < rest < 2 * shards):
        return
    last = f"the last batch of an epoch has {'1 row' if shards == 1 else 'shards of 1 row'} ({n_rows:,} rows by {batch:,})"
    found = last if least >= _FEW else f"a {'step' if shards == 1 else 'shard'} has {plural(least, 'row')}"
    yield Finding(
        "few rows for batch normalisation",
        f"{found}, too few for means and variances.",
        f"Take a batch_size of {2 * _FEW * shards} or more that leaves no single row, or normalization='layer'.",
        {"rows": 1 if least >= _FEW else least},
    )
