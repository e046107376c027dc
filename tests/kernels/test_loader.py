"""The compiled programs are imported by the first call that needs them, and once."""


def test_programs_are_imported_when_they_are_first_used(run_python):
    code = (
        "import sys, fastbp\n"
        "from fastbp.kernels.loader import programs\n"
        "model = fastbp.MLP([1, 1], seed=0)\n"
        "trainer = fastbp.Trainer(model, loss='squared_error')\n"
        "print('fastbp.kernels.programs' in sys.modules)\n"
        "first = programs()\n"
        "print(sys.modules['fastbp.kernels.programs'] is first is programs())"
    )
    assert run_python(code).split() == ["False", "True"]
