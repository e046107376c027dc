"""Units and their variants: which function a run gets the address of."""

import pytest
from one_batch import OneBatch

from fastbp.compiling import units
from fastbp.compiling.jit import DISABLED
from fastbp.compiling.units import UNITS, address_of_unit
from fastbp.kernels import codes, programs
from fastbp.kernels.arguments import ACTIVATION

pytestmark = pytest.mark.kernels


def call_of(*activations):
    """A call of a net with these hidden activations."""
    batch = OneBatch([3, *[4] * len(activations), 2], 5, activation=list(activations), output_activation="identity")
    batch.call()
    return batch


def units_of(batch, kind=codes.TRAIN):
    return programs.units_for(batch.network, kind, batch.made.objective.code)


def test_every_number_has_a_unit_without_a_code():
    programs.load_variants([], shaped=1, apart=1)
    assert sorted(number for number, code in UNITS if code is None) == list(range(codes.DERIVE + 1))


def test_a_variant_has_the_arguments_of_the_unit_it_stands_for():
    programs.load_variants([codes.ELU])
    variants = {place: each for place, each in UNITS.items() if place[0] >= codes.ACTIVATE and place[1] in codes.OTHER_ACTIVATIONS}
    # Nothing is trained through outputs that are sorted.
    wanted = {(number, code) for number in (codes.ACTIVATE, codes.DERIVE) for code in codes.OTHER_ACTIVATIONS}
    assert variants.keys() == wanted - {(codes.DERIVE, codes.ASCENDING)}
    assert all(each.classes == UNITS[number, None].classes for (number, _), each in variants.items())
    assert len({each.place for each in UNITS.values()}) == len(UNITS)


@pytest.mark.skipif(DISABLED, reason="looks at names of machine code")
def test_machine_code_of_a_variant_has_a_name_of_its_own():
    programs.load_variants([codes.ELU])
    names = [each.function.py_func.__qualname__ for (_, code), each in UNITS.items() if code is not None]
    assert len(set(names)) == len(names) and f"activate_{codes.GELU}" in names and f"derive_{codes.ELU}" in names


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        (codes.TRAIN, {*codes.EVERY_RUN, *codes.TRAINING}),
        (codes.SCORE, {*codes.EVERY_RUN, *codes.SCORING}),
        (codes.SCORE_LOGITS, {*codes.EVERY_RUN, *codes.SCORING}),
        (codes.PREDICT, {*codes.EVERY_RUN, codes.OUTPUT}),
    ],
)
def test_a_run_has_an_address_for_each_unit_that_it_calls_and_two_for_each_layer(kind, called):
    batch = call_of("relu", "gelu", "elu", "gelu")
    kinds = programs._kinds[batch.dtype]
    found = units_of(batch, kind).tolist()
    plain, layers = found[: codes.ACTIVATE], [found[i : i + 2] for i in range(codes.ACTIVATE, len(found), units.EACH)]
    # No update is made apart, and nothing lies between layers.
    assert plain == [address_of_unit(number, None, kinds) if number in called else 0 for number in range(codes.ACTIVATE)]
    gelu, elu = ([address_of_unit(number, code, kinds) for number in (codes.ACTIVATE, codes.DERIVE)] for code in (codes.GELU, codes.ELU))
    assert layers == [[0, 0], gelu, elu, gelu, [0, 0]]
    assert len({*(plain[number] for number in called), *gelu, *elu}) == len(called) + 4


def test_a_code_without_a_variant_gets_the_unit_itself():
    batch = call_of("tanh")
    kinds = programs._kinds[batch.dtype]
    for number in (codes.ACTIVATE, codes.DERIVE, codes.ERROR):
        assert address_of_unit(number, 99, kinds) == address_of_unit(number, None, kinds)


def test_addresses_are_looked_up_once_for_each_kind_of_network():
    batch = call_of("gelu", "tanh")
    first = units_of(batch)
    assert units_of(call_of("gelu", "tanh")) is first
    assert units_of(call_of("tanh", "gelu")) is not first
    batch.network.table[0, ACTIVATION] = codes.SILU
    assert units_of(batch) is not first


def test_functions_of_a_user_are_added_when_a_run_has_them():
    def value(z):
        return 2 * z

    code = codes.OWN_ACTIVATION + 500
    codes.OWN_ACTIVATIONS[code] = value, lambda z: 2.0
    try:
        programs.load_variants([codes.TANH, codes.GELU])
        assert (codes.ACTIVATE, code) not in UNITS
        programs.load_variants([codes.TANH, code])
        assert (codes.ACTIVATE, code) in UNITS and (codes.DERIVE, code) in UNITS
    finally:
        del codes.OWN_ACTIVATIONS[code]
