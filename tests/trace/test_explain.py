"""The derivation in text: its numbers are those of the trace, and its lines add up."""

import re

import pytest
from traced import X, Y, textbook, wide

import fastbp


def value(text):
    """What an arithmetic expression is."""
    return eval(text, {"__builtins__": {}})


def test_each_sum_is_what_it_says():
    text = textbook().trace(X, Y).explain(row=3)
    sums = re.findall(r"(?:  |= )([-(\d][-\d.e+*() ]*?) = (-?[\d.e+-]+)$", text, re.M)
    assert len(sums) > 20
    for expression, found in sums:
        assert value(expression) == pytest.approx(float(found), rel=2e-4, abs=1e-6), expression


def test_a_small_net_is_written_whole():
    trace = textbook().trace(X, Y)
    text = trace.explain(row=3)
    assert "others" not in text and text.count("a = sigmoid(") == 3
    updates = dict(re.findall(r"^ *([Wb]\d\[[\d, ]+\])  .* = (-?[\d.]+)$", text, re.M))
    assert len(updates) == trace.weights[0].size + trace.weights[1].size + 3
    stepped = textbook()
    stepped.step(X, Y)
    for name, found in updates.items():
        kind, layer, *place = re.findall(r"[Wb]|\d+", name)
        array = (stepped.model.weights if kind == "W" else stepped.model.biases)[int(layer)]
        assert float(found) == pytest.approx(array[tuple(map(int, place))], rel=1e-5), name


def test_the_derivative_of_the_sigmoid_is_written_by_its_output():
    trace = textbook().trace(X, Y)
    a = trace.activations[1][3, 0]
    assert f"act'(z) = {a:.6g} * (1 - {a:.6g}) = {a * (1 - a):.6g}" in trace.explain(row=3)


def test_of_a_large_net_the_top_terms():
    trace = wide()
    text = trace.explain(row=2, terms=3)
    assert "Of each layer the 3 units that carry most of this row's error" in text
    assert text.count("a = tanh(") == 3 and "of 33 others" in text and "of 13 others" in text
    (delta, p, t, found) = re.search(r"delta = (\S+) \* \((\S+) - (\S+)\) = (\S+)", text).groups()
    assert float(delta) * (float(p) - float(t)) == pytest.approx(float(found), rel=1e-4)


def test_a_normalised_net_says_so():
    text = wide(hidden=4, normalization="batch").explain()
    assert text.count("normalised: ") == 4 and text.count("delta = through the normalisation ") == 4


def test_every_loss_is_explained():
    outputs = {"quantile": fastbp.Quantile([0.1, 0.5, 0.9]), "poisson": "poisson", "hinge": "hinge", "log_cosh": "log_cosh"}
    for name, loss in outputs.items():
        trainer = fastbp.Trainer(fastbp.MLP([2, 3, 3], seed=0), loss=loss, optimizer="adam")
        trace = trainer.trace(X, Y if name == "quantile" else [[0, 1, 1]] * 4)
        assert f"Error: {trace.loss_name}" in trace.explain() and "nan" not in trace.explain()


def test_bad_numbers_are_refused():
    trace = textbook().trace(X, Y)
    with pytest.raises(ValueError, match="row is 9"):
        trace.explain(row=9)
    with pytest.raises(ValueError, match="terms is 0"):
        trace.explain(terms=0)


def test_the_derivative_of_tanh_of_a_negative_output():
    trace = wide(hidden=3)
    a = trace.activations[1][0]
    text = trace.explain(row=0)
    for each in a:
        written = f"({each:.6g})" if each < 0 else f"{each:.6g}"
        assert f"act'(z) = 1 - {written}**2 = {1 - each**2:.6g}" in text
    assert (a < 0).any()
