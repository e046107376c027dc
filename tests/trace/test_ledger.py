"""The ledger as its users see it."""

import re
from dataclasses import fields

from ledger import deep

import fastbp
from fastbp.trace import Trace


def test_a_trace_tells_what_it_is_of():
    trainer, X, y = deep()
    assert re.fullmatch(r"Trace\(20 rows through 5-6-5-4-3, loss \d\.\d+\)", repr(trainer.trace(X, y)))
    assert isinstance(trainer.trace(X, y), fastbp.Trace) and fastbp.Trace is Trace


def test_all_attributes_are_documented():
    for_queries = {"net", "masks"}
    assert all(re.search(rf"^    .*\b{field.name}\b.* : ", Trace.__doc__, re.M) for field in fields(Trace) if field.name not in for_queries)


def test_lists_have_an_entry_a_layer():
    trainer, X, y = deep(normalization="layer")
    trace = trainer.trace(X, y)
    lists = trace.sums, trace.normalized, trace.slopes, trace.errors, trace.deltas, trace.weights, trace.biases
    assert {len(each) for each in (*lists, trace.weight_gradients, trace.bias_gradients, trace.activation_names)} == {4}
    assert len(trace.activations) == 5 and len(trace.scale_gradients) == len(trace.shift_gradients) == 3 and not trace.mixes_rows
    assert [len(array[0]) for array in trace.activations] == [5, 6, 5, 4, 3]
