"""The parts of ``benchmarks/peers.py``: what is trained (task, spec), by whom (with_*), in which process (worker), and what came out."""

# Where each peer's class is; a worker imports nothing but its own.
PEERS = {
    "fastbp": ("with_fastbp", "Fastbp"),
    "torch": ("with_torch", "Eager"),
    "torch-compiled": ("with_torch", "Compiled"),
    "jax": ("with_jax", "Jax"),
    "sklearn": ("with_sklearn", "Sklearn"),
}
