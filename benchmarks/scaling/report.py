"""What came out, as tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.scaling.growth import MOST, link_of, strong_efficiency, threshold, weak, weak_efficiency
from benchmarks.scaling.models import Models
from benchmarks.scaling.net import NETS
from benchmarks.scaling.threads import limit, predict

#: Gbit/s, nodes, threads that are looked at.
SPEEDS, NODES, THREADS = (10, 25, 100), (2, 4, 8, 16, 32, 64), (1, 2, 4, 8, 16, 32, 64)


def parts(models: Models) -> list[str]:
    """What was measured of the parts of a step, on two processes."""
    lines = table_head("net", "parameters", "gradient of a shard", "update", "sum", "exchange", "to itself", "gather", "latency, exchange")
    for name, net in NETS.items():
        figures, costs, link = models.of(2, name), models.costs(2, name), models.link(2, name)
        rows = net.batch // net.shards
        sizes = f"{figures['parameters']:,}", f"{time(costs.shard(rows))}, {rows} rows"
        each = [f"{1e9 * seconds:.2f} ns" for seconds in (figures["update"]["parameter"], costs.add)]
        bandwidths = [f"{bytes_ / 1e9:.2f} GB/s" for bytes_ in (link.bandwidth, link.own, link.gather_bandwidth)]
        lines.append(row(name, *sizes, *each, *bandwidths, time(link.latency)))
    return lines


def checks(models: Models) -> list[str]:
    """Steps on some processes of this machine: model and measurement."""
    lines = table_head("net, batch, shards", "processes", "model", "measured", "error")
    for name, net in NETS.items():
        for ranks in models.ranks:
            model, measured = models.step(ranks, name).total, models.of(ranks, name)["step"]
            error = models.error(ranks, name)
            lines.append(row(f"{name}, {net.batch}, {net.shards}", str(ranks), time(model), time(measured), f"{error:+.0%}"))
    return lines


def growth(models: Models, latency: float, per_node: int) -> list[str]:
    """Efficiency of weak and of strong scaling, with overlap and without it."""
    lines = table_head("net", "Gbit/s", "scaling", *(f"{nodes} nodes" for nodes in NODES))
    for name, net in NETS.items():
        costs, own = models.node(name), models.link(2, name).own
        for kind, of, rows in (("weak", weak_efficiency, 4 * net.batch), ("strong", strong_efficiency, 64 * net.batch)):
            for speed in SPEEDS:
                both = [link_of(speed, latency, overlaps, own) for overlaps in (True, False)]
                cells = [[of(net, rows, nodes, per_node, costs, link) for link in both] for nodes in NODES]
                what = f"{kind}, {rows:,} rows" + " a node" * (kind == "weak")
                lines.append(row(name, str(speed), what, *(f"{100 * on:.0f} / {100 * off:.0f} %" for on, off in cells)))
    return lines


def thresholds(models: Models, latency: float, per_node: int) -> list[str]:
    """The batch of a node from which on so many nodes are as efficient: overlapped, not overlapped, and in one shard a node."""
    lines = table_head("net", "Gbit/s", *(f"{share:.0%}, {way}" for share in (0.9, 0.5) for way in ("overlap", "none", "one shard")))
    nodes = NODES[-1]
    for name, net in NETS.items():
        costs, own = models.node(name), models.link(2, name).own
        for speed in SPEEDS:
            ways = [(per_node, True), (per_node, False), (1, False)]
            cells = []
            for share in (0.9, 0.5):
                for count, overlaps in ways:
                    link = link_of(speed, latency, overlaps, own)
                    cells.append(threshold(_efficiency(net, nodes, count, costs, link), share))
            lines.append(row(name, str(speed), *(f"{rows:,}" if rows else f"> {MOST:,}" for rows in cells)))
    return lines


def shares(models: Models, latency: float, per_node: int) -> list[str]:
    """Where the time of a step on most nodes goes."""
    lines = table_head("net, rows a node", "Gbit/s", "step", "compute", "wait", "sums", "update", "gather", "Python")
    for name, net in NETS.items():
        costs, own = models.node(name), models.link(2, name).own
        for speed in SPEEDS:
            times = weak(net, 4 * net.batch, NODES[-1], per_node, costs, link_of(speed, latency, True, own))
            lines.append(row(f"{name}, {4 * net.batch:,}", str(speed), time(times.total), *(f"{each / times.total:.0%}" for each in times)))
    return lines


def threads(models: Models) -> list[str]:
    """Steps on many cores: the plan, the prediction, what was measured, and what keeps it from being faster."""
    lines = table_head(
        "net, batch",
        "threads",
        "plan",
        "parts",
        "patches",
        "barriers",
        "KB that cross",
        "model",
        "measured",
        "error",
        "times as fast",
        "limit",
    )
    for name, net in NETS.items():
        core = models.core(name)
        for rows in (net.batch // 4, net.batch):
            one = predict(net, rows, 1, core, models.machine)
            for count in THREADS:
                found, measured = predict(net, rows, count, core, models.machine), models.threads(name).get(f"{count},{rows}")
                plan = found.plan
                known = [time(measured), f"{found.total / measured - 1:+.0%}"] if measured else ["-", "-"]
                counts = [str(plan.parts), str(plan.patches), str(plan.barriers), f"{plan.crossing / 1e3:,.0f}"]
                faster = f"{one.total / found.total:.1f}"
                lines.append(
                    row(f"{name}, {rows}", str(count), plan.way, *counts, time(found.total), *known, faster, limit(net, found, count))
                )
    return lines


def table_head(*names: str) -> list[str]:
    """The first two lines of a table."""
    return [row(*names), "|" + "---|" * len(names)]


def row(*cells: str) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"


def time(seconds: float) -> str:
    """In microseconds, or milliseconds."""
    us = 1e6 * seconds
    return f"{us:.3g} us" if us < 1000 else f"{us / 1000:,.3g} ms" if us < 1e6 else f"{seconds:.2f} s"


def _efficiency(net, nodes, count, costs, link) -> Callable[[int], float]:
    return lambda rows: weak_efficiency(net, rows, nodes, count, costs, link)
