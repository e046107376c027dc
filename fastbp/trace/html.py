"""Writes the page on which a reader walks through back-propagation: its parts in `page/`, and the numbers of a trace."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from os import PathLike
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from fastbp._names import integer
from fastbp.optimizers import SGD
from fastbp.trace.content import content

if TYPE_CHECKING:
    from fastbp.trace.ledger import Trace

#: In the order in which the page reads them.
STYLES = "colours", "layout", "network", "numbers", "curve", "narrow"
SCRIPTS = "formulas", "net", "text", "phases", "drawing", "panel", "state", "curve", "show", "actions", "keys", "search", "main"


def write(trace: Trace, path: str | PathLike[str], steps: int) -> None:
    """As `Trace.to_html`."""
    found = content(trace) | {"steps": integer(steps, "steps", least=0)}
    page = Template(part("page.html")).substitute(
        title=f"Back-propagation, {_net(trace)}",
        heading="Watch back-propagation",
        described=escape(f"{_net(trace)} net, {', '.join(dict.fromkeys(trace.activation_names))}; {trace.loss_name}; {_rows(trace)}"),
        example="W0[0, 0]" if found["live"] else "x0",
        notice=f'<p class="notice" role="note">{escape(found["why"])}</p>' if found["why"] else "",
        rule=escape(_rule(trace)),
        style="".join(part(f"{name}.css") for name in STYLES),
        script="".join(part(f"{name}.js") for name in SCRIPTS),
        data=_in_script(found),
    )
    Path(path).write_text(page, encoding="utf-8")


def part(name: str) -> str:
    """A file of the page."""
    return files("fastbp.trace").joinpath("page", name).read_text(encoding="utf-8")


def _in_script(found: dict[str, Any]) -> str:
    # No name that a user gave may end the element that the numbers stand in.
    return json.dumps(found, allow_nan=False).replace("<", "\\u003c")


def _net(trace: Trace) -> str:
    return "-".join(map(str, trace.layer_sizes))


def _rows(trace: Trace) -> str:
    return "1 row" if len(trace.inputs) == 1 else f"{len(trace.inputs):,} rows"


def _rule(trace: Trace) -> str:
    """Which updates the page makes, and whether they are the trainer's."""
    rule = "Updates are W - rate * gradient, on all rows of this batch."
    optimizer = trace.optimizer
    plain = isinstance(optimizer, SGD) and not optimizer.n_slots and not optimizer.weight_decay and not optimizer.is_apart
    return rule if plain else f"{rule} The trainer's own optimizer is {trace.optimizer_name}, whose steps differ from these."
