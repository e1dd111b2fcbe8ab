"""Which cells differ between two readings of a workbook, patient by patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_from_string

from prrt_lib.read.reading import Reading
from prrt_lib.tools.compare.records import Cell, TypedRow, digests, pairs, rows_of

# What an edit can be; a respelt cell has the value it had, and moves nothing.
KINDS = ("changed", "row gone", "row new", "patient gone", "patient new", "renamed", "question",
         "respelt")  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One difference: whose, of which kind, and where. ``before`` and ``after`` are raw texts.

    ``cell`` is where it stands in the second workbook, or where it stood when it is gone; a row
    is a range. ``was`` is the first workbook's cell, where that is another one.
    """

    record: str
    kind: str
    table: str = ""
    column: str = ""
    sheet: str = ""
    cell: str = ""
    was: str = ""
    before: str = ""
    after: str = ""


def edits(before: Reading, after: Reading) -> list[Edit]:
    """Every difference, by record, sheet and cell."""
    one, other = digests(before), digests(after)
    both = one.index.intersection(other.index)
    unequal = both[(one[both] != other[both]).to_numpy()]
    differing = sorted({*one.index.symmetric_difference(other.index), *unequal})
    old, new = rows_of(before, differing), rows_of(after, differing)
    found: list[Edit] = []
    for record in differing:
        own = list(_of_record(record, old[record], new[record]))
        found += own or _asked(record, before.findings, after.findings)
    return _renamed(list(dict.fromkeys(found)), before, after)


def _renamed(found: list[Edit], before: Reading, after: Reading) -> list[Edit]:
    """``found``, with one edit for a patient who is gone and comes back with the same rows."""
    gone = {edit.record: None for edit in found if edit.kind == "patient gone"}
    new = {edit.record: None for edit in found if edit.kind == "patient new"}
    if not gone or not new:
        return found
    old_sums, new_sums = digests(before, False), digests(after, False)
    pairs_ = {a: b for a in gone for b in new if old_sums[a] == new_sums[b]}
    lines = {
        a: "; ".join(f"{edit.sheet}!{edit.cell}" for edit in found if edit.record == b)
        for a, b in pairs_.items()
    }
    rest = [edit for edit in found if edit.record not in {*pairs_, *pairs_.values()}]
    return [
        *rest, *(Edit(a, "renamed", cell=lines[a], before=a, after=b) for a, b in pairs_.items())
    ]  # fmt: skip


def effective(found: Iterable[Edit]) -> dict[str, list[Edit]]:
    """Record -> its edits, of those records that have more than another spelling."""
    by_record: dict[str, list[Edit]] = {}
    for edit in found:
        if edit.kind != "respelt":
            by_record.setdefault(edit.record, []).append(edit)
    return by_record


def _of_record(
    record: str, old: Mapping[str, list[TypedRow]], new: Mapping[str, list[TypedRow]]
) -> Iterator[Edit]:
    if not old or not new:
        kind = "patient new" if new else "patient gone"
        rows = [(table, row) for table, own in (new or old).items() for row in own]
        yield from _rows(record, kind, rows, set())
        return
    left, added = [], []
    for table in {**old, **new}:
        a, b = old.get(table, []), new.get(table, [])
        same, gone, more = pairs(
            [row.content for row in a], [row.content for row in b],
            ([row.place for row in a], [row.place for row in b]),
        )  # fmt: skip
        for one, other in same:
            yield from _cells(record, table, a[one], b[other])
        left += [(table, a[number]) for number in gone]
        added += [(table, b[number]) for number in more]
    yield from _rows(record, "row gone", left, _standing(new))
    yield from _rows(record, "row new", added, _standing(old))


def _standing(tables: Mapping[str, list[TypedRow]]) -> set[Cell]:
    return {cell for rows in tables.values() for row in rows for cell in row.cells.values()}


def _cells(record: str, table: str, one: TypedRow, other: TypedRow) -> Iterator[Edit]:
    """The cells in which two states of one row differ."""
    nowhere = Cell("", "", "", "missing")
    for column, values in other.values.items():
        was, now = one.cells.get(column, nowhere), other.cells.get(column, nowhere)
        valued = one.values.get(column) != values or was.status != now.status
        if not valued and was.raw == now.raw:
            continue
        place = now if now.cell else was
        moved = was.cell if was.cell and was.cell != place.cell else ""
        kind = "changed" if valued else "respelt"
        yield Edit(record, kind, table, column, place.sheet, place.cell, moved, was.raw, now.raw)


def _rows(
    record: str, kind: str, rows: list[tuple[str, TypedRow]], other: set[Cell]
) -> Iterator[Edit]:
    """Rows that only one reading has; rows of one line of a sheet are one edit.

    A row of which all cells but one still stand where they stood is that one cell.
    """
    lines: dict[tuple[str, int], list[tuple[str, TypedRow]]] = {}
    for table, row in rows:
        written = {column: cell for column, cell in row.cells.items() if cell.raw}
        lost = [(column, cell) for column, cell in written.items() if cell not in other]
        if len(lost) == 1 and len(written) > 1:
            column, cell = lost[0]
            texts = (cell.raw, "") if kind == "row gone" else ("", cell.raw)
            yield Edit(record, "changed", table, column, cell.sheet, cell.cell, "", *texts)
        else:
            lines.setdefault(row.place, []).append((table, row))
    for (sheet, number), own in lines.items():
        cells = {
            cell.cell: cell
            for _, row in own
            for cell in row.cells.values()
            if (cell.sheet, coordinate_from_string(cell.cell)[1]) == (sheet, number)
        }
        words = " | ".join(
            cells[name].raw for name in sorted(cells, key=_column) if cells[name].raw
        )
        texts = (words, "") if kind.endswith("gone") else ("", words)
        tables = ", ".join(dict.fromkeys(table for table, _ in own))
        yield Edit(record, kind, tables, "", sheet, area(cells), "", *texts)


def area(cells: Iterable[str]) -> str:
    """Cells of one row as ranges: "B3:D3, G3"."""
    runs: list[list[str]] = []
    for cell in sorted(cells, key=_column):
        if runs and _column(cell) == _column(runs[-1][-1]) + 1:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}:{run[-1]}" for run in runs)


def _column(cell: str) -> int:
    return column_index_from_string(coordinate_from_string(cell)[0])


def _asked(record: str, before: pd.DataFrame, after: pd.DataFrame) -> list[Edit]:
    """Where a record has the same values and other questions: the cells these are about."""
    own = [frame[frame["record"] == record] for frame in (before, after)]
    ids = [set(frame["finding_id"]) for frame in own]
    return [
        Edit(record, "question", row["table"], row["column"], row["sheet"], row["cell"])
        for frame, others in zip(own, reversed(ids), strict=True)
        for row in frame.to_dict("records")
        if row["finding_id"] not in others
    ]
