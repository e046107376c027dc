"""Estimators in place of scikit-learn's: ``from fastbp.sklearn import MLPClassifier, MLPRegressor``."""

from __future__ import annotations

_NEEDED = 1, 9
try:
    import sklearn as _sklearn

    if tuple(int(part) for part in _sklearn.__version__.split(".")[:2]) < _NEEDED:
        raise ImportError(f"found {_sklearn.__version__}")
except ImportError as error:
    raise ImportError(f"fastbp.sklearn needs scikit-learn 1.9 or later: pip install 'fastbp[sklearn]' ({error})") from error

from typing import Any  # noqa: E402  # the version comes first

from fastbp.sklearn.estimators import MLPClassifier, MLPRegressor  # noqa: E402

__all__ = ["MLPClassifier", "MLPRegressor", "from_sklearn"]


def from_sklearn(fitted: Any) -> MLPClassifier | MLPRegressor:
    """Our estimator of the same kind, as ``MLPClassifier.from_sklearn`` and ``MLPRegressor.from_sklearn``."""
    kind = MLPRegressor if isinstance(fitted, MLPRegressor.theirs) else MLPClassifier
    return kind.from_sklearn(fitted)
