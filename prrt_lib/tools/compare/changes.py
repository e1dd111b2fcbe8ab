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

    def counts(self) -> dict[str, int]:
        """How many rows both runs have with other numbers, one run alone, both with other words."""
        return {
            "changed": sum(bool(one.columns) for one in self.moved),
            "only in A": sum(one.after is None for one in self.moved),
            "only in B": sum(one.before is None for one in self.moved),
            "in words only": len(self.worded),
        }


def row_changes(
    before: pd.DataFrame, after: pd.DataFrame, tolerance: float = TOLERANCE
) -> RowChanges:
    """Rows that differ, in the order in which the runs have them.

    Numbers are equal within ``tolerance`` times the larger of the two, or within 1e-12.
    """
    one, other = before.set_index("row_id", drop=False), after.set_index("row_id", drop=False)
    both = one.index.intersection(other.index, sort=False)
    a, b = one.loc[both], other.loc[both]
    differs = {name: ~close(a[name], b[name], tolerance) for name in NUMBERS}
    differs |= {name: (a[name] != b[name]).to_numpy() for name in ("unit", "state")}
    words = {name: (a[name] != b[name]).to_numpy() for name in WORDS}
    valued = np.logical_or.reduce(list(differs.values()))
    worded = np.logical_or.reduce(list(words.values())) & ~valued

    def pairs(chosen: np.ndarray, unequal: Mapping[str, np.ndarray]) -> list[Moved]:
        rows = zip(a[chosen].to_dict("records"), b[chosen].to_dict("records"),
                   np.flatnonzero(chosen), strict=True)  # fmt: skip
        return [
            Moved(old, new, tuple(name for name, which in unequal.items() if which[place]))
            for old, new, place in rows
        ]

    moved = [
        *(Moved(row, None) for row in one.drop(index=both).to_dict("records")),
        *pairs(valued, differs),
        *(Moved(None, row) for row in other.drop(index=both).to_dict("records")),
    ]
    return RowChanges(moved, pairs(worded, words), int(len(both) - valued.sum()))


def close(one: Any, other: Any, tolerance: float = TOLERANCE) -> np.ndarray:
    """Whether numbers are the same, one by one; a missing one equals a missing one."""
    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= np.maximum(tolerance * np.maximum(np.abs(a), np.abs(b)), NOTHING)
    return near | (a == b) | (np.isnan(a) & np.isnan(b))


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
