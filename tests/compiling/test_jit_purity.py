"""What the compiled programs must not contain: double arithmetic in float32, memory taken per step, a program per network."""

import gc
import platform
import re
import tracemalloc

import numba
import numpy as np
import pytest
from numba.core.runtime import _nrt_python, rtsys

import fastbp
from fastbp.activations import ACTIVATIONS
from fastbp.compiling import units
from fastbp.kernels import checks, digest, programs, scores, shuffle
from fastbp.kernels.codes import APART, ASCENDING, OTHER_ACTIVATIONS, OTHER_LOSSES, OTHER_RULES

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(1000, 6)).astype(np.float32)
LABELS = RANDOM.integers(0, 2, 1000)

ONE_THREAD = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread")
TWO = pytest.param(2, marks=[pytest.mark.all_cores, ONE_THREAD])

# Without those that are compiled when a run asks for them.
CORE = [each.function for (number, code), each in units.UNITS.items() if number < APART and code is None]
PROGRAMS = [programs._run, programs._run_together, *CORE]
# With the JIT off, for another pass over the kernels, they are plain functions.
OTHERS = [checks._all_within, checks._copied_within, digest._digest, shuffle._permute]
NAMES = [getattr(program, "py_func", program).__name__ for program in [*PROGRAMS, *OTHERS]]
# What adds scores up, in double precision.
IN_DOUBLE = [getattr(scores._add, "py_func", scores._add).__name__]

# Instructions on doubles other than moves, and all conversions to or from them.
DOUBLE = re.compile(
    r"v?(?:add|addsub|sub|mul|div|sqrt|min|max|u?comi|cmp\w*|fn?m(?:add|sub)\d+|fm(?:addsub|subadd)\d+|round|rndscale|getexp|scalef|hadd|dp)"
    r"(?:sd|pd)[xyz]?|v?cvt\w*(?:sd|pd)\w*|f(?:add|sub|mul|div|ld|sqrt|ild)\w*"
)
# Reading a float64 data set, the only business that a float32 program has with doubles.
NARROWING = re.compile(r"v?cvt(?:sd2ss|pd2ps)[xyzl]*")


def mnemonics(assembly):
    """Pairs (function, mnemonic) of each instruction."""
    function = ""
    for line in assembly.splitlines():
        if match := re.match(r'"?([A-Za-z_$][^:\s]*?)"?:', line):
            function = match[1]
        elif match := re.match(r"\s+([a-z]\w*)", line):
            yield function, match[1]


def doubles(assembly):
    """What computes in double, apart from the wrappers that turn results into Python floats."""
    found = {pair for pair in mnemonics(assembly) if DOUBLE.fullmatch(pair[1]) and not NARROWING.fullmatch(pair[1])}
    return {(function, mnemonic) for function, mnemonic in found if not function.startswith(("_ZN7cpython", "cfunc."))}


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 instructions")
@pytest.mark.parametrize("name", NAMES)
def test_float32_programs_hold_no_double_arithmetic(cold, name):
    assert doubles((cold.assembly / f"{name}.s").read_text()) == set()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 instructions")
def test_units_on_demand_hold_no_double_arithmetic_in_float32_and_count_no_references(verified_with_plants):
    """Those of a copy of the package for which all are compiled in any case; its plants change no type."""
    files = {path.name: path for path in (verified_with_plants.folder / "assembly").iterdir()}
    wanted = {f"{kind}_{code}" for kind in ("activate", "derive") for code in OTHER_ACTIVATIONS if code != ASCENDING}
    wanted |= {f"output_delta_{code}" for code in OTHER_LOSSES} | {"train_apart"}
    wanted |= {"gather_mixed", "forward_bare", "delta_bare", "shaped_forward", "shaped_delta", "shape_gradients"}
    wanted |= {f"update_{part}_{code}" for part in ("block", "rows") for code in OTHER_RULES}
    assert wanted <= files.keys()
    for name, file in files.items():
        text = file.read_text()
        assert len([*mnemonics(text)]) > 10, name
        assert doubles(text) == set() and "NRT_" not in text, name


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("_run")])
def test_kernels_count_no_references(cold, name):
    """All threads would wait for the counts, at each call."""
    assert "NRT_" not in (cold.assembly / f"{name}.s").read_text()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 instructions")
def test_search_sees_the_inner_loops(cold):
    """Fused multiply-adds in float32, or there is nothing to be read."""
    files = sorted(cold.assembly.iterdir())
    assert [file.stem for file in files] == sorted(NAMES + IN_DOUBLE)
    found = [mnemonic for file in files for _, mnemonic in mnemonics(file.read_text())]
    assert len(found) > 5000 and sum(bool(re.fullmatch(r"vfn?m(add|sub)\d+(ps|ss)", each)) for each in found) > 20


def test_search_finds_double_arithmetic():
    wanted = ["vcvtss2sd", "vcvtps2pd", "vmulsd", "vaddpd", "vfmadd231pd", "vfnmadd213sd", "vcvtsi2sdq", "vcvttsd2si", "vsqrtsd", "sqrtpd"]
    others = ["vaddps", "vmovsd", "vmovapd", "vbroadcastsd", "vcvtsd2ss", "vcvtpd2psy", "vcvtsi2ssq", "vfmadd231ss", "vxorpd"]
    code = "f:\n" + "".join(f"\t{mnemonic}\t%xmm0, %xmm1\n" for mnemonic in wanted + others)
    assert doubles(code) == {("f", mnemonic) for mnemonic in wanted}


