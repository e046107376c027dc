"""What a trainer tells of itself, here and in a notebook."""

import importlib.util
from pathlib import Path

import pytest
from small_task import LABELS, X, make

import fastbp


def test_a_trainer_is_a_table_in_notebooks():
    trainer = make(fastbp.SGD(0.25), average="ema")
    trainer.fit(X, LABELS, epochs=2)
    html = trainer._repr_html_()
    for row in ("<td>loss</td><td>cross_entropy</td>", "<td>epoch</td><td>2</td>", "<td>steps</td><td>14</td>", "learning_rate=0.25"):
        assert row in html
    assert html.endswith(trainer.model._repr_html_()) and "class_weight" not in html and len(html) < 3000


def test_what_users_give_is_no_markup():
    model = fastbp.MLP([3, 2], classes=["<b>no", "yes"], seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", class_weight={"<b>no": 2.0})
    assert "<b>" not in trainer._repr_html_() and "&lt;b&gt;no" in trainer._repr_html_()


def test_what_is_found_is_of_the_class_that_is_told():
    trainer = make()
    assert isinstance(trainer.diagnose(X, LABELS), fastbp.Diagnosis)
    assert isinstance(trainer.learning_rate_range_test(X, LABELS, steps=3), fastbp.RangeTest)


CELLS = [
    "import fastbp\n"
    "X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]\n"
    "model = fastbp.MLP([2, 4, 2], activation='tanh', seed=0)\n"
    "trainer = fastbp.Trainer(model, loss='cross_entropy', optimizer='adam', seed=0)\n"
    "history = trainer.fit(X, y, epochs=2)",
    "model",
    "model.summary()",
    "trainer",
    "history",
    "trainer.diagnose(X, y)",
]


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("nbclient", "nbformat", "ipykernel")), reason="nbclient or ipykernel is missing"
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning", "ignore::ResourceWarning")
def test_in_a_notebook_they_are_tables():
    import nbclient
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    here = {"metadata": {"path": str(Path(__file__).parent.parent)}}
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=here).execute()
    shown = [[output["data"] for output in cell["outputs"] if output["output_type"] == "execute_result"] for cell in notebook.cells[1:]]
    assert all(len(data) == 1 and "<table>" in data[0]["text/html"] and "text/plain" in data[0] for data in shown)
    model, summary, trainer, history, diagnosis = (data[0]["text/html"] for data in shown)
    assert model == summary and model in trainer and "<td>2 x 4</td><td>tanh</td>" in model
    assert "2 epochs" in history and "nothing found" in diagnosis
