"""How far a step scales: the event model's limits, the plan beside the engine's own rules, and the tables."""

import sys
from math import inf
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.scaling import __main__ as command  # not installed: found by the path
from benchmarks.scaling import report
from benchmarks.scaling.costs import interpolated, line_of, pooled
from benchmarks.scaling.growth import link_of, strong_efficiency, threshold, weak_efficiency
from benchmarks.scaling.models import Models
from benchmarks.scaling.net import NETS, Net
from benchmarks.scaling.plan import plan_of
from benchmarks.scaling.step import Costs, Link, step
from benchmarks.scaling.threads import Core, Machine, limit, predict

MEDIUM = NETS["784-512-512-10"]
# A row a microsecond; ten for the update of a million parameters; the rest nothing, unless it is said.
COSTS = Costs(lambda rows: 1e-6 * rows, lambda count: 1e-11 * count, 0.0, 0.0, 0.0)
SUMS = COSTS._replace(add=1e-9, fixed=5e-6, post=2e-6, message=1e-7)
INSTANT = Link(0.0, inf, False)
CORE = Core(1e-6, 1e-4, 5e-7, lambda size: 0.0)


def test_one_process_sends_nothing_and_adds_each_gradient_but_the_first():
    times = step(1_000, 80, 8, 1, SUMS, Link(1.0, 1.0, True))
    assert times.wait == times.gather == 0
    assert times.compute == pytest.approx(80e-6) and times.sums == pytest.approx(7 * 1_000e-9)
    assert times.total == pytest.approx(80e-6 + 7e-6 + 1e-8 + 5e-6)


