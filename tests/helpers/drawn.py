"""How much is drawn at random: less where kernels run as plain Python, a thousand times slower, and all their lines are reached soon.

What Python's meaning may change, an index or a type, shows in any case that gets there; sums of many numbers are the compiled kernels'.
"""

from hypothesis import example, settings

from fastbp.compiling.jit import DISABLED


def draws(cases):
    """Settings of a test that draws so many cases."""
    return settings(max_examples=cases // 3 if DISABLED else cases)


def up_to(most, in_plain_python):
    """The largest size that is drawn."""
    return in_plain_python if DISABLED else most


def compiled_example(*values):
    """A case that takes plain Python seconds, where another test shows the same there or, with tasks side by side, nothing can be shown."""
    return (lambda test: test) if DISABLED else example(*values)
