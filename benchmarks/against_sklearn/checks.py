"""scikit-learn's own checks of estimators, on ours with several settings."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import NamedTuple

SETTINGS = (
    {}, {"solver": "sgd", "learning_rate": "adaptive"}, {"solver": "lbfgs"}, {"early_stopping": True}, {"activation": ["gelu"]},
    {"optimizer": "adamw", "normalization": "layer"},
)  # fmt: skip
ITEMS = [(kind, settings) for kind in ("MLPClassifier", "MLPRegressor") for settings in SETTINGS]


class Checks(NamedTuple):
    """How many passed, were skipped (for a package that is absent, say) and failed; of these the ones that scikit-learn's own pass."""

    kind: str
    settings: dict
    counts: Counter
    ours_alone: list[str]


def checked(item: tuple[str, dict]) -> Checks:
    """All checks of one estimator. scikit-learn shortens the fits of its own networks alike: a hundred epochs."""
    from sklearn import neural_network

    import fastbp.sklearn

    kind, settings = item
    found = _results(getattr(fastbp.sklearn, kind), settings)
    failed = {each["check_name"] for each in found if each["status"] == "failed"}
    # With rows set aside at random a weight of 2 is not a row twice: scikit-learn's own fail that, too.
    is_theirs = settings.keys() <= getattr(neural_network, kind)().get_params().keys() and "activation" not in settings
    theirs = _results(getattr(neural_network, kind), settings) if failed and is_theirs else []
    alone = failed - {each["check_name"] for each in theirs if each["status"] == "failed"}
    return Checks(kind, settings, Counter(each["status"] for each in found), sorted(alone))


def _results(kind: type, settings: dict) -> list[dict]:
    from sklearn.utils.estimator_checks import check_estimator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_estimator(kind(**{"max_iter": 100} | settings), on_fail=None, on_skip=None)
