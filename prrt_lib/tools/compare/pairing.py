"""Which rows of one patient in two readings are the same row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

Values = tuple[Any, ...]


def pairs(
    before: Sequence[Values], after: Sequence[Values], places: Sequence[Sequence[Any]]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """(pairs of positions, positions left before, positions left after).

    Reading sorts rows by their dates, so order tells nothing: equal rows are one row, then the
    two that share most values, blanks aside; of equally alike ones those at the same place in
    the sheet (``places`` of both). What shares nothing is paired only where one is left of each.
    """
    found = _equal(before, after)
    left = [n for n in range(len(before)) if n not in {a for a, _ in found}]
    right = [n for n in range(len(after)) if n not in {b for _, b in found}]
    scores = [
        (_shared(before[a], after[b]), places[0][a] == places[1][b], -a, -b)
        for a in left
        for b in right
    ]
    for shared, _, a, b in sorted(scores, reverse=True):
        if -a in left and -b in right and (shared or len(left) == len(right) == 1):
            found.append((-a, -b))
            left.remove(-a)
            right.remove(-b)
    return sorted(found), left, right


def _equal(before: Sequence[Values], after: Sequence[Values]) -> list[tuple[int, int]]:
    found = []
    common = Counter(before) & Counter(after)
    for values, count in common.items():
        a = [n for n, item in enumerate(before) if item == values][:count]
        b = [n for n, item in enumerate(after) if item == values][:count]
        found += zip(a, b, strict=True)
    return found


def _shared(one: Values, other: Values) -> int:
    return sum(a == b and a is not None for a, b in zip(one, other, strict=True))
