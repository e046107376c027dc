"""A copy of the package with errors planted in the kernels and around them, which `fastbp verify` must see.

All kernels are compiled for it, those that a run asks for, too: tests of machine code read it here. A plant changes a number or a sign, and
no type.
"""

from errands import copied, python

# Of each plant: a file of the package, what stands there, what is put in its place. Different checks see them, so that one copy serves all.
PLANTS = (
    # A polynomial of float64, by 1e-10.
    ("kernels/lanes/elementary.py", "fma(g, r, 0.16666666666666671)", "fma(g, r, 0.16666666676666671)"),
    # Nesterov's look-ahead, back instead.
    ("kernels/rules/momentum.py", "rate * (slope + momentum * v if", "rate * (slope - momentum * v if"),
    # Parameters that only the second task leaves out.
    (
        "kernels/passes.py",
        "batch, shards, parameters, task.scratch_at)",
        "batch, shards, Span(parameters.begin + task.number * 16, parameters.end), task.scratch_at)",
    ),
)

# Verifies; then writes the assembly of what float32 runs asked for, with some that no check asks for.
VERIFY = """
import sys
import fastbp
from fastbp.cli import main
from fastbp.compiling import units
from fastbp.kernels import codes

print("code", main(["verify", "--report", sys.argv[1]]))
model = fastbp.MLP([2, 3, 1], normalization="batch", dropout=0.1, input_noise=0.1)
fastbp.Trainer(model, loss="squared_error", mixup=0.2).fit([[0.0, 1.0]], [[1.0]], epochs=1)
for (number, code), each in units.UNITS.items():
    if code is not None or number in (codes.APART, *codes.SHAPED_UNITS):
        for signature in each.function.signatures:
            if "float32" in str(signature):
                with open(f"{sys.argv[2]}/{each.function.py_func.__name__}", "w") as file:
                    file.write(each.function.inspect_asm(signature))
"""


def verified_copy(folder):
    """The command that verifies a copy of the package with all plants."""
    (folder / "assembly").mkdir()
    copy = copied(folder)
    for name, before, after in PLANTS:
        path = copy["package"] / "fastbp" / name
        text = path.read_text()
        assert text.count(before) == 1
        path.write_text(text.replace(before, after))
    return python("-c", VERIFY, folder / "report.json", folder / "assembly", **copy)
