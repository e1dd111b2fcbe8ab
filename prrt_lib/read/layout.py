"""Where a profile's columns stand in a sheet."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prrt_lib.base.errors import Problem
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.findings import finding
from prrt_lib.declare.profiles import Block, Source
from prrt_lib.declare.profiles import Sheet as SheetProfile
from prrt_lib.read.workbook import Sheet, letters

PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
Numbers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Place:
    """One column of a sheet that a profile entry claims."""

    column: int
    source: Source


@dataclass(frozen=True)
class Instance:
    """One block, or one number of a numbered block, with the columns its cells stand in."""

    block: Block
    order: int
    numbers: Numbers
    places: Mapping[str, Place]


@dataclass(frozen=True)
class Layout:
    """Everything known about a sheet before its rows are read."""

    id_column: int
    first_row: int
    instances: tuple[Instance, ...]
    headed: tuple[int, ...]
    problems: tuple[Problem, ...]
    findings: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Header:
    """One header cell with the group caption above it, both as they are compared."""

    column: int
    text: str
    group: str


def compared(text: Any) -> str:
    """A header as it is compared: width, case, outer and repeated blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", str(text)).split()).casefold()


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


def locate(sheet: Sheet, declared: SheetProfile) -> Layout:
    """The layout of ``sheet``; what cannot be found is in its problems and findings."""
    row = declared.header_row
    heads = headers(sheet, declared)
    ids = [head.column for head in heads if head.text == compared(declared.id)]
    problems = [] if len(ids) == 1 else [_id_problem(sheet, declared, ids)]
    instances, findings, claimed = [], [], set(ids)
    for order, block in enumerate(declared.records):
        found = {name: _matches(heads, source) for name, source in block.columns.items()}
        problems += _duplicates(sheet, row, found)
        missing = [name for name, matches in found.items() if not matches]
        problems += _required(sheet, row, block, missing)
        findings += [_not_found(sheet, row, block, name) for name in missing]
        claimed |= {column for matches in found.values() for _, column in matches}
        instances += _instances(block, order, found)
    ignored = {compared(text) for text in declared.ignore}
    open_ = [h for h in heads if h.column not in claimed and h.text not in ignored]
    findings += [_unclaimed(sheet, row, head) for head in open_]
    findings += _headless(sheet, row, {head.column for head in heads})
    return Layout(
        id_column=ids[0] if ids else 0,
        first_row=row + 1,
        instances=tuple(instances),
        headed=tuple(head.column for head in heads),
        problems=tuple(problems),
        findings=tuple(findings),
    )


def _matches(heads: list[Header], source: Source) -> list[tuple[Numbers, int]]:
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


def _instances(
    block: Block, order: int, found: Mapping[str, list[tuple[Numbers, int]]]
) -> Iterator[Instance]:
    numbered = sorted(
        {numbers for matches in found.values() for numbers, _ in matches if numbers},
        key=lambda numbers: [(name, int(text)) for name, text in numbers],
    )
    for numbers in numbered or [()]:
        places = {
            name: Place(column, block.columns[name])
            for name, matches in found.items()
            for own, column in matches
            if own in (numbers, ())
        }
        if places or not block.columns:
            yield Instance(block, order, numbers, places)


def _duplicates(sheet: Sheet, row: int, found: Mapping[str, list]) -> Iterator[Problem]:
    for matches in found.values():
        columns: dict[Numbers, list[int]] = {}
        for numbers, column in matches:
            columns.setdefault(numbers, []).append(column)
        for same in columns.values():
            if len(same) > 1:
                where = ", ".join(f"{letters(column)}{row}" for column in same)
                yield Problem(
                    f"sheet {sheet.name}, cells {where}",
                    "the same header more than once",
                    "one column per entry",
                    "rename or group the headers",
                )


def _required(sheet: Sheet, row: int, block: Block, missing: list[str]) -> Iterator[Problem]:
    table = dictionary().tables[block.table]
    for name in missing:
        if table.columns[name].required:
            source = block.columns[name]
            yield Problem(
                f"sheet {sheet.name}, row {row}",
                f"no header {source.header!r}",
                f"the column of {block.table}.{name}, which is required",
                "correct the header or the profile",
            )


def _id_problem(sheet: Sheet, declared: SheetProfile, ids: list[int]) -> Problem:
    where = f"sheet {sheet.name}, row {declared.header_row}"
    wanted = compared(declared.id)
    if ids:
        cells = ", ".join(letters(column) for column in ids)
        return Problem(where, f"the study id's header in columns {cells}", "it once", "rename one")
    for row in sorted(sheet.rows)[:30]:
        if any(compared(cell.value) == wanted for cell in sheet.rows[row].values()):
            return Problem(
                where,
                f"no header {declared.id!r}; row {row} has it",
                "the header row that the profile declares",
                f"set header_row: {row} in the profile",
            )
    texts = [compared(cell.value) for cell in sheet.rows.get(declared.header_row, {}).values()]
    near = difflib.get_close_matches(wanted, texts, n=1)
    todo = f"did you mean {near[0]!r}?" if near else "name the id's header in the profile"
    return Problem(where, f"no header {declared.id!r}", "the column of the study id", todo)


def _not_found(sheet: Sheet, row: int, block: Block, name: str) -> dict[str, str]:
    return finding(
        "entry-without-header", table=block.table, column=name, sheet=sheet.name, cell=f"A{row}"
    )


def _unclaimed(sheet: Sheet, row: int, head: Header) -> dict[str, str]:
    return finding("unclaimed-header", sheet=sheet.name, cell=f"{letters(head.column)}{row}")


def _headless(sheet: Sheet, row: int, headed: set[int]) -> Iterator[dict[str, str]]:
    below = {
        c: r
        for r in sorted(sheet.rows, reverse=True)
        if r > row
        for c, cell in sheet.rows[r].items()
        if not cell.blank
    }
    for column in sorted(set(below) - headed):
        yield finding(
            "column-without-header", sheet=sheet.name, cell=f"{letters(column)}{below[column]}"
        )
