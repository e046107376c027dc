"""The training problems reach what they are named for."""

from fastbp.activations import ACTIVATIONS, as_activation
from fastbp.kernels import patch
from fastbp.kernels.lanes import sizes
from fastbp.losses import LOSSES, as_loss
from fastbp.optimizers import OPTIMIZERS
from fastbp.verification import golden, paths


def test_every_optimizer_activation_and_loss_is_in_a_path():
    found = {as_activation(path.activation, "activation") for path in paths.PATHS}
    assert found == {case for cls in ACTIVATIONS.values() if not (cls.output_only or cls.steep) for case in cls.cases()}
    assert {as_loss(path.loss) for path in paths.PATHS} == {case for cls in LOSSES.values() for case in cls.cases()}
    assert {optimizer.name for optimizer in paths.optimizers()} == set(OPTIMIZERS)


def test_every_optimizer_and_loss_is_in_a_stored_run():
    runs = golden.RUNS.values()
    assert {run.loss for run in runs} == set(LOSSES) and {run.optimizer.name for run in runs} == set(OPTIMIZERS)


def test_paths_reach_what_they_are_named_for():
    named = {path.name: path for path in paths.PATHS}
    size = {name: path.trainer("sgd", "float32", 1).model.network.size for name, path in named.items()}
    rows = {name: path.batch or path.rows for name, path in named.items()}
    sharded = {name for name in named if sizes.shards_of(rows[name], size[name]) > 1}
    assert sharded == {"a batch in shards", "one output, in shards"}
    assert rows["a long batch in one piece"] > patch._ROWS_AT_ONCE
    assert size["wide layers"] > patch._CACHED and max(named["wide layers"].sizes) > sizes.DEPTH > sizes.CHUNK
    assert rows["one row a batch"] == 1 < rows["few rows"] <= sizes.FEW
