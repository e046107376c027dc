"""The loops, compiled by Numba. They know nothing of epochs, files or users.

``programs.run`` (called from Python) -> ``batch_after_batch`` (each task, until the end of the run) -> ``passes.train_on_batch`` (a step)
-> ``gather`` -> ``forward`` -> ``loss`` and ``delta`` -> ``gradient`` -> ``patch`` -> ``update``.

``arguments`` says what they are all given, ``places`` where units lie, ``lanes`` is what they compute with.
"""
