"""The training problems reach what they are named for."""

from fastbp.activations import ACTIVATIONS, as_activation
from fastbp.between import NORMALIZATIONS
from fastbp.kernels import codes, patch
from fastbp.kernels.lanes import sizes
from fastbp.losses import LOSSES, as_loss
from fastbp.optimizers import OPTIMIZERS
from fastbp.verification import golden, paths


def test_every_optimizer_activation_and_loss_is_in_a_path():
    found = {as_activation(path.activation, "activation") for path in paths.PATHS}
    assert found == {case for cls in ACTIVATIONS.values() if not (cls.output_only or cls.steep) for case in cls.cases()}
    assert {as_loss(path.loss) for path in paths.PATHS} == {case for cls in LOSSES.values() for case in cls.cases()}
    assert {optimizer.name for optimizer in paths.optimizers()} == set(OPTIMIZERS)


def test_every_optimizer_goes_all_ways_by_blocks_and_row_by_row():
    ways = {way.name for way in paths.WAYS} - {*paths.LARGE}
    assert len(ways) == len(paths.WAYS) - 2
    for name in OPTIMIZERS:
        mine = [(path, optimizer) for path, optimizer in paths.pairs() if optimizer.name == name]
        assert {path.name for path, _ in mine} >= ways
        for case in OPTIMIZERS[name].cases():
            own = [path for path, optimizer in mine if optimizer == case]
            assert {(path.batch or path.rows) <= sizes.FEW for path in own} == {True, False}
            assert any("in shards" in path.name for path in own)


def test_common_rules_go_all_paths_and_each_path_has_another_rule():
    found = paths.pairs()
    core = [case for case in paths.optimizers() if case.code in paths.COMMON_RULES]
    assert len(core) == 8 and all((path, case) in found for path in paths.WAYS for case in core)
    assert all((path, OPTIMIZERS[name]()) in found for path in paths.PATHS for name in {case.name for case in core})
    assert {path.name for path, case in found if case.code not in paths.COMMON_RULES} == {path.name for path in paths.PATHS} - {
        *paths.LARGE
    }


def test_every_common_rule_and_every_loss_of_every_kernel_is_in_a_stored_run():
    runs = golden.RUNS.values()
    assert {as_loss(run.loss).code for run in runs} == set(codes.CORE_LOSSES) - {codes.NO_LOSS}
    assert {run.optimizer.code for run in runs} == set(paths.COMMON_RULES)


def test_paths_reach_what_they_are_named_for():
    named = {path.name: path for path in paths.PATHS}
    size = {name: path.trainer("sgd", "float32", 1).model.network.size for name, path in named.items()}
    rows = {name: path.batch or path.rows for name, path in named.items()}
    sharded = {name for name in named if sizes.shards_of(rows[name], size[name]) > 1}
    # A batch that is normalised is in one piece, however long.
    assert sharded == {"a batch in shards", "one output, in shards", *(f"{kind} normalisation of many rows" for kind in NORMALIZATIONS)}
    assert {path.normalization for path in paths.PATHS} == {None, *NORMALIZATIONS}
    assert rows["a long batch in one piece"] > patch._ROWS_AT_ONCE
    # With the two slots of Adam and its kin.
    assert 3 * size["wide layers"] > patch._CACHED and max(named["wide layers"].sizes) > sizes.DEPTH > sizes.CHUNK
    assert rows["one row a batch"] == 1 < rows["few rows"] <= sizes.FEW
