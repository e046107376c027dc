"""Objects whose public attributes are as they were made, but for those that say what an assignment means."""

from __future__ import annotations

from typing import Any, ClassVar

from fastbp._arguments import OwnNames
from fastbp._names import nearest


class Fixed(OwnNames):
    """Base of objects to which nothing is assigned that would have no effect, or the wrong one.

    A property with a setter, or another descriptor, takes an assignment. Names that begin with an underscore are the object's own.
    """

    #: What the object is called in messages.
    _called: ClassVar[str]
    #: Attributes whose own attributes may have been meant.
    _parts: ClassVar[tuple[str, ...]] = ()

    def __setattr__(self, name: str, value: Any) -> None:
        place = getattr(type(self), name, None)
        if name.startswith("_") or (hasattr(place, "__set__") and getattr(place, "fset", place) is not None):
            object.__setattr__(self, name, value)
            return
        if hasattr(self, name):
            found = f"{getattr(self, name)!r:.60}"
            raise AttributeError(f"{self._called}.{name} is {found} and stays so; make another {type(self).__name__}")
        raise AttributeError(f"a {type(self).__name__} has no attribute {name!r}{self._hint(name)}")

    def _hint(self, name: str) -> str:
        for part in self._parts:
            if hasattr(getattr(self, part), name):
                return f"; set {self._called}.{part}.{name}"
        near = nearest(name, (each for each in dir(self) if not each.startswith("_")))
        return f"; did you mean {near!r}?" if near else ""
