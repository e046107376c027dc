"""Tables whose entries are imported when they are first asked for."""

import json

import pytest

from fastbp._table import Table, attribute

PLACES = {"one": ("fractions", "Fraction"), "two": ("decimal", "Decimal")}


def test_entries_are_imported_when_they_are_asked_for():
    from decimal import Decimal
    from fractions import Fraction

    table = Table(PLACES)
    assert list(table) == ["one", "two"] and len(table) == 2
    assert [table["two"], table["one"]] == [Decimal, Fraction]
    # Whatever was imported first.
    assert list(table) == ["one", "two"] and list(table.values()) == [Fraction, Decimal]
    assert "one" in table and "three" not in table
    assert table.modules() == {"Fraction": "fractions", "Decimal": "decimal"}
    with pytest.raises(KeyError):
        table["three"]


def test_an_attribute_of_a_module():
    assert attribute("math", "tau") == pytest.approx(6.283185307179586)
    with pytest.raises(AttributeError, match="no_such"):
        attribute("math", "no_such")


def test_a_module_is_imported_when_it_is_first_asked_for(run_python):
    code = (
        "import sys, fastbp\n"
        "assert 'fastbp.metrics' not in sys.modules\n"
        "assert fastbp.metrics is sys.modules['fastbp.metrics'] is vars(fastbp)['metrics']\n"
        "print('fastbp.metrics.decisions' in sys.modules)"
    )
    assert run_python(code) == "False\n"


def test_looking_at_names_imports_nothing(run_python):
    code = (
        "import json, sys\n"
        "import fastbp\n"
        "from fastbp.activations import ACTIVATIONS\n"
        "def there(): return sorted(name for name in sys.modules if name.startswith('fastbp.activations.'))\n"
        "names = list(ACTIVATIONS), len(ACTIVATIONS), 'swishy' in ACTIVATIONS\n"
        "before = there()\n"
        "assert ACTIVATIONS['gelu'] is fastbp.GELU\n"
        "print(json.dumps([before, there()]))"
    )
    before, after = json.loads(run_python(code))
    assert [name.rpartition(".")[2] for name in before] == ["base", "piecewise"]
    # Whose formulas have a sigmoid in them.
    assert {*after} - {*before} == {"fastbp.activations.gated", "fastbp.activations.smooth"}
