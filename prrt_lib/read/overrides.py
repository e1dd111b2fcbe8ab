"""Values that an abstractor gave in answer to a question, put in place of the cell's own.

An override never hides: it names who gave it and when, lineage says so, and a note stands in the
findings. It holds only as long as the cell says what it said when the question was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prrt_lib.declare.asked.answers import Answer
from prrt_lib.declare.asked.findings import finding
from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.read.cells.reader import CellRead, one_row_each
from prrt_lib.read.parsing import VALUED
from prrt_lib.read.questions import fingerprint
from prrt_lib.read.records import Record
from prrt_lib.read.sheets import ids
from prrt_lib.read.sheets.rows import SheetRows

Name = tuple[str, str, str]


def apply(parts: Sequence[SheetRows], answers: Iterable[Answer]) -> None:
    """Replaces, in the records of ``parts``, the cells that answers override; adds the notes."""
    given = [a for a in answers if a.corrected and a.state != "closed"]
    if not given:
        return
    cells = _cells(parts, {_name(a) for a in given})
    for answer in given:
        part, group, note = _placed(answer, cells)
        where = {name: getattr(answer, name) for name in ("table", "column", "record")}
        if part is None:
            parts[0].findings.append(finding(note, **where, sheet=answer.sheet, cell=answer.cell))
            continue
        seen = group[0].seen[answer.column]
        read = part.readers[(answer.table, answer.column, _letters(seen.cell))].read(answer.value)
        if read.status in VALUED:
            note = "value-overridden"
            _swap(part, group, answer, read)
        part.findings.append(
            finding(note, **where, sheet=seen.sheet, cell=seen.cell, status=read.status)
        )


def _name(answer: Answer) -> Name:
    return (answer.table, ids.key(answer.record), answer.column)


def _cells(
    parts: Sequence[SheetRows], names: set[Name]
) -> dict[Name, dict[tuple[str, str], tuple[SheetRows, list[Record]]]]:
    """Name -> the cells that hold it, each with the records that it feeds."""
    found: dict[Name, dict] = {}
    concerned = {(table, patient) for table, patient, _ in names}
    for part in parts:
        for record in (*part.records, *part.spread):
            table, same = record.table, ids.key(record.patient)
            for column, seen in record.seen.items() if (table, same) in concerned else ():
                read = (table, column, _letters(seen.cell)) in part.readers
                if read and (table, same, column) in names:
                    cells = found.setdefault((table, same, column), {})
                    cells.setdefault((seen.sheet, seen.cell), (part, []))[1].append(record)
    return found


def _placed(answer: Answer, cells: Mapping) -> tuple[SheetRows | None, list[Record], str]:
    """The cell an answer is about: the one at its address, or the only one that says the same."""
    if answer.refusal:
        return None, [], "override-refused"
    same = {
        place: held
        for place, held in cells.get(_name(answer), {}).items()
        if fingerprint(held[1][0].seen[answer.column].raw) == answer.content
    }
    if held := same.get((answer.sheet, answer.cell)):
        return *held, "override-unreadable"
    if len(same) == 1:
        return *next(iter(same.values())), "override-unreadable"
    return None, [], "override-obsolete"


def _swap(part: SheetRows, group: Sequence[Record], answer: Answer, read: CellRead) -> None:
    """Puts the answer's value into each record of the cell; where every value of the cell is a
    record of its own (symptoms), those of the answer take the place of those of the cell."""
    column = dictionary().tables[answer.table].columns[answer.column]
    new = {id(record): [_with(record, answer, column, read, read.values[0])] for record in group}
    if one_row_each(column):
        copies = [_with(group[0], answer, column, read, values) for values in read.values]
        new = {id(record): copies if record is group[0] else [] for record in group}
    for records in (part.records, part.spread):
        records[:] = [done for record in records for done in new.get(id(record), [record])]


def _with(
    record: Record, answer: Answer, column: Column, read: CellRead, values: Mapping[str, Any]
) -> Record:
    """The record with one of the answer's values; the cell's own text stays beside it."""
    empty = {name: None for name in (column.value_column, *column.companions.values())}
    raw = column.companions.get("raw")
    kept = {raw: record.values.get(raw)} if raw else {}
    source = f"override {answer.initials} {answer.date}"
    now = record.seen[column.name]._replace(status=read.status, rule="override", source=source)
    return record.with_values({**empty, **values, **kept}, {column.name: now})


def _letters(cell: str) -> str:
    return cell.rstrip("0123456789")
