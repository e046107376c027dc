"""The table of the recommended settings: how it is made, and that the guide says what was measured."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED

_ROOT = Path(__file__).parents[2]
sys.path.append(str(_ROOT))

from benchmarks import recommended  # noqa: E402  # not installed: found by the path

GUIDE = (_ROOT / "docs/guide.md").read_text()
STORED = (_ROOT / "benchmarks/recommended.txt").read_text()


@pytest.mark.skipif(DISABLED, reason="hundreds of epochs")
def test_a_line_of_the_table_is_what_the_seeds_give(capsys):
    recommended.main(["--only", "wine", "--seeds", "2"])
    *_, head, rule, line = capsys.readouterr().out.splitlines()
    assert head in STORED and rule in STORED
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    found = recommended.scores(recommended.TABLES["wine"](), 2)
    assert cells[:3] == ["wine", "178 x 13", "accuracy, 3 classes"]
    assert cells[3:6] == [f"{each.mean():.3f} ± {each.std(ddof=1):.3f}" for each in found.values()]
    assert cells[6] == f"{(found['recommended'] > found['defaults']).sum()}, {(found['recommended'] < found['defaults']).sum()}"
    assert (found["recommended"] > found["defaults"]).all()


def test_what_is_held_out_has_no_part_in_the_scaling():
    random = np.random.default_rng(0)
    X, y, X_test, y_test = random.normal(3, 2, (50, 2)), random.normal(5, 4, 50), random.normal(9, 2, (20, 2)), random.normal(5, 4, 20)
    X[:, 1] = 7
    one, target, other, target_test = recommended.scaled(X, y, X_test, y_test)
    np.testing.assert_allclose([one[:, 0].mean(), one[:, 0].std(), target.mean(), target.std()], [0, 1, 0, 1], atol=1e-12)
    assert not one[:, 1].any()
    np.testing.assert_allclose(other[:, 0], (X_test[:, 0] - X[:, 0].mean()) / X[:, 0].std())
    np.testing.assert_allclose(target_test, (y_test - y.mean()) / y.std())


def test_the_figures_of_the_guide_are_those_that_were_printed():
    (text,) = re.findall(r"^## Where to begin\n(.*?)(?=^## )", GUIDE, re.M | re.S)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows == [line for line in STORED.splitlines() if line.startswith("|")] and len(rows) == 2 + len(recommended.TABLES)
    assert [row.split("|")[1].strip() for row in rows[2:]] == [*recommended.TABLES]
    assert "seeds: 10" in STORED and STORED.split(",")[0] in text


def test_the_settings_of_the_guide_are_those_that_were_measured():
    said = f"fastbp.AdamW(fastbp.OneCycle({recommended.RATE}))", f"batch_size={recommended.BATCH}", f"validation_split={recommended.SPLIT}"
    assert all(f"`{each}`" in GUIDE for each in said)
    assert f"fastbp.EarlyStopping(patience={recommended.PATIENCE})" in GUIDE and f"most {recommended.EPOCHS} epochs" in GUIDE
