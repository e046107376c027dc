"""What activations and losses have in common: a name, a code that the kernels know them by, and settings."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from fastbp._arguments import OwnNames
from fastbp._names import python_number
from fastbp._typing import DType
from fastbp.data.validation import within


class Specification(OwnNames):
    """Base of the activations and of the losses. A class with settings is a frozen dataclass of real numbers, which it checks itself."""

    name: ClassVar[str]
    code: ClassVar[int]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings by their names: numbers, or tuples of numbers."""
        return dict(vars(self))

    @property
    def numbers(self) -> list[float]:
        """The settings one after the other, as the kernels get them."""
        return [value for _, value in self._one_by_one()]

    def _one_by_one(self) -> list[tuple[str, Any]]:
        """The name and each number of every setting."""
        return [(name, each) for name, value in self.settings.items() for each in (value if isinstance(value, tuple) else (value,))]

    @classmethod
    def cases(cls) -> list[Self]:
        """Objects with the settings that ``fastbp verify`` and the tests try: those by default, and what else reaches other code."""
        return [cls()]

    def check_range(self, dtype: DType) -> None:
        """Raise ValueError for a setting too large for `dtype`."""
        for name, value in self._one_by_one():
            within(dtype, **{name: value})

    def described(self) -> dict[str, Any]:
        """Name and settings, for a file."""
        return {"name": self.name, **{name: python_number(value) for name, value in self.settings.items()}}

    @classmethod
    def from_description(cls, **settings: Any) -> Self:
        """What `described`, without the name, is of."""
        return cls(**settings)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *self.settings.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.settings.items())})"

    def __str__(self) -> str:
        numbers = ", ".join(f"{value:g}" for _, value in self._one_by_one() if value is not None)
        return f"{self.name}({numbers})" if numbers else self.name
