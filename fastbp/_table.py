"""Tables of what users may name, whose entries are imported when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

from fastbp.compiling.loading import loading

Class = TypeVar("Class", bound=type)


class Table(Mapping[str, Class]):
    """Classes by the names that users give, each as the module and the name of the class."""

    def __init__(self, classes: Mapping[str, tuple[str, str]]) -> None:
        self._places, self._classes = classes, dict[str, Class]()

    def __getitem__(self, name: str) -> Class:
        if name not in self._classes:
            self._classes[name] = attribute(*self._places[name])
        return self._classes[name]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def modules(self) -> dict[str, str]:
        """The modules by the names of the classes."""
        return {cls: module for module, cls in self._places.values()}


def attribute(module: str, name: str) -> Any:
    """What a module of the package holds under a name; a fork waits until the module is imported."""
    with loading:
        return getattr(import_module(module), name)


def later(namespace: dict[str, Any], modules: Mapping[str, str]) -> Callable[[str], Any]:
    """``__getattr__`` of the module with a namespace: it imports what other modules hold when that is first asked for."""

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        module = modules[name]
        if module.rpartition(".")[2] == name:
            with loading:
                return import_module(module)
        namespace[name] = value = attribute(module, name)
        return value

    return get
