"""The parts of ``peers.py``, ``calls.py`` and ``before_after.py``.

What is computed (task, spec, call), by whom (with_*), in which process (worker), who when (turns), and what came out.
"""

# Where each peer's class is; a worker imports nothing but its own.
PEERS = {
    "fastbp": ("with_fastbp", "Fastbp"),
    "torch": ("with_torch", "Eager"),
    "torch-compiled": ("with_torch", "Compiled"),
    "jax": ("with_jax", "Jax"),
    "sklearn": ("with_sklearn", "Sklearn"),
}

# The same for single calls.
CALLERS = {
    "fastbp": ("with_fastbp", "Fastbp"),
    "torch": ("with_torch", "Eager"),
    "sklearn": ("with_sklearn", "Sklearn"),
    "onnxruntime": ("with_onnxruntime", "Onnxruntime"),
    "jax": ("with_jax", "Jax"),
}
