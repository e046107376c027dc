"""The page as a file."""

import json
import re
from importlib.resources import files

import pytest
from traced import X, Y, textbook, wide

import fastbp
from fastbp.trace.html import SCRIPTS, STYLES, part


def page_of(trace, tmp_path, **settings):
    trace.to_html(tmp_path / "page.html", **settings)
    return (tmp_path / "page.html").read_text()


def test_it_is_one_file_that_asks_for_nothing_else(tmp_path):
    page = page_of(textbook().trace(X, Y), tmp_path, steps=7)
    assert len(page) < 200_000
    assert not re.findall(r"""(?:src|href)=|@import|url\(|fetch\(|XMLHttp|https?://(?!www\.w3\.org/2000/svg)""", page)
    assert json.loads(re.search(r'<script type="application/json" id="trace">(.*?)</script>', page, re.S)[1])["steps"] == 7


def test_all_parts_of_the_page_are_in_it(tmp_path):
    page = page_of(textbook().trace(X, Y), tmp_path)
    names = {f"{name}.js" for name in SCRIPTS} | {f"{name}.css" for name in STYLES} | {"page.html"}
    assert names == {path.name for path in files("fastbp.trace").joinpath("page").iterdir()}
    assert all(part(name) in page for name in names - {"page.html"})


def test_a_large_net_stays_under_two_megabytes(tmp_path):
    assert len(page_of(wide(rows=100, hidden=3000), tmp_path)) < 2_000_000


def test_names_of_users_are_no_markup(tmp_path):
    model = fastbp.MLP([2, 2], classes=["</script><b>", "yes"], seed=0)
    page = page_of(fastbp.Trainer(model, loss="cross_entropy").trace(X, ["</script><b>", "yes", "yes", "yes"]), tmp_path)
    assert "</script><b>" not in page and page.count("</script>") == 2


def test_it_says_whose_steps_it_makes(tmp_path):
    own = "The trainer's own optimizer is"
    assert own not in page_of(textbook().trace(X, Y), tmp_path).replace("&#x27;", "'")
    for optimizer in ("adam", fastbp.SGD(0.1, momentum=0.9), fastbp.SGD(0.1, clip_norm=1.0)):
        trainer = fastbp.Trainer(fastbp.MLP([2, 1], seed=0), loss="squared_error", optimizer=optimizer)
        assert f"{own} {trainer.optimizer.name}" in page_of(trainer.trace(X, Y), tmp_path).replace("&#x27;", "'")


def test_bad_arguments_write_nothing(tmp_path):
    with pytest.raises(ValueError, match="steps is -1"):
        textbook().trace(X, Y).to_html(tmp_path / "page.html", steps=-1)
    assert not list(tmp_path.iterdir())
    with pytest.raises(OSError, match="nowhere"):
        textbook().trace(X, Y).to_html(tmp_path / "nowhere" / "page.html")
