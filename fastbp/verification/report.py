"""What `verify` gives: the machine, the versions, and what came of each check."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path

from fastbp.files.sealed import as_path, check_writable, write_atomically
from fastbp.verification.machine import machine, versions

# Of the column of names.
_WIDTH = 52


@dataclass(frozen=True)
class Check:
    """What came of one check.

    Attributes
    ----------
    name : str
        What it checks.
    passed : bool
    error, limit : float or None
        The worst of its comparisons; no error where the check itself raised, or found what is no finite number.
    detail : list of str
        The worst comparisons that failed: of which net and array, what was found and what expected. And what else there is to say.
    seconds : float
    """

    name: str
    passed: bool
    error: float | None
    limit: float | None
    detail: list[str]
    seconds: float

    def line(self) -> str:
        """The check's line in the table, and its details below it."""
        numbers = "".join(f"{'-' if number is None else format(number, '.1e'):>10}" for number in (self.error, self.limit))
        line = f"{self.name:{_WIDTH}}{'passed' if self.passed else 'FAILED'}{numbers}{self.seconds:9.1f}"
        return "\n".join([line, *(f"    {each}" for each in self.detail)])


@dataclass
class Report:
    """What came of `fastbp.verify`; as a string, a table.

    Attributes
    ----------
    machine : dict
        Processor, level of its vector instructions, operating system, cores and threads.
    versions : dict
        Of Python and the libraries that compute.
    checks : list of Check
    threading_layer : str
        The library that ran Numba's threads.
    """

    machine: dict[str, str | int] = field(default_factory=machine)
    versions: dict[str, str] = field(default_factory=versions)
    checks: list[Check] = field(default_factory=list)
    threading_layer: str = "none started"

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def seconds(self) -> float:
        """Time of all checks."""
        return sum(check.seconds for check in self.checks)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the report as JSON, in one piece or not at all.

        Raises
        ------
        OSError
            When the file cannot be written; an older one is then untouched.
        """
        content = {"passed": self.passed, "seconds": self.seconds} | asdict(self)
        write_atomically(check_path(path), json.dumps(content, indent=1, allow_nan=False).encode() + b"\n")

    def heading(self) -> str:
        """What was checked, and the heads of the columns."""
        here = self.machine
        return (
            f"{', '.join(f'{name} {version}' for name, version in self.versions.items())}\n"
            f"{here['cpu']} ({here['target']}, {here['level']}), {here['cores']} cores, {here['threads']} threads; {here['system']}\n\n"
            f"{'check':{_WIDTH}}{'':6}{'error':>10}{'limit':>10}{'seconds':>9}"
        )

    def ending(self) -> str:
        """Whether all is well."""
        failed = [check.name for check in self.checks if not check.passed]
        verdict = f"{len(failed)} of {len(self.checks)} checks FAILED" if failed else f"all {len(self.checks)} checks passed"
        return f"\n{verdict} in {self.seconds:.1f} s; threads by {self.threading_layer}"

    def __str__(self) -> str:
        return "\n".join([self.heading(), *(check.line() for check in self.checks), self.ending()])


def check_path(path: object) -> Path:
    """`path` as a place for a file, or an error before any work is done."""
    place = as_path(path, "report")
    check_writable(place)
    return place
