"""What shows a trace is imported when it is asked for."""


def test_a_trace_brings_in_no_page_and_no_picture(run_python):
    code = (
        "import sys, fastbp\n"
        "trace = fastbp.Trainer(fastbp.MLP([1, 2, 1], seed=0), loss='squared_error').trace([[0.5]], [1.0])\n"
        "def there(): return [name for name in ('explain', 'drawing', 'html', 'content') if f'fastbp.trace.{name}' in sys.modules]\n"
        "assert there() == [] and 'matplotlib' not in sys.modules\n"
        "trace.explain()\n"
        "print(*there())"
    )
    assert run_python(code) == "explain\n"
