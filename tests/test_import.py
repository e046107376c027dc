"""What importing the package does not do."""


def test_import_brings_in_no_optional_library(run_python):
    code = (
        "import sys, numba\n"
        "before = set(sys.modules)\n"
        "import fastbp\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    loaded = set(run_python(code).split())
    assert "fastbp" in loaded
    # Numba itself may import scipy.
    others = {"sklearn", "scipy", "matplotlib", "pandas", "polars", "tqdm", "torch", "pooch", "joblib", "dask", "distributed", "mpi4py"}
    assert not others & loaded


def test_only_a_progress_bar_needs_tqdm(run_python):
    code = (
        "import sys, fastbp\n"
        "trainer = fastbp.Trainer(fastbp.MLP([1, 1], seed=0), loss='squared_error')\n"
        "trainer.fit([[0.0]], [1.0], epochs=1)\n"
        "print('tqdm' in sys.modules)"
    )
    assert run_python(code) == "False\n"


def test_import_compiles_nothing_and_prints_nothing(run_python, tmp_path):
    code = (
        "import fastbp\n"
        "from fastbp.compiling import units\n"
        "from fastbp.kernels import programs\n"
        "every = [programs._run, programs._run_together, *(each.function for each in units.UNITS.values())]\n"
        "assert len(every) > 1 and not any(program.signatures for program in every)\n"
        "fastbp.Trainer(fastbp.MLP([2, 3, 2]), loss='cross_entropy')"
    )
    assert run_python(code, NUMBA_CACHE_DIR=str(tmp_path)) == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_import_leaves_numba_as_it_was(run_python):
    code = (
        "import numba\n"
        "def state(): return {k: repr(v) for k, v in vars(numba.config).items() if k.isupper()}, numba.get_num_threads()\n"
        "numba.set_num_threads(1)\n"
        "before = state()\n"
        "import fastbp\n"
        "assert state() == before and before[1] == 1, (before, state())"
    )
    run_python(code, NUMBA_NUM_THREADS="2")


def test_import_leaves_numpy_logging_and_signals_as_they_were(run_python):
    code = (
        "import logging, signal, warnings, numba, numpy as np\n"
        "def state(): return (np.geterr(), np.get_printoptions(), logging.getLogger().handlers[:], logging.getLogger().level,\n"
        "                     signal.getsignal(signal.SIGINT), warnings.filters[:])\n"
        "before = state()\n"
        "import fastbp\n"
        "assert state() == before"
    )
    run_python(code)


def test_only_what_is_asked_for_brings_in_other_activations_losses_and_optimizers(run_python):
    code = (
        "import sys\n"
        "import fastbp\n"
        "from fastbp.compiling import units\n"
        "ROOMS = {'activations': 'clipped exponential gated custom ascending leaky',\n"
        "         'losses': 'robust quantile log_link margin custom regression',\n"
        "         'optimizers': 'adaptive kin signs sgd rmsprop', 'schedules': 'course decay joined plateau',\n"
        "         'kernels': 'bare curves errors given mix rules', 'diagnosis': 'doctor report signals',\n"
        "         'training': 'range_test sharded solving least_squares', 'between': 'normalizations', 'metrics': 'base numbers',\n"
        "         'solvers': 'base lbfgs levenberg_marquardt', 'data': 'split', 'trace': 'batch ledger queries',\n"
        "         'together': 'crew train ensemble halving'}\n"
        "LATER = [f'fastbp.{room}.{name}' for room, names in ROOMS.items() for name in names.split()] \n"
        "LATER += ['fastbp._summary', 'fastbp._plots', 'fastbp._tables', 'fastbp._textbook', 'fastbp.jacobian']\n"
        "def there(): return [name for name in LATER if name in sys.modules], [code for _, code in units.UNITS if code is not None]\n"
        "def train(activation, loss='cross_entropy', optimizer='adam', y=[1]):\n"
        "    model = fastbp.MLP([2, 3, 2], activation=activation, seed=0)\n"
        "    data = [[0.0, 1.0]], y\n"
        "    fastbp.Trainer(model, loss=loss, optimizer=optimizer).fit(*data, epochs=1, validation_data=data)\n"
        "    model.predict([[0.0, 1.0]])\n"
        "assert there() == ([], [])\n"
        "train('relu')\n"
        "assert there() == ([], []), there()\n"
        "train('silu')\n"
        "modules, codes = there()\n"
        "assert modules == ['fastbp.activations.gated', 'fastbp.kernels.curves'], modules\n"
        "from fastbp.kernels.codes import SILU\n"
        "def compiled(): return {code for (_, code), each in units.UNITS.items() if code is not None and each.function.signatures}\n"
        "assert compiled() == {SILU}, compiled()\n"
        "before = {*modules}\n"
        "train('relu', 'huber', fastbp.NAdam(fastbp.OneCycle(0.1)), [[1.0, 2.0]])\n"
        "brought = {'losses.robust', 'optimizers.kin', 'schedules.course', 'kernels.errors', 'kernels.rules'}\n"
        "assert {*there()[0]} == before | {'fastbp.' + name for name in brought}, there()\n"
        "from fastbp.kernels.codes import HUBER, NADAM\n"
        "assert compiled() == {SILU, HUBER, NADAM}, compiled()\n"
    )
    assert run_python(code) == ""