@pytest.mark.parametrize("ranks", [2, 3, 8, 11])
@pytest.mark.parametrize("overlaps", [False, True])
def test_messages_that_cost_nothing_leave_the_time_of_computing(ranks, overlaps):
    times = step(100_000, 800, 8, ranks, COSTS, INSTANT._replace(overlaps=overlaps))
    assert times.wait == times.gather == 0
    # The one with the most shards counts: processes beyond the eighth have none.
    assert times.compute == pytest.approx(1e-4 * -(-8 // ranks))
    assert times.update == pytest.approx(COSTS.update(1024 * -(-98 // ranks)))


def test_a_step_by_hand():
    """Two processes with two shards of 100 rows; an exchange is 1 us and half of 2,048 parameters at a byte a nanosecond."""
    link = Link(1e-6, 1e9, True)
    sent = 1e-6 + 4 * 1024 / 1e9
    hidden, shown = (step(2048, 400, 4, 2, COSTS, link._replace(overlaps=overlaps)) for overlaps in (True, False))
    # The first goes on while the second is computed.
    assert hidden.wait == pytest.approx(sent) and shown.wait == pytest.approx(2 * sent)
    assert hidden.gather == pytest.approx(1e-6 + 4 * 1024 / 1e9)
    # Slower than computing: the last waits for those before it.
    slow = step(2048, 400, 4, 2, COSTS, Link(0.0, 4 * 1024 / 150e-6, True))
    assert slow.compute == pytest.approx(200e-6) and slow.compute + slow.wait == pytest.approx(100e-6 + 2 * 150e-6)


def test_what_a_process_sends_itself_counts():
    with_own, without = (step(2048, 400, 4, 2, COSTS, Link(0.0, inf, False, own=own)).total for own in (1e9, inf))
    assert with_own - without == pytest.approx(2 * 4 * 1024 / 1e9)


def test_messages_to_all_are_under_way_at_the_same_time_and_begun_one_after_the_other():
    link = Link(1.0, inf, False)
    assert link.exchange(1, 1) == link.gather(64, 1 << 20) == 1 and link._replace(gather_latency=2.0).gather(64, 1000) == 2
    assert link.told(64) == 6 and link._replace(flag=0.5).told(64) == 3
    few, many = (step(10**6, 640, 64, ranks, COSTS._replace(message=1e-3), INSTANT) for ranks in (2, 64))
    assert few.compute == pytest.approx(320e-6) and many.compute == pytest.approx(10e-6 + 62e-3) and many.gather == pytest.approx(62e-3)


@pytest.mark.parametrize("ranks", [2, 5, 16])
@pytest.mark.parametrize("rows", [64, 1_000, 100_000])
@pytest.mark.parametrize("gigabits", [0.1, 10, 1000])
def test_overlap_is_never_slower(ranks, rows, gigabits):
    hidden, shown = (step(10**6, rows, 16, ranks, SUMS, link_of(gigabits, 2e-5, overlaps)).total for overlaps in (True, False))
    assert COSTS.shard(rows / ranks) < hidden <= shown


@pytest.mark.parametrize("of", [weak_efficiency, strong_efficiency])
def test_efficiency_falls_with_smaller_batches_and_slower_networks(of):
    rows = [1 << exponent for exponent in range(10, 22, 2)]
    by_speed = [[of(MEDIUM, each, 16, 4, SUMS, link_of(speed, 2e-5, True)) for each in rows] for speed in (10, 100)]
    for found in by_speed:
        assert found == sorted(found) and 0 < found[0] < found[-1] < 1
    assert all(slow < fast for slow, fast in zip(*by_speed, strict=True))
    assert of(MEDIUM, 1024, 1, 4, SUMS, link_of(10, 2e-5, True)) == 1


def test_threshold_is_where_it_is_reached_for_good():
    assert threshold(lambda rows: rows / (rows + 100), 0.9, [16, 512, 1024, 4096]) == 1024
    # Once more below it further on.
    assert threshold(lambda rows: 0.95 if rows != 1024 else 0.8, 0.9, [512, 1024, 2048]) == 2048
    assert threshold(lambda rows: 0.5, 0.9) is None


def test_the_parameters_are_those_of_the_model():
    import fastbp

    for net in (*NETS.values(), Net((97, 33, 7), 61)):
        if net.parameters < 10**6:
            assert net.parameters == fastbp.MLP(net.sizes, seed=0).network.size


@pytest.mark.parametrize(
    ("net", "rows", "threads", "way", "barriers"),
    [
        (MEDIUM, 128, 1, "panels", 0),
        (MEDIUM, 512, 2, "panels", 2),
        (MEDIUM, 128, 64, "units", 7),
        (MEDIUM, 1, 2, "chain, units", 7),
        (NETS["64-64-8"], 2880, 4, "shards", 2),
        (Net((784, 128, 10), 64), 64, 2, "chain, panels", 3),
        (Net((784, 128, 10), 32), 32, 2, "chain, units", 4),
    ],
)
def test_the_plan_is_the_engines(net, rows, threads, way, barriers):
    plan = plan_of(net, rows, threads)
    assert (plan.way, plan.barriers) == (way, barriers)
    assert 1 / threads - 1e-9 <= plan.forward <= 1 and 1 / threads - 1e-9 <= plan.gradient <= 1
    assert (plan.crossing > 0) == (threads > 1)


def test_shards_are_no_finer_than_their_number():
    assert plan_of(NETS["64-64-8"], 2880, 64).forward == pytest.approx(0.1)
    assert plan_of(NETS["64-64-8"], 2880, 4).gradient == pytest.approx(0.3)


def test_one_thread_takes_what_was_measured_and_many_no_less_than_their_share():
    for net in NETS.values():
        one = predict(net, 128, 1, CORE, Machine(memory=inf))
        assert one.total == pytest.approx(128e-6 + 1e-4)
        for threads in (2, 8, 64):
            found = predict(net, 128, threads, CORE, Machine(memory=inf))
            assert one.total / threads <= found.total
            plan = found.plan
            handed_on = (plan.pieces + threads - 1) / 2 if plan.pieces else 0
            assert found.barriers == pytest.approx((plan.barriers * threads / 2 + handed_on) * 5e-7)


def test_the_limit_names_what_costs_the_most():
    def reason(net, rows, threads, **settings):
        return limit(net, predict(net, rows, threads, CORE._replace(**settings), Machine(memory=inf)), threads)

    assert reason(MEDIUM, 512, 2, barrier=0.0) == "-"
    assert reason(MEDIUM, 512, 2, barrier=1.0) == "barriers"
    assert reason(MEDIUM, 512, 2, barrier=0.0, line=lambda size: 1e-5) == "bytes that cross cores"
    assert reason(NETS["64-64-8"], 2880, 64, barrier=0.0) == "10 shards for 64 threads"
    large = NETS["1024-2048-2048-1000"]
    found = predict(large, 8192, 64, CORE._replace(barrier=0.0), Machine(memory=1e9))
    assert limit(large, found, 64) == "memory"


def test_figures_are_pooled_and_drawn_through():
    assert pooled([{"a": 1.0, "b": {"c": 5.0}}, {"a": 3.0, "b": {"c": 4.0}}, {"a": 2.0, "b": {"c": 9.0}}]) == {"a": 2.0, "b": {"c": 5.0}}
    value = interpolated({10: 1.0, 20: 3.0})
    assert [value(at) for at in (0, 10, 15, 40)] == [1.0, 1.0, 2.0, 7.0]
    assert interpolated({10: 1.0, 20: 3.0}, goes_on=False)(40) == 3.0
    assert line_of({"10": 3.0, "20": 5.0, "40": 9.0}) == pytest.approx((0.2, 1.0))


@pytest.fixture
def models():
    """Of figures that the parts of a step, put together, give for one process."""

    def figures(net, ranks):
        size, rows = net.parameters, net.batch // net.shards
        shard = {str(share * rows): 1e-6 * share * rows + 1e-9 * size for share in (1, 2, 4)}
        found = {"within": shard[str(rows)], "shard": shard, "add": 1e-10, "update": {"call": 4e-6, "parameter": 5e-10}, "parameters": size}
        found["nothing"] = 2e-5 + (net.shards - 1) * size * 1e-10 + 4e-6 + size * 5e-10
        found["step"] = found["nothing"] + net.shards * shard[str(rows)]
        return found | {"exchange": 1e-4 + 3e-9 * size, "own": 5e-5 + 1e-9 * size, "post": 1e-5, "flag": 5e-5, "gather": 1e-4 + 1e-9 * size}

    ranks = {str(count): {name: figures(net, count) for name, net in NETS.items()} for count in (1, 2, 4)}
    threads = {
        name: {f"1,{rows}": 1e-6 * rows + 1e-5 for rows in (net.batch // 8, net.batch // 4, net.batch, 2 * net.batch)}
        for name, net in NETS.items()
    }
    between = {"barrier": 5e-7, "lines": {"16384": 1e-9, "8388608": 2e-9}}
    return Models({"ranks": ranks, "threads": threads, "between": between, "rounds": [ranks]}, Machine())


def test_the_parts_of_one_process_make_its_step(models):
    for name in NETS:
        assert models.step(1, name).total == pytest.approx(models.of(1, name)["step"], rel=1e-6)
    one, two, four = (models.step(ranks, "784-512-512-10") for ranks in (1, 2, 4))
    # To begin four exchanges takes ten microseconds each.
    assert two.compute == pytest.approx(one.compute / 2 + 4e-5)
    # Of shards that take as long on four, two are left to each.
    assert four.compute == pytest.approx(one.compute / 4 + 2e-5)


def test_bandwidths_are_what_is_left_of_the_times(models):
    """Half of the parameters, to the other and to itself, less what a net of few parameters takes, whose own bytes count for little."""
    link, size = models.link(2, "1024-2048-2048-1000"), 2 * NETS["1024-2048-2048-1000"].parameters
    assert link.latency == pytest.approx(9e-5, rel=0.2) and link.flag == 5e-5
    assert size / link.own == pytest.approx(1e-9 * size / 2, rel=0.01) and size / link.bandwidth == pytest.approx(2e-9 * size / 2, rel=0.01)
    assert size / link.gather_bandwidth == pytest.approx(1e-9 * size / 2, rel=0.01)


def test_the_tables_have_a_line_for_each_case(models):
    simulated = models, 2e-5, 4
    assert len(report.parts(models)) == 2 + 3 and len(report.checks(models)) == 2 + 3 * 3
    assert len(report.growth(*simulated)) == 2 + 3 * 2 * 3
    assert len(report.thresholds(*simulated)) == len(report.shares(*simulated)) == 2 + 3 * 3
    assert len(report.threads(models)) == 2 + 3 * 2 * 7
    for table in (report.parts(models), report.checks(models), report.threads(models), report.thresholds(*simulated)):
        assert len({line.count("|") for line in table}) == 1
    assert "| 784-512-512-10, 512, 8 | 1 |" in report.checks(models)[5] and report.checks(models)[5].endswith("| +0% |")


def test_time_is_told_in_what_suits_it():
    assert [report.time(seconds) for seconds in (1.234e-6, 4.5678e-4, 0.0123, 1.5)] == ["1.23 us", "457 us", "12.3 ms", "1.50 s"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rounds", "0"], "argument --rounds: '0'"),
        (["--latency", "-1"], "argument --latency: '-1'"),
        (["--shards", "x"], "--shards: 'x'"),
    ],
)
def test_malformed_option_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        command.read(arguments)
    assert error.value.code == 2 and message in capsys.readouterr().err
