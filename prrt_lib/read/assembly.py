"""Records of all sheets -> one set: copies resolved, dates narrowed, contradictions unused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from prrt_lib.declare.asked.findings import finding, rules
from prrt_lib.read import duplicates, frames
from prrt_lib.read.checks import checked
from prrt_lib.read.checks.finding_rows import about_cells
from prrt_lib.read.checks.partial_dates import narrowed
from prrt_lib.read.records import Record, by_patient, patient
from prrt_lib.read.sheets import ids
from prrt_lib.read.sheets.rows import SheetRows, merged_in_row

Findings = list[dict[str, str]]


def assembled(
    parts: Sequence[SheetRows],
) -> tuple[dict[str, pd.DataFrame], Findings, pd.DataFrame, dict[str, Any]]:
    """(typed tables, findings, lineage, counts for the flow): what the rows of all sheets say
    together. The parts let go of their records: those of a large registry fit in memory only once.
    """
    # Key -> id as printed, with the centre before it where ids of several centres meet.
    printed = {
        same: f"{same.split('/')[0]}/{text}" if "/" in same else text
        for same, text in ids.spellings(
            told[:2] for part in parts for told in part.spellings
        ).items()
    }
    records = [record for part in parts for record in part.records]
    copies = [record for part in parts for record in part.spread]
    passed = [record for part in parts for record in part.passed]
    for part in parts:
        part.records, part.spread, part.passed = [], [], []
    [records, copies, passed], joined = ids.same_patients([records, copies, passed])
    kept = duplicates.resolve(merged_in_row(records), printed)
    del records
    spread, notes = _spread(kept.records, copies)
    # Each finding about a cell once, however many records the cell feeds.
    cells = {}
    for record in (*spread, *copies, *passed):
        for told in about_cells(record, printed[record.patient]):
            cells.setdefault((told["rule"], told["sheet"], told["cell"]), told)
    rows: Counter[str] = Counter()
    findings = []
    for part in parts:
        rows[part.sheet] += part.rows
        for told in part.findings:
            record = told.get("record")
            findings.append({**told, "record": printed.get(record, record)} if record else told)
    rule = rules()["id-spelt-differently"]
    for part in parts:
        respelt = [cell for same, text, cell in part.spellings
                   if text != printed[same].rpartition("/")[2]]  # fmt: skip
        if respelt:
            told = f"{rule.message} ({len(respelt)} rows)."
            findings.append(finding(rule.id, sheet=part.sheet, cell=respelt[0], message=told))
    findings += [*joined, *kept.findings, *notes, *cells.values()]
    del copies, passed
    kept.records.clear()
    patients = [
        patient(one, narrowed(patient(one, own))) for one, own in by_patient(spread).items()
    ]
    del spread
    records, contradictions = checked(patients, printed)
    del patients
    ordered = frames.ordered(records, printed)
    del records
    tables, lineage = frames.framed(ordered, printed)
    counts = {
        "rows": dict(rows),
        "held_out_rows": sum(part.held_out for part in parts),
        "duplicate_rows": kept.duplicate_rows,
        "held_out": {printed[one]: rule for one, rule in sorted(kept.held_out.items())},
        "patients": len(tables["patients"]),
    }
    return tables, [*findings, *contradictions], lineage, counts


def _spread(records: Sequence[Record], copies: Sequence[Record]) -> tuple[list[Record], Findings]:
    """Records with per-patient values copied to where a record has none of its own."""
    by_place: dict[tuple[str, str], list[Record]] = {}
    for copy in copies:
        by_place.setdefault((copy.table, copy.patient), []).append(copy)
    result = []
    for record in records:
        for copy in by_place.get((record.table, record.patient), ()):
            seen = {name: told._replace(source="spread") for name, told in copy.seen.items()}
            record = record.completed(copy.values, seen)
        result.append(record)
    first: dict[tuple[str, str, str], str] = {}
    for copy in copies:
        for name, seen in copy.seen.items():
            first.setdefault((copy.table, name, seen.sheet), seen.cell)
    notes = [
        finding("spread-value", table=table, column=name, sheet=sheet, cell=cell)
        for (table, name, sheet), cell in sorted(first.items())
    ]
    return result, notes
