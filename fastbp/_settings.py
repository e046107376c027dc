"""Objects whose settings may be changed, and are checked whenever they are: optimizers and solvers."""

from __future__ import annotations

import contextlib
import numbers
from abc import ABC, abstractmethod
from dataclasses import Field, dataclass, fields
from typing import Any, ClassVar

from fastbp._arguments import OwnNames
from fastbp._typing import DType
from fastbp.data.validation import within


@dataclass(init=False, repr=False, eq=False)
class Settings(OwnNames, ABC):
    """Base of dataclasses of settings. Those that many classes have in common are given by their names alone."""

    name: ClassVar[str]
    #: Settings that are whole numbers; the others are turned into floats.
    whole: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        self.check()

    def __setattr__(self, name: str, value: Any) -> None:
        """Change a setting; nothing is changed when it is none, or outside its range."""
        names, before = [field.name for field in fields(self)], dict(vars(self))
        if name not in names:
            raise AttributeError(f"{type(self).__name__} has no setting {name!r}; expected one of {', '.join(map(_name, self._listed()))}")
        object.__setattr__(self, name, value)
        if len(before) == len(names):
            try:
                self.check()
            except (ValueError, TypeError):
                vars(self).update(before)
                raise

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    # Settings may change.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = [each.name for each in self._listed() if not each.kw_only or vars(self)[each.name] != each.default]
        return f"{type(self).__name__}({', '.join(f'{name}={vars(self)[name]!r}' for name in shown)})"

    @abstractmethod
    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""

    def check_all(self, dtype: DType) -> None:
        """Raise ValueError or TypeError for a setting outside its range, or too large for `dtype`."""
        self.check()
        self.check_range(dtype)

    def check_range(self, dtype: DType) -> None:
        """Raise ValueError for a setting too large for `dtype`."""
        within(dtype, **{name: value for name, value in vars(self).items() if isinstance(value, (int, float))})

    def simplify(self) -> None:
        """Turn settings that are numbers of other libraries into Python's, which files hold and whose arithmetic is float64."""
        for name, value in vars(self).items():
            if type(value).__name__ in ("bool", "bool_"):
                setattr(self, name, bool(value))
            elif name in self.whole and isinstance(value, numbers.Integral):
                setattr(self, name, int(value))
            elif isinstance(value, numbers.Real):
                # What is too large for a float is refused by `check`.
                with contextlib.suppress(OverflowError):
                    setattr(self, name, float(value))

    def _listed(self) -> list[Field[Any]]:
        """The settings, those that others have, too, at the end."""
        return sorted(fields(self), key=lambda each: bool(each.kw_only))


def _name(field: Field[Any]) -> str:
    return field.name
