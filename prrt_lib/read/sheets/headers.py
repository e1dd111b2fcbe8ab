"""The header cells of a sheet, which of them an entry of a profile means, rows that count only
where another cell holds one of the words a profile names, and the header of a second table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.declare.layout.profiles import Sheet as SheetProfile
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.reader import text_of
from prrt_lib.read.cells.text import seen
from prrt_lib.read.sheets.ids import SUMMARY, looks_like_id
from prrt_lib.read.workbook.excel import Cell, Sheet

PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
Numbers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Header:
    """One header cell with the group caption above it, both as they are compared."""

    column: int
    text: str
    group: str


def compared(text: Any) -> str:
    """A header as it is compared: as the eye sees it, without case."""
    return seen(str(text)).casefold()


def pattern(text: str) -> re.Pattern[str]:
    """Expression of a header in which {column} stands for a whole number."""
    escaped = re.escape(compared(text))
    return re.compile(PLACEHOLDER.sub(lambda m: f"(?P<{m.group(1)}>[0-9]+)", escaped))


def headers(sheet: Sheet, declared: SheetProfile) -> list[Header]:
    """The header cells of the declared row, left to right."""
    captions = _captions(sheet, declared.group_row) if declared.group_row else {}
    cells = sheet.rows.get(declared.header_row, {})
    return [
        Header(column, compared(cell.value), captions.get(column, ""))
        for column, cell in sorted(cells.items())
        if not cell.blank
    ]


def _captions(sheet: Sheet, row: int) -> dict[int, str]:
    """Column -> caption. A merged caption covers its merged cells; where nothing in the row is
    merged, a caption holds until the next one."""
    cells = {
        c: compared(cell.value) for c, cell in sheet.rows.get(row, {}).items() if not cell.blank
    }
    spans = {left: right for top, left, bottom, right in sheet.merged if top <= row <= bottom}
    if spans:
        return {
            c: text for left, text in cells.items() for c in range(left, spans.get(left, left) + 1)
        }
    last = max((c for line in sheet.rows.values() for c in line), default=0)
    starts = sorted(cells)
    return {
        column: cells[left]
        for left, right in zip(starts, [*starts[1:], last + 1], strict=True)
        for column in range(left, right)
    }


def matches(heads: Sequence[Header], source: Source) -> list[tuple[Numbers, int]]:
    """(numbers, column) of every header that the entry means."""
    text, group = pattern(source.header), pattern(source.group)
    found = []
    for head in heads:
        here, above = text.fullmatch(head.text), group.fullmatch(head.group)
        if here and (above or not source.group):
            numbers = {**here.groupdict(), **(above.groupdict() if above else {})}
            found.append((head, tuple(sorted(numbers.items())), head.column))
    ungrouped = [hit for hit in found if not hit[0].group]
    # An entry without a group means the header that stands in none, if there is such a one.
    chosen = ungrouped if ungrouped and not source.group else found
    return [(numbers, column) for _, numbers, column in chosen]


@dataclass(frozen=True)
class Condition:
    """A column of a sheet and the words of which its cell must hold one."""

    column: int
    words: frozenset[str]

    def holds(self, cells: Mapping[int, Cell]) -> bool:
        """Whether the row's cell holds one of the words; case and outer blanks do not matter."""
        cell = cells.get(self.column)
        return cell is not None and compared(text_of(cell.value)) in self.words


def conditions(
    where: str,
    heads: Sequence[Header],
    declared: Mapping[str, tuple[str, ...]],
    groups: Sequence[str],
    numbers: Numbers = (),
) -> tuple[tuple[Condition, ...], list[Problem]]:
    """One condition per declared header, looked for in each of ``groups`` in turn.

    Where the header is numbered, the one with ``numbers`` is meant. A header that does not stand
    exactly once among the headers is a problem at ``where``.
    """
    found = []
    for header, words in declared.items():
        for group in groups:
            hits = matches(heads, Source(header, group))
            own = [c for n, c in hits if n in (numbers, ())]
            if len(own) == 1:
                found.append(Condition(own[0], frozenset(map(compared, words))))
                break
    if len(found) == len(declared):
        return tuple(found), []
    names = ", ".join(repr(header) for header in declared)
    expected = "each header that `only` or `ignore_rows` names once"
    todo = "correct the header or the profile"
    return tuple(found), [Problem(where, f"not one column each for {names}", expected, todo)]


def second_table(
    sheet: Sheet, rows: Sequence[int], heads: Sequence[Header], id_column: int
) -> int | None:
    """The first of ``rows`` that is the header of another table; None where there is none.

    A header is a row of texts with the study id's header or with two other headers of the sheet;
    or, after a blank row, three texts or more without a digit above a row that has some. A header
    repeated as it stands goes on with the same table when it follows a row of it, as for printing;
    below a gap or a caption it starts another one.
    """
    known = {head.text for head in heads}
    own = {head.column: head.text for head in heads}
    for place, row in enumerate(rows):
        texts = _texts(sheet.rows[row])
        if not texts:
            continue
        if {column: own.get(column) for column in texts} == texts:
            # A blank row, or a caption of one cell, stands above it.
            above = sum(not cell.blank for cell in sheet.rows.get(row - 1, {}).values())
            if place and above <= 1:
                return row
            continue
        told = texts.get(id_column, "")
        if looks_like_id(told) or SUMMARY.match(told):
            continue
        named = texts.get(id_column) == own.get(id_column)
        repeated = sum(text in known for text in texts.values()) >= 2
        if (named or repeated) and len(texts) >= 2:
            return row
        blank_above = all(cell.blank for cell in sheet.rows.get(row - 1, {}).values())
        words = not any(c.isdigit() for text in texts.values() for c in text)
        below = sheet.rows.get(row + 1, {})
        data = any(not cell.blank and not isinstance(cell.value, str) for cell in below.values())
        if blank_above and words and data and len(texts) >= 3:
            return row
    return None


def _texts(cells: Mapping[int, Cell]) -> dict[int, str]:
    """The row's texts as headers are compared; empty where it holds anything else."""
    filled = {column: cell for column, cell in cells.items() if not cell.blank}
    if not all(isinstance(cell.value, str) for cell in filled.values()):
        return {}
    return {column: compared(text_of(cell.value)) for column, cell in filled.items()}
