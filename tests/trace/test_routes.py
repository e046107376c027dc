"""Paths: factors whose product is the contribution, contributions that sum to the gradient, the largest of them all."""

import itertools

import numpy as np
import pytest
from ledger import NORMS, deep

import fastbp
from fastbp.trace import routes
from fastbp.trace.selection import part_of

TRAINER, X, Y = deep()
TRACE = TRAINER.trace(X, Y)


@pytest.mark.parametrize("normalization", NORMS)
@pytest.mark.parametrize(("layer", "i", "j"), [(0, 4, 2), (1, 3, 1), (2, None, 3), (3, 0, 2)])
@pytest.mark.parametrize("output", [None, 2])
def test_they_sum_to_the_gradient_from_that_error(layer, i, j, output, normalization):
    trace = deep(normalization=normalization, dropout=0.1)[0].trace(X, Y)
    found, part = trace.paths(layer, i, j, row=5, output=output, top=1000), part_of(trace, 5, None, output)
    moved = part.bias_gradients()[layer][j] if i is None else part.weight_gradients()[layer][i, j]
    assert len(found) == found.count and found["contribution"].sum() + found.rest == pytest.approx(moved, rel=1e-10, abs=1e-16)
    assert found.total == pytest.approx(moved, rel=1e-10, abs=1e-16) and (found.rest != 0) == (normalization == "batch" and layer < 3)
    places = [name for name in found.columns if name.startswith("unit") or name in ("output", "contribution", "share")]
    factors = [column for name, column in found.columns.items() if name not in places]
    np.testing.assert_allclose(np.prod(factors, axis=0), found["contribution"], rtol=1e-12)
    if found.count > 1:
        assert found["contribution"][1:].sum() + found.rest != pytest.approx(moved, rel=1e-9)


def test_the_factors_are_those_of_the_textbook():
    found = TRACE.paths(1, 3, 1, row=5, output=2, top=50)
    assert list(found.columns) == [
        "unit 2", "output", "activation", "slope 1", "weight 2", "slope 2", "weight 3", "delta", "contribution", "share"
    ]  # fmt: skip
    for line in range(len(found)):
        h = found["unit 2"][line]
        wanted = [TRACE.activations[1][5, 3], TRACE.slopes[1][5, 1], TRACE.weights[2][1, h], TRACE.slopes[2][5, h]]
        wanted += [TRACE.weights[3][h, 2], TRACE.deltas[3][5, 2]]
        assert [found[name][line] for name in list(found.columns)[2:8]] == wanted


def every_path(trace, j, row):
    """The contribution of each path from weights[0][0, j], by brute force."""
    h, W, slopes, d = range(5), trace.weights, [slope[row] for slope in trace.slopes[:3]], trace.deltas[3][row]
    for u, v, k in itertools.product(h, range(4), range(3)):
        first = trace.inputs[row, 0] * slopes[0][j] * W[1][j, u] * slopes[1][u]
        yield (u, v, k), first * W[2][u, v] * slopes[2][v] * W[3][v, k] * d[k]


@pytest.mark.parametrize("top", [1, 4, 30])
def test_the_largest_are_shown(top, monkeypatch):
    monkeypatch.setattr(routes, "_AT_A_TIME", 11)
    wanted = sorted(every_path(TRACE, 2, 7), key=lambda each: -abs(each[1]))
    found = TRACE.paths(0, 0, 2, row=7, top=top)
    assert found.count == len(wanted) == 60 and len(found) == top
    assert list(zip(found["unit 1"], found["unit 2"], found["output"], strict=True)) == [way for way, _ in wanted[:top]]
    np.testing.assert_allclose(found["contribution"], [value for _, value in wanted[:top]], rtol=1e-12)
    assert found["share"].sum() == pytest.approx(sum(abs(value) for _, value in wanted[:top]) / sum(abs(value) for _, value in wanted))


def test_paths_that_carry_nothing_are_left_out():
    model = fastbp.MLP([1, 2, 2], activation="relu", dtype="float64", init=([[[1, -1]], np.ones((2, 2))], [np.zeros(2), np.zeros(2)]))
    trace = fastbp.Trainer(model, loss="squared_error").trace([[2.0]], [[1.0, 2.0]])
    # The second unit is off, and the second output right.
    assert trace.paths(0, 0, 1, row=0).count == 0 and trace.paths(0, 0, 0, row=0)["output"].tolist() == [0]
    assert trace.paths(1, 0, 0, row=0)["contribution"].tolist() == [2.0]


def test_under_batch_normalisation_a_path_is_what_the_row_alone_does():
    trainer, X, y = deep(normalization="batch")
    trace, found = trainer.trace(X, y), trainer.trace(X, y).paths(2, 1, 3, row=4, output=0, top=10)
    net, step = trace.net, 1e-6

    def moved(h):
        z = trace.sums[2].copy()
        z[4, 3] += h
        return np.tanh(net.normalization.reference(z, net.scales[2], net.shifts[2]))[4, 3] * trace.weights[3][3, 0]

    slope = (moved(step) - moved(-step)) / (2 * step)
    assert found["contribution"].tolist() == pytest.approx([trace.activations[2][4, 1] * slope * trace.deltas[3][4, 0]], rel=1e-6)
