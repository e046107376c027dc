"""Labels of classes that are not 0, 1, 2: as the model numbers them, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from fastbp._names import counted, python_number
from fastbp._typing import Array
from fastbp.data.validation import numeric

#: The labels of a model's classes in the order of their numbers; None where these are the labels.
Classes: TypeAlias = tuple[Any, ...] | None
#: What each row of a class counts, by its label; "balanced": as much as to make all classes count the same.
ClassWeight: TypeAlias = dict[Any, float] | str | None


def check_classes(given: object, n_outputs: int) -> Classes:
    """`given` as labels, two for one output, else one for each; ValueError or TypeError otherwise."""
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"classes is {given!r}; expected a list of labels such as ['no', 'yes']")
    labels = tuple(python_number(label) for label in given)
    for label in labels:
        if not isinstance(label, (str, int, float, bool)):
            raise TypeError(f"classes holds {label!r} of type {type(label).__name__}; expected strings or numbers")
    if len({isinstance(label, str) for label in labels}) > 1:
        raise TypeError(f"classes holds strings and numbers: {list(labels)!r:.80}; expected the ones or the others")
    if any(label != label for label in labels):
        raise ValueError("classes holds nan; expected labels")
    if len(set(labels)) < len(labels):
        raise ValueError(f"classes holds a label twice: {list(labels)!r:.80}")
    if len(labels) != max(2, n_outputs):
        tells = f"a model with {counted(n_outputs, 'output')} tells {max(2, n_outputs)} classes apart"
        raise ValueError(f"classes has {counted(len(labels), 'label')}; {tells}")
    return labels


def numbered(y: Any, classes: Classes) -> Any:
    """The numbers of labels, of shape (n,) or (n, 1), as (n,) integers; ValueError for an unknown one. More columns stay as they are."""
    if classes is None:
        return y
    given = np.asarray(y)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    if given.ndim != 1:
        return y
    numbers = {label: number for number, label in enumerate(classes)}
    found = np.array([numbers.get(label, -1) for label in given.tolist()], np.int64)
    unknown = np.flatnonzero(found < 0)
    if unknown.size:
        raise ValueError(
            f"y[{unknown[0]}] is {python_number(given[unknown[0]])!r}; the model's classes are {', '.join(map(repr, classes))}"
        )
    return found


def decided(outputs: Array, classes: Classes, border: float) -> Array:
    """The class of each row: that of the largest output, or with one output the second class above the border."""
    found = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > border).astype(np.int64)
    return found if classes is None else np.array(classes)[found]


def check_class_weight(given: object) -> ClassWeight:
    """`given` as "balanced", or weights by label; ValueError or TypeError otherwise."""
    if given is None or (isinstance(given, str) and given == "balanced"):
        return given
    if not isinstance(given, dict):
        raise TypeError(f"class_weight is {given!r}; expected 'balanced', or a dict of weights by label such as {{0: 1.0, 1: 5.0}}")
    weights = numeric(list(given.values()), "class_weight")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"class_weight is {given!r}; expected finite weights that are not negative")
    return {python_number(label): float(weight) for label, weight in given.items()}


def weights_of(targets: Array, class_weight: dict[Any, float] | str, n_classes: int, classes: Classes) -> Array:
    """The weight of each row by its class; `targets` are numbers of classes (n, 1), as the loss has checked them."""
    # Losses with a margin also take -1 and 1.
    taken = [-1, 1] if targets.min() < 0 else list(range(n_classes))
    if targets.shape[1] != 1 or not np.isin(targets, taken).all():
        raise ValueError("class_weight goes with labels of classes; y holds other targets")
    numbers = np.searchsorted(taken, targets[:, 0])
    known = taken if classes is None else list(classes)
    if isinstance(class_weight, str):
        # As of scikit-learn: n / (classes * rows of the class).
        counts = np.bincount(numbers, minlength=n_classes)
        balanced: Array = (len(numbers) / (n_classes * np.maximum(counts, 1)))[numbers]
        return balanced
    unknown = [label for label in class_weight if label not in known]
    if unknown:
        raise ValueError(f"class_weight has the label {unknown[0]!r}; expected one of {', '.join(map(repr, known))}")
    of_class: Array = np.array([class_weight.get(label, 1.0) for label in known])[numbers]
    return of_class


def described(class_weight: ClassWeight) -> Any:
    """For a file, which has no dictionaries but of strings."""
    return [list(pair) for pair in class_weight.items()] if isinstance(class_weight, dict) else class_weight


def from_description(given: Any) -> ClassWeight:
    """The same back."""
    return given if given is None or isinstance(given, str) else {pair[0]: pair[1] for pair in given}
