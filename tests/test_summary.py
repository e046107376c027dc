"""The table of a model's layers."""

import fastbp

MODEL = {"activation": ["relu", "tanh"], "normalization": "batch", "dropout": [0.1, 0.0], "seed": 0}


def test_it_has_a_line_for_each_layer_and_the_total():
    model = fastbp.MLP([784, 256, 128, 10], **MODEL)
    title, head, *lines = str(model.summary()).splitlines()
    assert title == repr(model) and head.split() == ["layer", "shape", "activation", "normalization", "dropout", "parameters"]
    assert lines[0].split() == ["0", "784", "x", "256", "relu", "batch(0.1,", "1e-05)", "0.1", "201,472"]
    assert lines[1].split() == ["1", "256", "x", "128", "tanh", "batch(0.1,", "1e-05)", "33,152"]
    assert [line.split()[-1] for line in lines] == ["201,472", "33,152", "1,290", "235,914"]
    assert lines[2].split()[1:5] == ["128", "x", "10", "auto"] and lines[-1].startswith("total")


def test_its_layers_can_be_asked():
    summary = fastbp.MLP([784, 256, 128, 10], **MODEL).summary()
    assert summary.n_parameters == sum(layer["parameters"] for layer in summary.layers) == 235_914
    first, second, last = summary.layers
    assert (first["shape"], first["activation"], first["dropout"]) == ("784 x 256", "relu", "0.1")
    assert "atch" in first["normalization"] and second["dropout"] == "" and last["normalization"] == ""
    settled = fastbp.MLP([3, 2], output_activation="softmax").summary()
    assert settled.layers[0]["activation"] == "softmax" and settled.n_parameters == 8


def test_dropout_that_changes_is_told_as_it_is():
    schedule = fastbp.Cosine(0.3)
    assert fastbp.MLP([3, 4, 2], dropout=schedule).summary().layers[0]["dropout"] == str(schedule)


def test_the_parameters_are_those_of_the_model():
    for normalization in (None, "batch", "layer"):
        model = fastbp.MLP([5, 7, 6, 2], normalization=normalization)
        assert sum(layer["parameters"] for layer in model.summary().layers) == model.n_parameters


def test_in_notebooks_it_is_a_table():
    model = fastbp.MLP([3, 4, 2])
    html = model._repr_html_()
    assert html == model.summary()._repr_html_() and html.startswith(f"<table><caption>{model!r}</caption>")
    assert html.count("<tr>") == 4 and "<td>3 x 4</td><td>sigmoid</td>" in html and len(html) < 1000


def test_a_model_is_escaped():
    class Markup(fastbp.ReLU):
        name = "<script>"

    assert "<script>" not in fastbp.MLP([3, 4, 2], activation=Markup())._repr_html_()
