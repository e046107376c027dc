"""What turns the kernels into machine code: the only Numba decorators, and the cache on disk."""
