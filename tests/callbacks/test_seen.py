"""A run is known again by its last epoch."""

import json

from small_task import LABELS, X, make

import fastbp
from fastbp.callbacks.seen import Seen


def test_a_run_is_known_again(tmp_path):
    trainer, other, seen = make(), make(model_seed=7), Seen()
    for each in (trainer, other):
        each.fit(X, LABELS, epochs=2)
    assert seen.nothing and seen.knows(trainer.run) and seen.knows(other.run)
    seen.note(make().run)
    assert seen.nothing
    seen.note(trainer.run)
    assert seen.knows(trainer.run) and not seen.knows(other.run) and not seen.knows(make().run) and not seen.nothing
    trainer.save(tmp_path / "run")
    trainer.fit(X, LABELS, epochs=1)
    assert seen.knows(trainer.run)
    again = Seen.from_description(json.loads(json.dumps(seen.described())))
    assert again.knows(fastbp.Trainer.resume(tmp_path / "run").run) and not again.knows(other.run)
    other.fit(X, LABELS, epochs=1)
    assert not again.knows(other.run)
