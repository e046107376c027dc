"""Files of runs before this one get other names; `test_checkpoint` has whole runs."""

import warnings

import pytest
from small_task import LABELS, X, make

import fastbp
from fastbp.callbacks.before import keep_before


def test_each_file_gets_a_name_of_its_own(tmp_path):
    path, run = tmp_path / "best.x", make().run
    keep_before(path, run, "none")
    for number, name in enumerate(["best-before.x", "best-before-2.x", "best-before-3.x"]):
        path.write_text(str(number))
        with pytest.warns(UserWarning, match=rf"begins at step 0, and '.*best\.x' holds another: it is old\. It is kept as '.*{name}'"):
            keep_before(path, run, "it is old")
        path.unlink()
        assert (tmp_path / name).read_text() == str(number)


def test_a_run_that_goes_on_keeps_its_file(tmp_path):
    path, trainer = tmp_path / "best.x", make()
    path.write_text("its own")
    trainer.save(tmp_path / "run")
    resumed = fastbp.Trainer.resume(tmp_path / "run")
    trainer.fit(X, LABELS, epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for run in (trainer.run, resumed.run):
            keep_before(path, run, "it is old")
    assert [each.name for each in tmp_path.iterdir() if "before" in each.name] == []
