"""A run that is recorded, or whose descent is certified: the job of a process that is killed."""

import time
import warnings
from dataclasses import asdict, astuple
from pathlib import Path

import fork_server
from runs import Tell, digest
from small_task import LABELS, X, make

import fastbp

RUN, RECORDING = "run.safetensors", "recording"
_EPOCHS = 12
#: Who looks at the run, and at which.
KINDS = {
    "record": ("adam", {"between": "batch"}),
    "record_layers": ("lamb_clipped", {"between": "layer"}),
    "certify": (fastbp.SGD(12.0, momentum=0.5), {}),
}


def _callback(kind, folder):
    if kind == "certify":
        return fastbp.Certify(every=3, rows=30, backtrack=True)
    record = fastbp.Record(Path(folder) / RECORDING, every=2, weights="all")
    # Some steps a part.
    record.part_megabytes = 0.03
    return record


def train(folder, kind, every, threads):
    """Resume the run, or begin it, and train to its end; the bits of all that is left, the certificate and the rises."""
    # Killed before its first checkpoint it begins anew, and finds what the first left.
    warnings.filterwarnings("ignore", message="this run begins at step 0")
    place, (optimizer, settings) = Path(folder) / RUN, KINDS[kind]
    trainer = fastbp.Trainer.resume(place, threads=threads) if place.exists() else make(optimizer, threads=threads, **settings)
    callback = _callback(kind, folder)
    checkpoint = [fastbp.Checkpoint(place, every)] if every else []
    begin = time.perf_counter()
    trainer.fit(X, LABELS, epochs=_EPOCHS - trainer.epoch, callbacks=[Tell(), callback, *checkpoint])
    fork_server.say(f"end {time.perf_counter() - begin}")
    told = [asdict(callback.certificate), [astuple(rise) for rise in callback.rises]] if kind == "certify" else None
    return digest(trainer), trainer.steps, told
