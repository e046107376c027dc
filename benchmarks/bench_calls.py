"""What single calls cost, and how many times as fast as the fastest other library they are, in one run, by the means of `calls.py`.

Libraries that are not installed take no part; without any, ratios are nan. Few rounds: `calls.py` makes more, and prints all figures.
"""

from pathlib import Path

import fastbp

from .comparison import call_match
from .comparison.call import CALLS
from .comparison.call_report import beyond_steps
from .comparison.outcome import OURS
from .comparison.process import Entrant

# The fastbp that asv measures, which may be another than the one beside this file.
PACKAGE = Path(fastbp.__file__).resolve().parents[1]
ROUNDS, SECONDS = 3, 0.1


def scores(name):
    """Of all nets of a kind of call, on one thread."""
    found = {}
    for call in CALLS:
        if call.name == name and call.net in nets(name):
            entrants = {peer: Entrant(peer, PACKAGE) for peer in call.kind.peers}
            found[call.net] = call_match.play(call, entrants, 1, False, ROUNDS, SECONDS)
    return found


def nets(name):
    """Those that asv measures: without the one of ten million weights, whose calls take seconds."""
    return [call.net for call in CALLS if call.name == name and call.net != "1024-3072-2048-512"]


def microseconds(found):
    """Of fastbp's call."""
    return 1e6 * found.figures[OURS].median


def ratio(found):
    """Against the fastest other."""
    best = found.ratio()
    return float("nan") if best is None else best


class Predict:
    params = (nets("predict"),)
    param_names = ("net",)

    def setup_cache(self):
        return scores("predict")

    def track_us(self, found, net):
        return microseconds(found[net])

    def track_ratio_to_best(self, found, net):
        return ratio(found[net])

    track_us.unit, track_ratio_to_best.unit = "us", "times as fast"


class Step:
    params = (nets("step"),)
    param_names = ("net",)

    def setup_cache(self):
        return scores("step")

    def track_us(self, found, net):
        return microseconds(found[net])

    def track_ratio_to_best(self, found, net):
        return ratio(found[net])

    track_us.unit, track_ratio_to_best.unit = "us", "times as fast"


class Batch:
    params = (nets("batch"),)
    param_names = ("net",)

    def setup_cache(self):
        return scores("batch")

    def track_rows_per_second(self, found, net):
        return found[net].call.kind.rows / found[net].figures[OURS].median

    def track_ratio_to_best(self, found, net):
        return ratio(found[net])

    track_rows_per_second.unit, track_ratio_to_best.unit = "rows/s", "times as fast"


class Own:
    """What fastbp alone is asked: fit and evaluate, of a small net."""

    def setup_cache(self):
        return {name: found.figures for name in ("fit", "evaluate") for found in scores(name).values()}

    def track_us_of_fit_beyond_its_steps(self, found):
        return 1e6 * beyond_steps(**found["fit"]).median

    def track_us_of_evaluate_of_one_row(self, found):
        return 1e6 * found["evaluate"]["one"].median

    def track_us_of_evaluate_of_all_rows(self, found):
        return 1e6 * found["evaluate"]["all"].median


for _track in (value for name, value in vars(Own).items() if name.startswith("track_")):
    _track.unit = "us"
