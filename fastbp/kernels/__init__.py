"""The loops, compiled by Numba. They know nothing of epochs, files or users.

``programs`` (called from Python) runs a step as ``gather`` -> ``forward`` -> ``delta`` (from ``loss``) -> ``gradient`` -> ``update``; the
first four share the matrix product of ``product`` and the functions of ``activate``, which stand on ``elementary``. ``arguments`` says
what they are all given.
"""
