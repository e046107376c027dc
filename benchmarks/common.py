"""What the benchmarks share: sizes, seeded data, the count of floating-point operations, and the machine's peak to compare with."""

import time
from functools import cache
from itertools import pairwise

import numba
import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.core import cgutils
from numba.extending import intrinsic

import fastbp
from fastbp.kernels.lanes.isa import compiled_for

# Layer sizes and rows a batch. The odd ones fill neither vectors nor register blocks nor shares.
NETS = {
    "2-2-1 x4": ((2, 2, 1), 4),
    "97-33-7 x61": ((97, 33, 7), 61),
    "784-128-10 x128": ((784, 128, 10), 128),
    "333-257-129 x100": ((333, 257, 129), 100),
    "1024-1024-1024 x256": ((1024, 1024, 1024), 256),
}
_ALL = numba.config.NUMBA_NUM_THREADS
THREADS = sorted({2**i for i in range(_ALL.bit_length())} | {_ALL})


@cache
def data(rows, n_inputs, n_classes):
    """Inputs from 0 to 1 and labels that a net can learn: the class of the largest of `n_classes` random projections."""
    random = np.random.default_rng(0)
    X = random.random((rows, n_inputs), dtype=np.float32)
    y = ((X - 0.5) @ random.standard_normal((n_inputs, n_classes))).argmax(axis=1)
    return X, y


def trainer(layer_sizes, batch_size, threads=None):
    """A classifier and its trainer, the same weights each time."""
    model = fastbp.MLP(layer_sizes, activation="relu", seed=0)
    loss = "cross_entropy" if layer_sizes[-1] > 1 else "squared_error"
    return fastbp.Trainer(model, loss=loss, optimizer="adam", batch_size=batch_size, seed=0, threads=threads)


def products(layer_sizes):
    """Multiply-adds of a row in each layer's product."""
    return [n_in * n_out for n_in, n_out in pairwise(layer_sizes)]


def flops_of_training(layer_sizes, rows):
    """Floating-point operations on `rows` rows: forward, gradient and, but for the first layer, delta, two a multiply-add."""
    first, *others = products(layer_sizes)
    return rows * (4 * first + 6 * sum(others))


def seconds(call, *, least=0.2):
    """Shortest time of a call among as many as `least` seconds hold, at least five, after one that may compile."""
    call()
    times = []
    end = time.perf_counter() + least
    while len(times) < 5 or time.perf_counter() < end:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


# Vectors of float32 and independent chains: enough to hide the latency of a fused multiply-add, few enough for the registers.
_LANES, _CHAINS = {"avx512": (16, 20), "avx2": (8, 12)}.get(compiled_for(), (4, 12))


@intrinsic
def _fma_chains(typingctx, count, x):
    """`count` steps of v = fma(v, x, x) in each chain; the sum of all lanes, so that none is left out."""

    def emit(context, builder, signature, arguments):
        vector = ir.VectorType(ir.FloatType(), _LANES)
        splat = ir.Constant(vector, ir.Undefined)
        for lane in range(_LANES):
            splat = builder.insert_element(splat, arguments[1], ir.IntType(32)(lane))
        fma = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{_LANES}f32")
        # A start of its own for each chain, or LLVM would merge them.
        chains = [cgutils.alloca_once_value(builder, builder.fmul(splat, ir.Constant(vector, [i + 1.0] * _LANES))) for i in range(_CHAINS)]
        with cgutils.for_range(builder, arguments[0]):
            for chain in chains:
                builder.store(builder.call(fma, [builder.load(chain), splat, splat]), chain)
        total = builder.load(chains[0])
        for chain in chains[1:]:
            total = builder.fadd(total, builder.load(chain))
        result = builder.extract_element(total, ir.IntType(32)(0))
        for lane in range(1, _LANES):
            result = builder.fadd(result, builder.extract_element(total, ir.IntType(32)(lane)))
        return result

    return types.float32(types.int64, types.float32), emit


@numba.njit(cache=True)
def _fma_on_one(count, x):
    return _fma_chains(count, x)


@numba.njit(cache=True, parallel=True)
def _fma_on_many(count, x, out):
    for i in prange(out.size):
        out[i] = _fma_chains(count, x)


@cache
def peak(threads=1):
    """Floating-point operations a second in float32, measured: nothing but fused multiply-adds in registers."""
    count, x, out = 2_000_000, np.float32(0.5), np.empty(threads, np.float32)
    if threads == 1:
        best = seconds(lambda: _fma_on_one(count, x))
    else:
        before = numba.get_num_threads()
        numba.set_num_threads(threads)
        best = seconds(lambda: _fma_on_many(count, x, out))
        numba.set_num_threads(before)
    return 2 * _LANES * _CHAINS * count * threads / best
