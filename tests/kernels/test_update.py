import numpy as np
import pytest
import reference
from cases import close, random_model
from hypothesis import given, settings
from hypothesis import strategies as st

import fastbp
from fastbp import layout
from fastbp._jit import program
from fastbp.kernels import update as kernels
from fastbp.kernels.arguments import N_IN, N_OUT, WEIGHT, Rule
from fastbp.kernels.codes import NO_UPDATE
from fastbp.optimizers import OPTIMIZERS

pytestmark = pytest.mark.kernels

SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=4)
RULES = [
    fastbp.SGD(0.1, weight_decay=0.1),
    fastbp.SGD(0.1, momentum=0.9, weight_decay=0.1),
    fastbp.SGD(0.1, momentum=0.9, nesterov=True),
    fastbp.RMSprop(weight_decay=0.1),
    fastbp.RMSprop(momentum=0.9, weight_decay=0.1),
    fastbp.RMSprop(centered=True),
    fastbp.RMSprop(momentum=0.5, centered=True, weight_decay=0.1),
    fastbp.Adam(0.01, weight_decay=0.1),
    fastbp.AdamW(0.01, weight_decay=0.1),
]
STEPS = 4
each_rule = pytest.mark.parametrize("optimizer", RULES, ids=[f"{rule.name}-{i}" for i, rule in enumerate(RULES)])


@program
def update(network, workspace, rule, step, tasks):
    kernels.update(network, workspace, rule, step, tasks)


def gradients_of(model, step):
    return np.random.default_rng([model.network.parameters.size, step]).normal(size=model.network.parameters.size)


def run(model, optimizer, tasks=1):
    """A few updates with random gradients; the workspace holds the transposed weights."""
    size = model.network.parameters.size
    workspace = layout.workspace(model.network, 1, 0, training=True)
    slots, rates = np.zeros((optimizer.n_slots, size)), optimizer.rates(0, STEPS, np.dtype("f8"))
    for step in range(STEPS):
        update(model.network, workspace, Rule(optimizer.code, rates, gradients_of(model, step), slots), step, tasks)
    return workspace


def oracle(model, optimizer):
    net = reference.net_of(model)
    memories = [{} for _ in net.parameters]
    for step in range(STEPS):
        weights, biases = layout.matrices(gradients_of(model, step), model.network.table)
        for p, g, memory in zip(net.parameters, [*weights, *biases], memories, strict=True):
            p[...] = reference.OPTIMIZERS[optimizer.name](p, g, memory, step + 1, **vars(optimizer))
    return net.parameters


def check_transposed(model, workspace):
    """The first layer's is never needed."""
    for row, weight in list(zip(model.network.table, model.weights, strict=True))[1:]:
        part = workspace.transposed[row[WEIGHT] : row[WEIGHT] + row[N_IN] * row[N_OUT]]
        np.testing.assert_array_equal(part.reshape(row[N_OUT], row[N_IN]), weight.T)


def test_the_rules_are_those_of_all_optimizers():
    assert {optimizer.name for optimizer in RULES} == set(OPTIMIZERS)


@each_rule
@settings(max_examples=25)
@given(layer_sizes=SIZES, tasks=st.integers(1, 5))
def test_updates_follow_the_oracle_and_keep_the_transposed_weights(optimizer, layer_sizes, tasks):
    model = random_model(layer_sizes)
    wanted = oracle(model, optimizer)
    workspace = run(model, optimizer, tasks)
    close([*model.weights, *model.biases], wanted, rtol=1e-13)
    check_transposed(model, workspace)


@each_rule
@settings(max_examples=15)
@given(layer_sizes=SIZES, tasks=st.integers(2, 5))
def test_tasks_change_no_bit(optimizer, layer_sizes, tasks):
    one, many = random_model(layer_sizes), random_model(layer_sizes)
    np.testing.assert_array_equal(run(one, optimizer, 1).transposed, run(many, optimizer, tasks).transposed)
    np.testing.assert_array_equal(one.network.parameters, many.network.parameters)


@each_rule
def test_the_padding_between_the_parameters_stays_zero(optimizer):
    model = random_model([3, 5, 2])
    run(model, optimizer, 2)
    assert np.count_nonzero(model.network.parameters) == model.n_parameters


def test_without_a_rule_only_the_transposed_weights_are_written():
    model = random_model([3, 17, 33, 2])
    before = model.network.parameters.copy()
    workspace = layout.workspace(model.network, 1, 0, training=True)
    rule = Rule(NO_UPDATE, np.zeros((1, 1)), gradients_of(model, 0), np.zeros((0, before.size)))
    update(model.network, workspace, rule, 0, 2)
    np.testing.assert_array_equal(model.network.parameters, before)
    check_transposed(model, workspace)
