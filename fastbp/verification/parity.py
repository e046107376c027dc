"""Results on several threads against those on one, and what is left of the caller's own thread count."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from fastbp.optimizers import Optimizer
from fastbp.processors.threads import set_threads
from fastbp.verification.deviation import Deviation, Findings, layers, same_bits
from fastbp.verification.paths import PATHS, Path, optimizers

#: Threads that Numba was started with.
AVAILABLE: int = getattr(numba.config, "NUMBA_NUM_THREADS")  # noqa: B009  # Numba's stubs do not know it
#: Numbers of threads to compare with one: even, odd, and all.
COUNTS = sorted({count for count in (2, 3, AVAILABLE) if 1 < count <= AVAILABLE})


def thread_counts_give_the_same_bits() -> Findings:
    """Everything that training leaves behind, for every way through the kernels, with the optimizers in turn."""
    deviations, choices = [], optimizers()
    for i, path in enumerate(PATHS):
        for j, dtype in enumerate(("float64", "float32")):
            optimizer = choices[(2 * i + j) % len(choices)]
            one = _results(path, optimizer, dtype, 1, mine=1)
            for threads in (*COUNTS, None):
                told = "threads=None" if threads is None else f"{threads} threads"
                found = _results(path, optimizer, dtype, threads, mine=threads or AVAILABLE)
                deviations += [same_bits(f"{path}, {optimizer}, {dtype}, {told}: {name}", found[name], one[name]) for name in one]
    counts = ", ".join(map(str, [1, *COUNTS]))
    return Findings(deviations, f"compared: {counts} threads and threads=None" if COUNTS else "Numba was started with one thread")


def callers_thread_count_is_restored() -> Findings:
    """After training, evaluating and predicting, on every number of threads."""
    path, deviations = next(path for path in PATHS if path.name == "wide layers"), []
    for mine in sorted({1, AVAILABLE}):
        for threads in (*COUNTS, None):
            with set_threads(mine):
                _train(path, "sgd", "float32", threads)
                left = numba.get_num_threads()
            where = f"numba.get_num_threads() after threads={threads}"
            deviations.append(Deviation(where, abs(left - mine), 0, str(left), str(mine)))
    return Findings(deviations)


def _results(path: Path, optimizer: Optimizer, dtype: str, threads: int | None, mine: int) -> dict[str, Any]:
    """What `_train` gives where the caller has `mine` threads: predictions take up to as many."""
    with set_threads(mine):
        return _train(path, optimizer, dtype, threads)


def _train(path: Path, optimizer: Optimizer | str, dtype: str, threads: int | None) -> dict[str, Any]:
    X, t = path.data(dtype)
    trainer = path.trainer(optimizer, dtype, threads)
    loss, *kinds = trainer.loss_and_gradients(X, t)
    gradients = [array for kind in kinds for array in kind]
    history = trainer.fit(X, t, epochs=2)
    scores = np.array(list(trainer.evaluate(X, t).values()))
    found = {"loss_and_gradients' loss": loss, "history.loss": np.array(history.loss), "evaluate": scores}
    found["predict"] = trainer.model.predict(X)
    found |= {f"gradient of {name}": array for name, array in zip(layers(trainer.model), gradients, strict=True)}
    return found | trainer.model.named_arrays()
