"""Copies: exact ones are kept once, conflicting patients are held out, both are reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prrt_lib.declare.asked.findings import finding, rules
from prrt_lib.read.records import Record, by_patient, one_per_patient


@dataclass(frozen=True)
class Kept:
    """Records that remain, patients held out, and what to ask about them."""

    records: list[Record]
    held_out: dict[str, str]
    duplicate_rows: int
    findings: list[dict[str, str]]


def resolve(records: Sequence[Record], printed: dict[str, str]) -> Kept:
    """Each record once. All copies of a patient whose copies differ are held out, and records
    whose patient has no row in ``patients`` are orphans and held out too."""
    kept: list[Record] = []
    copies: dict[tuple, tuple[Record, Record]] = {}
    held: dict[str, str] = {}
    findings: list[dict[str, str]] = []
    known = {record.patient for record in records if record.table == "patients"}
    for patient, own in by_patient(records).items():
        if patient not in known:
            held[patient] = "orphan-record"
            # One finding a row, however many records it makes.
            rows = {record.origin: record for record in reversed(own)}
            findings += [
                finding("orphan-record", table=record.table, record=printed[patient],
                        **_where([record]))
                for _, record in sorted(rows.items())
            ]  # fmt: skip
            continue
        single, conflict = _per_table(own, copies)
        if conflict:
            held[patient] = "conflicting-patient"
            findings.append(_conflict(conflict, printed[patient]))
        else:
            kept += single
    # A row that also tells something new, such as a further cycle, is no copy of another row.
    new = {record.origin for record in kept if record.origin in copies}
    again = [pair for origin, pair in copies.items() if origin not in new]
    findings += [
        finding("duplicate-row", table=second.table, record=printed[second.patient],
                **_where([second, first]))
        for first, second in again
        if first.patient not in held
    ]  # fmt: skip
    return Kept(kept, held, len(again), findings)


def _per_table(
    own: Sequence[Record], copies: dict[tuple, tuple[Record, Record]]
) -> tuple[list[Record], list[list[Record]]]:
    """(records once each, the copies that contradict one another in each table)."""
    tables: dict[str, list[Record]] = {}
    for record in sorted(own, key=lambda record: record.origin):
        tables.setdefault(record.table, []).append(record)
    single: list[Record] = []
    conflicts: list[list[Record]] = []
    for table, members in tables.items():
        seen: dict[tuple, Record] = {}
        for record in members:
            # Looking at what a single record says would cost time for nothing.
            same = record.compared() if len(members) > 1 else ()
            first = seen.setdefault(same, record)
            if first.origin != record.origin and record.seen:
                copies.setdefault(record.origin, (first, record))
        unique = list(seen.values())
        if one_per_patient(table) and len(unique) > 1:
            joined = _joined(unique)
            if joined is None:
                conflicts.append(unique)
            unique = [joined] if joined else []
        single += unique
    return ([], conflicts) if conflicts else (single, [])


def _joined(members: Sequence[Record]) -> Record | None:
    """Parts of one record that stand in different sheets as one; None where they conflict."""
    result = members[0]
    by_sheet: dict[str, set[str]] = {}
    for record in members:
        # Without the workbook's name, "[b.xlsx]": sheets of several workbooks are told apart by it.
        told = by_sheet.setdefault(record.origin[1].rpartition("]")[2], set())
        said = {name for name, seen in record.seen.items() if seen.status != "missing"}
        # Rows of one sheet are parts of a record only where none tells what another tells.
        if not told.isdisjoint(said):
            return None
        told |= said
    for record in members[1:]:
        for column, seen in record.seen.items():
            known = result.seen.get(column)
            if known is None or known.status == "missing":
                continue
            if seen.status != "missing" and result.value(column) != record.value(column):
                return None
        result = result.completed(record.values, record.seen)
    return result


def _where(records: Sequence[Record]) -> dict[str, str]:
    first, *others = [f"{sheet}!{row}:{row}" for _, sheet, row in (r.origin for r in records)]
    sheet, row = records[0].origin[1], records[0].origin[2]
    return {"sheet": sheet, "cell": f"A{row}", "related_cells": "; ".join(others)}


def _conflict(conflicts: Sequence[Sequence[Record]], printed: str) -> dict[str, str]:
    """The question about a patient whose copies differ, naming every column and cell in which."""
    names, cells = [], []
    for copies in conflicts:
        told = {name for record in copies for name in record.seen}
        shown = {
            name: {f"{copy.value(name)} {copy.seen[name].raw if name in copy.seen else ''}"
                   for copy in copies}
            for name in told
        }  # fmt: skip
        differing = sorted(name for name in told if len(shown[name]) > 1)
        names += differing
        cells += [(copy.seen[name].sheet, copy.seen[name].cell)
                  for name in differing for copy in copies if name in copy.seen]  # fmt: skip
    rule = rules()["conflicting-patient"]
    where = _where(conflicts[0])
    if cells:
        others = "; ".join(f"{sheet}!{cell}" for sheet, cell in cells[1:])
        where = {"sheet": cells[0][0], "cell": cells[0][1], "related_cells": others}
    return finding(
        rule.id, table=conflicts[0][0].table, record=printed, column=names[0] if names else "",
        message=f"{rule.message} ({', '.join(names)})." if names else rule.message, **where,
    )  # fmt: skip
