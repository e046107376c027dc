"""The file of a run before this one is not lost."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

from fastbp.files.sealed import link_beside
from fastbp.training.run import Run


def keep_before(path: Path, run: Run, why: str) -> None:
    """Give the file that a run finds when it begins at step 0 another name beside its own, and warn."""
    if run.steps == 0 and not run.resumed and path.exists():
        before = link_beside(path, _names(path))
        told = f"this run begins at step 0, and {str(path)!r} holds another: {why}. It is kept as {str(before)!r}"
        warnings.warn(told, UserWarning, stacklevel=3)


def _names(path: Path) -> Iterator[Path]:
    """What the files of runs before this one may be called."""
    for number in itertools.count(1):
        ending = "-before" if number == 1 else f"-before-{number}"
        yield path.with_name(f"{path.stem}{ending}{path.suffix}")
