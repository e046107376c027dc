"""Write run_v1.safetensors, a run of format version 1 that later versions of fastbp must read: stopped in the midst of its third epoch.

    python tests/stored/make_run_v1.py

It is written once. Who raises the version keeps this file and writes another beside it.
"""

import sys
from pathlib import Path

import fastbp

_FOLDER = Path(__file__).parent
STEPS = 17


class Stop(fastbp.Callback):
    """Ends training after so many steps."""

    def steps_to_pause(self, trainer):
        """Steps that are left."""
        return max(1, STEPS - trainer.steps)

    def on_pause(self, trainer):
        """Stop there."""
        return trainer.steps == STEPS


def stopped_run():
    """The run, made anew."""
    sys.path.insert(0, str(_FOLDER.parent / "helpers"))
    from small_task import LABELS, X, make

    trainer = make("adam", threads=1)
    trainer.fit(X, LABELS, epochs=9, validation_data=(X[:20], LABELS[:20]), callbacks=Stop())
    return trainer


if __name__ == "__main__":
    stopped_run().save(_FOLDER / "run_v1.safetensors")
