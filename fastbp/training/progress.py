"""The progress bar."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from fastbp.compiling.loading import hold_at_forks, imported

# Figures that a bar shows: more leave it no room.
_MOST = 5


def check_progress(progress: object) -> bool:
    """Whether to show a bar: as asked, or for ``"auto"`` when standard error is a terminal."""
    if progress == "auto" and isinstance(progress, str):
        return sys.stderr is not None and sys.stderr.isatty()
    if isinstance(progress, bool):
        return progress
    raise ValueError(f"progress is {progress!r}; expected 'auto', True or False")


class Progress:
    """A tqdm bar over the samples of a ``fit``, with its speed, loss and validation loss; nothing at all when not shown."""

    def __init__(self, shown: bool, samples: int) -> None:
        self._bar: Any = None if not shown else _bars()(total=samples, unit=" samples", unit_scale=True, dynamic_ncols=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, samples: int) -> None:
        """Move on by that many samples."""
        if self._bar is not None:
            self._bar.update(samples)

    def epoch(self, number: int, loss: float, validation: dict[str, float], training: dict[str, float]) -> None:
        """Show the figures of a finished epoch, or the first of them."""
        self.show(f"epoch {number}", {"loss": loss} | {f"val_{name}": value for name, value in validation.items()} | training)

    def show(self, what: str, scores: dict[str, float]) -> None:
        """Show some words, and figures, or the first of them."""
        if self._bar is not None:
            figures = {name: f"{value:.4g}" for name, value in list(scores.items())[:_MOST]}
            self._bar.set_description(what, refresh=False)
            self._bar.set_postfix(figures)


@imported
def _bars() -> Any:
    """The class of the bars.

    tqdm's have a lock between processes, too, which a child that is forked while a thread holds it never gives back. Ours share the one
    between threads with them, and a fork waits for it.
    """
    from tqdm import tqdm
    from tqdm.std import TqdmDefaultWriteLock

    class Bar(tqdm):  # type: ignore[misc]
        # No thread that looks after slow bars.
        monitor_interval = 0

    Bar.set_lock(TqdmDefaultWriteLock.th_lock)
    hold_at_forks(TqdmDefaultWriteLock.th_lock)
    return Bar
