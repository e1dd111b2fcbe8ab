"""Records of all sheets -> one set: copies resolved, dates narrowed, contradictions unused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from prrt_lib.declare.findings import finding, rules
from prrt_lib.read import duplicates, frames
from prrt_lib.read.checks import checked
from prrt_lib.read.checks.cell_findings import about_record
from prrt_lib.read.checks.partial_dates import narrowed
from prrt_lib.read.records import Record, by_patient, patient
from prrt_lib.read.sheets import ids
from prrt_lib.read.sheets.ids import same_patients
from prrt_lib.read.sheets.rows import SheetRows, merged_in_row

Questions = list[dict[str, str]]


@dataclass(frozen=True)
class Assembled:
    """Typed tables, findings as records, lineage, and counts for the flow."""

    tables: dict[str, pd.DataFrame]
    findings: Questions
    lineage: pd.DataFrame
    about: dict[str, Any]


def assembled(parts: Sequence[SheetRows]) -> Assembled:
    """What the rows of all sheets say together. The parts let go of their records: those of a
    large registry fit in memory only once."""
    printed = _printed(parts)
    records, copies, passed = (
        _released(getattr(part, name) for part in parts) for name in ("records", "spread", "passed")
    )
    [records, copies, passed], joined = same_patients([records, copies, passed])
    kept = duplicates.resolve(merged_in_row(records), printed)
    del records
    spread, notes = _spread(kept.records, copies)
    cells = _once([*spread, *copies, *passed], printed)
    asked = [
        {**q, "record": printed.get(q["record"], q["record"])} if q.get("record") else q
        for part in parts
        for q in part.findings
    ]
    asked += _respelt(parts, printed)
    findings = [*asked, *joined, *kept.findings, *notes, *cells]
    del copies, passed
    kept.records.clear()
    patients = [
        patient(one, narrowed(patient(one, own))) for one, own in by_patient(spread).items()
    ]
    del spread
    records, questions = checked(patients, printed)
    del patients
    ordered = frames.ordered(records, printed)
    del records
    tables, lineage = frames.framed(ordered, printed)
    return Assembled(
        tables=tables,
        findings=[*findings, *questions],
        lineage=lineage,
        about=_counts(parts, kept, printed, len(tables["patients"])),
    )


def _released(lists: Iterable[list[Record]]) -> list[Record]:
    """All records of the lists, which are empty afterwards."""
    records: list[Record] = []
    for own in lists:
        records += own
        own.clear()
    return records


def _counts(
    parts: Sequence[SheetRows], kept: duplicates.Kept, printed: Mapping[str, str], patients: int
) -> dict[str, Any]:
    rows: Counter[str] = Counter()
    for part in parts:
        rows[part.sheet] += part.rows
    return {
        "rows": dict(rows),
        "held_out_rows": sum(part.held_out for part in parts),
        "duplicate_rows": kept.duplicate_rows,
        "held_out": {printed[one]: rule for one, rule in sorted(kept.held_out.items())},
        "patients": patients,
    }


def _printed(parts: Sequence[SheetRows]) -> dict[str, str]:
    """Key -> id as printed, with the centre before it where ids of several centres meet."""
    texts = ids.spellings(told[:2] for part in parts for told in part.spellings)
    return {
        same: f"{same.split('/')[0]}/{text}" if "/" in same else text
        for same, text in texts.items()
    }


def _respelt(parts: Sequence[SheetRows], printed: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A note per sheet whose ids are written in another way than the patient's id is printed."""
    rule = rules()["id-spelt-differently"]
    for part in parts:
        cells = [cell for same, text, cell in part.spellings
                 if text != printed[same].rpartition("/")[2]]  # fmt: skip
        if cells:
            told = f"{rule.message} ({len(cells)} rows)."
            yield finding(rule.id, sheet=part.sheet, cell=cells[0], message=told)


def _once(records: Iterable[Record], printed: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Each question about a cell once, however many records the cell feeds."""
    asked = set()
    for record in records:
        for question in about_record(record, printed[record.patient]):
            what = (question["rule"], question["sheet"], question["cell"])
            if what not in asked:
                asked.add(what)
                yield question


def _spread(
    records: Sequence[Record], copies: Sequence[Record]
) -> tuple[list[Record], list[dict[str, str]]]:
    """Records with per-patient values copied to where a record has none of its own."""
    by_place: dict[tuple[str, str], list[Record]] = {}
    for copy in copies:
        by_place.setdefault((copy.table, copy.patient), []).append(copy)
    result = []
    for record in records:
        for copy in by_place.get((record.table, record.patient), ()):
            seen = {
                name: told._replace(source="spread")
                for name, told in copy.seen.items()
                if name not in record.seen or record.seen[name].status == "missing"
            }
            values = {k: v for k, v in copy.values.items() if record.values.get(k) is None}
            record = record.with_values(values, seen)
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