def make(sizes=(6, 5, 2), loss="cross_entropy", optimizer="adam", batch_size=1, **settings):
    model_settings = {name: settings.pop(name) for name in ("activation", "output_activation") if name in settings}
    model = fastbp.MLP(sizes, seed=0, **model_settings)
    return fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=batch_size, seed=0, **settings)


def allocations(trainer, steps, tasks):
    """Allocations of compiled code in a run of `steps` steps."""
    rows = trainer.run.check(X, LABELS)
    before = rtsys.get_allocation_stats().alloc
    trainer._engine.train(rows, np.arange(len(X)), 0, 1, steps, tasks)
    return rtsys.get_allocation_stats().alloc - before


@pytest.mark.parametrize("tasks", [1, TWO])
def test_steps_take_no_memory(tasks):
    enabled = _nrt_python.memsys_stats_enabled()
    _nrt_python.memsys_enable_stats()
    try:
        trainer = make()
        counts = [allocations(trainer, steps, tasks) for steps in (1, 10, 1000 // tasks**2)]
    finally:
        if not enabled:
            _nrt_python.memsys_disable_stats()
    assert counts[0] == counts[1] == counts[2]


@pytest.mark.parametrize("threads", [1, TWO])
def test_repeated_fits_take_no_memory(threads):
    trainer = make(batch_size=500, threads=threads)

    def fits(count):
        for _ in range(count):
            trainer.fit(X, LABELS, epochs=1, validation_data=(X, LABELS))
            trainer.step(X[:70], LABELS[:70])
            trainer.loss_and_gradients(X[:90], LABELS[:90])
            trainer.history.__init__()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = fits(150)
        growth = fits(40) - before
    finally:
        tracemalloc.stop()
    # Python's free lists grow for the first hundred fits, by tens of kilobytes; a batch kept from each fit would take a megabyte.
    assert growth < 40_000


def test_the_workspace_is_made_once():
    trainer = make(batch_size=50)
    trainer.fit(X, LABELS, epochs=1)
    held = trainer._engine._workspace
    trainer.fit(X, LABELS, epochs=2)
    trainer.step(X[:7], LABELS[:7])
    assert trainer._engine._workspace is held


@pytest.fixture
def no_recompilation():
    """Fails when the test compiles, or loads, a program for other types than the first network did."""
    for threads in range(1, min(2, numba.config.NUMBA_NUM_THREADS) + 1):
        make(threads=threads).fit(X[:9], LABELS[:9], epochs=1, validation_data=(X, LABELS))
    before = [len(program.signatures) for program in PROGRAMS]
    yield
    assert [len(program.signatures) for program in PROGRAMS] == before


@pytest.mark.usefixtures("no_recompilation")
class TestOneProgramServes:
    def use(self, trainer, inputs=X, y=LABELS, sample_weight=None):
        trainer.fit(inputs, y, epochs=1, validation_data=(inputs, y), sample_weight=sample_weight)
        trainer.step(inputs, y, sample_weight)
        trainer.loss_and_gradients(inputs, y, sample_weight)
        trainer.evaluate(inputs, y, sample_weight)
        trainer.model.predict(inputs)

    @pytest.mark.parametrize("sizes", [(6, 2), (6, 1, 2), (6, 40, 30, 20, 2)])
    def test_networks(self, sizes):
        self.use(make(sizes))

    @pytest.mark.parametrize("batch_size", [1, 2, 999, None])
    def test_batch_sizes(self, batch_size):
        self.use(make(batch_size=batch_size))

    @pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
    def test_activations(self, name):
        self.use(make(loss="squared_error", activation=name, output_activation=name), y=X[:, :2])

    def test_losses(self):
        self.use(make(loss="squared_error"), y=X[:, :2])
        self.use(make(loss="binary_cross_entropy"), y=X[:, :2] > 0)
        self.use(make(loss="cross_entropy"), y=np.eye(2)[LABELS])

    @pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "adamw", fastbp.SGD(0.1, momentum=0.9), fastbp.RMSprop(centered=True)])
    def test_optimizers(self, optimizer):
        self.use(make(optimizer=optimizer))

    @pytest.mark.parametrize("dtype", ["f8", "f2", "i8", "u1", "?", ">f4"])
    def test_data_types(self, dtype):
        self.use(make(), np.abs(X).astype(dtype), LABELS.astype(dtype), np.full(len(X), 2).astype(dtype))

    def test_memory_layouts(self):
        self.use(make(), np.asfortranarray(X), LABELS[::-1], LABELS + 1)
        self.use(make(), X[::2, ::-1], LABELS[::2])

    @pytest.mark.parametrize("threads", [1, TWO, None])
    def test_thread_counts(self, threads):
        self.use(make((6, 300, 300, 2), batch_size=200, threads=threads))

    def test_loaded_models(self, tmp_path):
        make().model.save(tmp_path / "model")
        self.use(fastbp.Trainer(fastbp.MLP.load(tmp_path / "model"), loss="cross_entropy"))
