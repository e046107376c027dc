"""Single calls: which, of which nets, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.comparison import CALLERS
from benchmarks.comparison.task import Task

ROWS = 10_000


@dataclass(frozen=True)
class Kind:
    """What all nets of a kind of call have in common: `times` calls are made to see whether all peers give the same."""

    title: str
    method: str
    rows: int
    batch: int
    peers: tuple[str, ...]
    times: int = 1


_TRAINING = tuple(name for name in CALLERS if name != "onnxruntime")
KINDS = {
    "predict": Kind("`predict`, one row", "predict_calls", 1, 1, tuple(CALLERS)),
    "step": Kind("`step`, one row", "step_calls", 1, 1, _TRAINING, times=3),
    "fit": Kind("`fit`", "fit_calls", ROWS, 128, ("fastbp",)),
    "evaluate": Kind("`evaluate`", "evaluate_calls", ROWS, 128, ("fastbp",)),
    # scikit-learn needs a first step to make its arrays: of one row.
    "batch": Kind(f"`predict`, {ROWS:,} rows", "predict_calls", ROWS, 1, tuple(CALLERS)),
}


@dataclass(frozen=True)
class Call:
    """A kind of call, of one net. The output is softmax with cross_entropy, identity with squared_error."""

    name: str
    sizes: tuple[int, ...]
    activation: str
    loss: str

    @property
    def kind(self) -> Kind:
        """Rows, peers and methods."""
        return KINDS[self.name]

    @property
    def net(self) -> str:
        """``20-64-64-3``."""
        return "-".join(map(str, self.sizes))

    def task(self, threads: int, all_cores: bool) -> Task:
        """What the workers are sent."""
        return Task(self.sizes, self.kind.batch, self.kind.rows, "sgd", self.activation, self.loss, threads, all_cores)


CALLS = (
    Call("predict", (20, 64, 64, 3), "tanh", "squared_error"),
    Call("predict", (4, 32, 2), "relu", "cross_entropy"),
    Call("predict", (784, 128, 10), "relu", "cross_entropy"),
    Call("step", (20, 64, 64, 3), "tanh", "squared_error"),
    Call("fit", (4, 32, 2), "relu", "cross_entropy"),
    Call("evaluate", (4, 32, 2), "relu", "cross_entropy"),
    # From ten thousand weights to ten million.
    Call("batch", (64, 128, 10), "relu", "squared_error"),
    Call("batch", (784, 512, 512, 10), "relu", "cross_entropy"),
    Call("batch", (512, 1024, 512), "relu", "squared_error"),
    Call("batch", (1024, 2048, 2048, 1000), "relu", "cross_entropy"),
    Call("batch", (1024, 3072, 2048, 512), "relu", "squared_error"),
)
