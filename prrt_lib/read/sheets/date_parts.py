"""Columns read together: dates in three columns -> one date; the unit beside a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.declare.layout.profiles import Block
from prrt_lib.read.cells.text import absent
from prrt_lib.read.sheets.headers import Header, Numbers, matches
from prrt_lib.read.workbook.excel import Cell, Sheet

Found = Mapping[str, list[tuple[Numbers, int]]]


def columns(
    sheet: Sheet, row: int, heads: Sequence[Header], block: Block, found: Found
) -> tuple[dict[tuple[str, int], tuple[int, ...]], list[Problem]]:
    """((entry, year's column) -> columns of month and day, headers that are not there)."""
    parts: dict[tuple[str, int], tuple[int, ...]] = {}
    problems = []
    for name, hits in found.items():
        source = block.columns[name]
        others = [h for h in (source.month, source.day, source.unit_header) if h]
        if not others:
            continue
        for numbers, year in hits:
            own = [
                [c for n, c in matches(heads, replace(source, header=header)) if n == numbers]
                for header in others
            ]
            if all(len(columns) == 1 for columns in own):
                parts[(name, year)] = tuple(columns[0] for columns in own)
            else:
                problems.append(_problem(sheet, row, others))
    return parts, problems


def _problem(sheet: Sheet, row: int, others: Sequence[str]) -> Problem:
    return Problem(
        f"sheet {sheet.name}, row {row}",
        f"not one header each for {', '.join(map(repr, others))}",
        "each of them once, in the group of the column that it belongs to",
        "correct the headers or the profile",
    )


def joined(year: Cell | None, month: Cell | None, day: Cell | None = None) -> Any:
    """The date that three cells say, as text: 2014-03-05, 2014-03 or 2014; None where none.

    A two-digit year, or a day without a month, gives a text that no reader of dates accepts:
    what cannot be understood with certainty becomes a question.
    """
    texts = [_text(cell) for cell in (year, month, day)]
    if not any(texts):
        return None
    y, m, d = texts
    whole = len(y) == 4 and y.isdigit() and not (d and not m)
    if whole and all(part.isdigit() for part in (m, d) if part):
        return "-".join([y, *(part.zfill(2) for part in (m, d) if part)])
    if whole and m.isalpha() and (d.isdigit() or not d):
        return " ".join(part for part in (d, m, y) if part)
    return f"year {y}, month {m}, day {d}"


def unit_of(cell: Cell | None) -> str:
    """The unit that a cell beside a number names; "" where it names none."""
    return _text(cell)


def _text(cell: Cell | None) -> str:
    """A part's text; blank, "UNK" and the like are no part."""
    if cell is None or absent(cell.value) is not None:
        return ""
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
