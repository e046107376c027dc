"""The example that compares scikit-learn and fastbp does what it says."""

import runpy
from pathlib import Path


def test_it_runs(capsys):
    runpy.run_path(str(Path(__file__).parents[2] / "examples" / "from_sklearn.py"), run_name="__main__")
    told = capsys.readouterr().out
    assert "moved to fastbp: Trainer(MLP(64-100-10" in told and "with AdamW and dropout" in told
