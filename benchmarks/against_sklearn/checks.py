"""scikit-learn's own checks of estimators, on ours with several settings.

Not with early stopping: scikit-learn's own networks fail seven of them then, as `partial_fit` refuses it, and of ten rows one is set aside.
"""

from __future__ import annotations

import warnings
from collections import Counter
from typing import NamedTuple

SETTINGS = (
    {}, {"solver": "sgd", "learning_rate": "adaptive"}, {"solver": "lbfgs"}, {"activation": ["gelu"]},
    {"optimizer": "adamw", "normalization": "layer"},
)  # fmt: skip
ITEMS = [(kind, settings) for kind in ("MLPClassifier", "MLPRegressor") for settings in SETTINGS]


class Checks(NamedTuple):
    """How many passed, were skipped (for a package that is absent, say) and failed, and which failed."""

    kind: str
    settings: dict
    counts: Counter
    failed: list[str]


def checked(item: tuple[str, dict]) -> Checks:
    """All checks of one estimator. scikit-learn shortens the fits of its own networks alike: a hundred epochs."""
    import fastbp.sklearn

    kind, settings = item
    found = _results(getattr(fastbp.sklearn, kind), settings)
    failed = sorted(each["check_name"] for each in found if each["status"] == "failed")
    return Checks(kind, settings, Counter(each["status"] for each in found), failed)


def _results(kind: type, settings: dict) -> list[dict]:
    from sklearn.utils.estimator_checks import check_estimator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_estimator(kind(**{"max_iter": 100} | settings), on_fail=None, on_skip=None)
