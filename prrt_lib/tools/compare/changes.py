"""Result rows and questions of two runs, side by side: which are gone, new, or changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import NUMERIC, VALUES, WORDS

TOLERANCE = 1e-9
# Two numbers this close to each other are one number, also beside zero.
NOTHING = 1e-12
NUMBERS = tuple(name for name in VALUES if name in NUMERIC)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Moved:
    """A result row before and after (None: there is none), and the columns that differ."""

    before: Row | None
    after: Row | None
    columns: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        """The row as it is after, or as it was when it is gone."""
        return self.before if self.after is None else self.after

    @property
    def row_id(self) -> str:
        return self.row["row_id"]

    def change(self, column: str = "estimate") -> float:
        """By how much a number moved; NaN where it is not known before and after."""
        if self.before is None or self.after is None:
            return math.nan
        return self.after[column] - self.before[column]


@dataclass(frozen=True)
class RowChanges:
    """What differs between the rows of two runs; ``worded``: in words only."""

    moved: list[Moved]
    worded: list[Moved]
    same: int

    def here(self) -> list[Moved]:
        """Rows of the first run alone."""
        return [one for one in self.moved if one.after is None]

    def there(self) -> list[Moved]:
        """Rows of the second run alone."""
        return [one for one in self.moved if one.before is None]

    def changed(self) -> list[Moved]:
        """Rows of both runs with other numbers, another state or another unit."""
        return [one for one in self.moved if one.columns]


def row_changes(
    before: pd.DataFrame, after: pd.DataFrame, tolerance: float = TOLERANCE
) -> RowChanges:
    """Rows that differ, in the order in which the runs have them.

    Numbers are equal within ``tolerance`` times the larger of the two, or within 1e-12.
    """
    one, other = before.set_index("row_id", drop=False), after.set_index("row_id", drop=False)
    both = one.index.intersection(other.index, sort=False)
    a, b = one.loc[both], other.loc[both]
    differs = {name: ~_equal(a[name], b[name], tolerance) for name in NUMBERS}
    differs |= {name: (a[name] != b[name]).to_numpy() for name in ("unit", "state")}
    words = {name: (a[name] != b[name]).to_numpy() for name in WORDS}
    valued = np.logical_or.reduce(list(differs.values()))
    worded = np.logical_or.reduce(list(words.values())) & ~valued
    return RowChanges(
        [
            *(Moved(row, None) for row in _records(one.drop(index=both))),
            *_pairs(a, b, valued, differs),
            *(Moved(None, row) for row in _records(other.drop(index=both))),
        ],
        _pairs(a, b, worded, words),
        int(len(both) - valued.sum()),
    )


def close(one: float, other: float, tolerance: float = TOLERANCE) -> bool:
    """Whether two numbers are the same; a missing one equals a missing one."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=NOTHING)


def _equal(one: pd.Series, other: pd.Series, tolerance: float) -> np.ndarray:
    """:func:`close` for every pair."""
    a, b = one.to_numpy(dtype=float), other.to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= np.maximum(tolerance * np.maximum(np.abs(a), np.abs(b)), NOTHING)
    return near | (a == b) | (np.isnan(a) & np.isnan(b))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dict("records")


def _pairs(a: pd.DataFrame, b: pd.DataFrame, chosen: np.ndarray, differs: Mapping) -> list[Moved]:
    names = [
        tuple(name for name, which in differs.items() if which[place])
        for place in np.flatnonzero(chosen)
    ]
    pairs = zip(_records(a[chosen]), _records(b[chosen]), names, strict=True)
    return [Moved(old, new, columns) for old, new, columns in pairs]


@dataclass(frozen=True)
class QuestionChanges:
    """Findings as records: asked by the second run alone, by the first alone, by both.

    ``answered``: (before, after) of those whose state is another one now.
    """

    opened: list[dict[str, Any]]
    closed: list[dict[str, Any]]
    still: list[dict[str, Any]]
    answered: list[tuple[dict[str, Any], dict[str, Any]]]


def question_changes(before: pd.DataFrame, after: pd.DataFrame) -> QuestionChanges:
    """What became of the questions, by their ids."""
    old = {item["finding_id"]: item for item in before.to_dict("records")}
    new = {item["finding_id"]: item for item in after.to_dict("records")}
    both = [name for name in new if name in old]
    return QuestionChanges(
        opened=[item for name, item in new.items() if name not in old],
        closed=[item for name, item in old.items() if name not in new],
        still=[new[name] for name in both],
        answered=[(old[n], new[n]) for n in both if old[n]["state"] != new[n]["state"]],
    )
