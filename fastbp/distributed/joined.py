"""The rows of all processes as one data set: those of the first, then those of the second, and so on. No process has them all.

Rows go where they are needed, for some steps at a time. MPI moves them as they lie: no number changes on the way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fastbp._typing import Array
from fastbp.data.digest import blocks_of, digest_from, digest_of, part_of_digest
from fastbp.data.rows import Rows
from fastbp.distributed.routes import Places
from fastbp.distributed.team import Team
from fastbp.kernels.portions import Span

#: What the others are told to do, beside what `leading` tells them: to send the leader rows.
ROWS = "rows"


class Parcel(NamedTuple):
    """Rows on their way: X, y and weights, of which the parts that go to each process, and come from it, follow each other."""

    sent: list[Array]
    gives: list[Span]
    received: list[Array]
    takes: list[Span]
    places: Places  # where each of the rows that are needed comes to lie


class Joined(Rows):
    """The arrays are those of this process; `n_rows`, and the numbers of rows, are of the whole.

    Attributes
    ----------
    spans : list of Span
        The rows of each process.
    """

    def __init__(self, team: Team, own: Rows, spans: list[Span], weights: Array | None) -> None:
        inputs, targets, _ = own.arrays
        mine = spans[team.rank]
        super().__init__(inputs, targets, None if weights is None else weights[mine.begin : mine.end].copy())
        self._team, self.spans, self.n_rows = team, spans, spans[-1].end
        # As of one process that has all rows.
        self._fingerprint = self._digests(weights)

    def brought(self, rows: Places) -> tuple[Rows, Places]:
        """The leader has the others send it rows."""
        self._team.tell((ROWS, rows))
        return self.exchange(self._team.together(lambda: self.pack(self._for_leader(rows))))

    def send(self, rows: Places) -> None:
        """What the others do then."""
        try:
            parcel = self._team.together(lambda: self.pack(self._for_leader(rows)))
        except Exception:
            # The leader raises it.
            return
        self.exchange(parcel)

    def _for_leader(self, rows: Places) -> list[Places]:
        return [rows, *(rows[:0] for _ in self.spans[1:])]

    def pack(self, needed: list[Places]) -> Parcel:
        """What this process sends to each, and room for what comes to it, where each needs these rows."""
        mine, own = needed[self._team.rank], self.spans[self._team.rank]
        owners = np.searchsorted([span.end for span in self.spans], mine, side="right")
        places = np.empty_like(mine)
        places[np.argsort(owners, kind="stable")] = np.arange(mine.size)
        gives = [rows[(rows >= own.begin) & (rows < own.end)] - own.begin for rows in needed]
        given, arrays = np.concatenate(gives), [array for array in self.arrays if array is not None]
        return Parcel(
            [np.ascontiguousarray(array[given]) for array in arrays],
            spans_of_sizes([rows.size for rows in gives]),
            [np.empty((mine.size, array.shape[1]), array.dtype) for array in arrays],
            spans_of_sizes(np.bincount(owners, minlength=len(self.spans))),
            places,
        )

    def exchange(self, parcel: Parcel) -> tuple[Rows, Places]:
        """All send and receive: the rows that are needed here, and where each of them is now."""
        requests: list[Any] = []
        for sent, received in zip(parcel.sent, parcel.received, strict=True):
            requests += self._team.exchange(sent, _wide(parcel.gives, sent.shape[1]), received, _wide(parcel.takes, sent.shape[1]))
        self._team.wait(*requests)
        return Rows(*parcel.received), parcel.places

    def _digests(self, weights: Array | None) -> dict[str, Any]:
        """Type, shape and digest of each array."""
        found = {}
        for name, array in zip(("X", "y"), (self.arrays[0], self.targets), strict=True):
            found[name] = [array.dtype.str, [self.n_rows, array.shape[1]], *self._digest(array)]
        if weights is not None:
            found["sample_weight"] = [weights.dtype.str, list(weights.shape), *digest_of(weights)]
        return found

    def _digest(self, array: Array) -> tuple[str, str]:
        """Of an array of all processes: each reads the blocks that are its own, and the leader those that lie in several."""
        total, width, own = 0, array.shape[1] * array.itemsize, self.spans[self._team.rank]
        for block in blocks_of(self.n_rows, width):
            if own.begin <= block.begin and block.end <= own.end:
                total += part_of_digest(array[block.begin - own.begin : block.end - own.begin], block)
            elif not any(span.begin <= block.begin and block.end <= span.end for span in self.spans):
                rows = gathered(self._team, array, self.spans, block.begin, block.end)
                total += part_of_digest(rows, block) if self._team.leads else 0
        return digest_from(sum(self._team.all_of(total)), self.n_rows * width)


def gathered(team: Team, array: Array, spans: list[Span], begin: int, end: int) -> Array:
    """Rows `begin` to `end` of the whole, known to all; `array` has those of this process."""
    own = spans[team.rank].begin
    block: Array = np.empty((end - begin, array.shape[1]), array.dtype)
    parts = [Span(min(max(span.begin, begin), end) - begin, min(max(span.end, begin), end) - begin) for span in spans]
    mine = parts[team.rank]
    block[mine.begin : mine.end] = array[begin + mine.begin - own : begin + mine.end - own]
    team.gather_all(block.reshape(-1), _wide(parts, array.shape[1]))
    return block


def spans_of_sizes(sizes: Any) -> list[Span]:
    """Parts of these sizes, one after the other."""
    ends = np.cumsum(sizes).tolist()
    return [Span(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]


def _wide(rows: list[Span], width: int) -> list[Span]:
    """Parts of a flat array from those of its rows."""
    return [Span(part.begin * width, part.end * width) for part in rows]
