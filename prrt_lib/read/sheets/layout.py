"""Where a profile's columns stand in a sheet."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from prrt_lib.base.errors import Problem
from prrt_lib.declare.asked.findings import finding
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.profiles import Block, Source
from prrt_lib.declare.layout.profiles import Sheet as SheetProfile
from prrt_lib.read.sheets.headers import (
    Condition,
    Header,
    Numbers,
    compared,
    conditions,
    headers,
    matches,
    pattern,
)
from prrt_lib.read.workbook.excel import Sheet, letters

# What decides an endpoint: a sheet without a declared one of these is not read past.
DECISIVE = {
    "prrt_cycles": ("cycle_date",),
    "followup": ("vital_status", "death_date", "last_contact_date"),
    "imaging": ("scan_date", "response_raw", "any_lesion_decrease", "any_lesion_increase",
                "new_lesions", "progression_date_reported"),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One column of a sheet that a profile entry claims."""

    column: int
    source: Source
    parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Instance:
    """One block, or one number of a numbered block, with the columns its cells stand in."""

    block: Block
    order: int
    numbers: Numbers
    places: Mapping[str, Place]
    only: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Everything known about a sheet before its rows are read."""

    id_column: int
    first_row: int
    instances: tuple[Instance, ...]
    headed: tuple[int, ...]
    ignored_rows: tuple[Condition, ...]
    problems: tuple[Problem, ...]
    findings: tuple[dict[str, str], ...]


def locate(sheet: Sheet, declared: SheetProfile) -> Layout:
    """The layout of ``sheet``; what cannot be found is in its problems and findings."""
    row = declared.header_row
    heads = headers(sheet, declared)
    ids = [head.column for head in heads if head.text == compared(declared.id)]
    problems = [] if len(ids) == 1 else [_id_problem(sheet, declared, ids)]
    instances, findings, claimed = [], [], set(ids)
    for order, block in enumerate(declared.records):
        own, missing, lost = _found(sheet, declared, heads, block, order)
        instances += own
        problems += lost
        findings += [
            finding("entry-without-header", table=block.table, column=name, sheet=sheet.name)
            for name in missing
        ]
        for instance in own:
            for place in instance.places.values():
                claimed.update((place.column, *place.parts))
            claimed.update(condition.column for condition in instance.only)
    where = f"sheet {sheet.name}, row {row}"
    rows, lost = conditions(where, heads, declared.ignore_rows, ("",))
    problems += lost
    claimed |= {condition.column for condition in rows}
    ignored = [pattern(text) for text in declared.ignore]
    findings += [
        finding("unclaimed-header", sheet=sheet.name, cell=f"{letters(head.column)}{row}")
        for head in heads
        if head.column not in claimed and not any(text.fullmatch(head.text) for text in ignored)
    ]
    headed = tuple(head.column for head in heads)
    below = {
        column: line
        for line in sorted(sheet.rows, reverse=True)
        if line > row
        for column, cell in sheet.rows[line].items()
        if not cell.blank
    }
    findings += [
        finding("column-without-header", sheet=sheet.name, cell=f"{letters(column)}{below[column]}")
        for column in sorted(set(below) - set(headed))
    ]
    return Layout(
        id_column=ids[0] if ids else 0,
        first_row=row + 1,
        instances=tuple(instances),
        headed=headed,
        ignored_rows=rows,
        problems=tuple(problems),
        findings=tuple(findings),
    )


def _found(
    sheet: Sheet, declared: SheetProfile, heads: list[Header], block: Block, order: int
) -> tuple[list[Instance], list[str], list[Problem]]:
    """(instances of a block, its entries without a header, what makes it unreadable)."""
    row = declared.header_row
    where = f"sheet {sheet.name}, row {row}"
    found = {name: matches(heads, source) for name, source in block.columns.items()}
    missing = [name for name, hits in found.items() if not hits]
    parts, lost = _parts(where, heads, block, found)
    problems = []
    for hits in found.values():
        for numbers in dict.fromkeys(numbers for numbers, _ in hits):
            same = [f"{letters(column)}{row}" for own, column in hits if own == numbers]
            if len(same) > 1:
                cells = f"sheet {sheet.name}, cells {', '.join(same)}"
                wrong, todo = "the same header more than once", "rename or group the headers"
                problems.append(Problem(cells, wrong, "one column per entry", todo))
    problems += [*_required(sheet, declared, block, missing), *lost]
    # Conditions are looked for in the block's own groups, then among the headers of none.
    groups = (*dict.fromkeys(source.group for source in block.columns.values()), "")
    numbered = sorted(
        {numbers for hits in found.values() for numbers, _ in hits if numbers},
        key=lambda numbers: [(name, int(text)) for name, text in numbers],
    )
    instances = []
    for numbers in numbered or [()]:
        places = {
            name: Place(column, block.columns[name], parts.get((name, column), ()))
            for name, hits in found.items()
            for own, column in hits
            if own in (numbers, ())
        }
        if places or not block.columns:
            only, lost = conditions(where, heads, block.only, groups, numbers)
            instances.append(Instance(block, order, numbers, places, only))
            problems += lost
    return instances, missing, problems


def _parts(
    where: str, heads: list[Header], block: Block, found: Mapping[str, list[tuple[Numbers, int]]]
) -> tuple[dict[tuple[str, int], tuple[int, ...]], list[Problem]]:
    """((entry, its column) -> columns that are read with it: the month and day beside a year, the
    unit beside a number; headers of them that are not there)."""
    parts: dict[tuple[str, int], tuple[int, ...]] = {}
    problems = []
    for name, hits in found.items():
        source = block.columns[name]
        others = [h for h in (source.month, source.day, source.unit_header) if h]
        for numbers, column in hits if others else ():
            own = [
                [c for n, c in matches(heads, replace(source, header=header)) if n == numbers]
                for header in others
            ]
            if all(len(columns) == 1 for columns in own):
                parts[(name, column)] = tuple(columns[0] for columns in own)
            else:
                named = f"not one header each for {', '.join(map(repr, others))}"
                expected = "each of them once, in the group of the column that it belongs to"
                todo = "correct the headers or the profile"
                problems.append(Problem(where, named, expected, todo))
    return parts, problems


def _required(
    sheet: Sheet, declared: SheetProfile, block: Block, missing: list[str]
) -> Iterator[Problem]:
    """Columns without which nothing can be analysed, or which decide an endpoint (decision 28)."""
    table = dictionary().tables[block.table]
    for name in missing:
        decides = name in DECISIVE.get(block.table, ())
        if not (table.columns[name].required or decides):
            continue
        source, todo = block.columns[name], "correct the header or the profile"
        if decides:
            todo += f"; where it was never abstracted, write `absent: [{name}]` in the profile"
        under = f" under {source.group!r}" if source.group else ""
        why = "decides an endpoint" if decides else "is required"
        yield Problem(
            f"sheet {sheet.name}, row {declared.header_row}",
            f"no header {source.header!r}{under}{_nearest(sheet, declared, source.header)}",
            f"the column of {block.table}.{name}, which {why}",
            todo,
        )


def _nearest(sheet: Sheet, declared: SheetProfile, header: str) -> str:
    """ "; the nearest is 'Death dt' in K3": what the header row has instead. A row without the
    id's header may hold a patient, whom no message quotes.
    """
    row = declared.header_row
    texts = {compared(cell.value): (column, str(cell.value).strip())
             for column, cell in sheet.rows.get(row, {}).items() if not cell.blank}  # fmt: skip
    near = difflib.get_close_matches(compared(header), list(texts), n=1, cutoff=0.5)
    if not near or compared(declared.id) not in texts:
        return ""
    column, text = texts[near[0]]
    return f"; the nearest is {text!r} in {letters(column)}{row}"


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
