"""Workbooks and a profile -> typed tables, findings and lineage."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.declare.findings import finding, findings_frame
from prrt_lib.declare.profiles import Profile, load
from prrt_lib.declare.profiles import Sheet as SheetProfile
from prrt_lib.read import columns, duplicates, frames, ids
from prrt_lib.read.cell_findings import about_record
from prrt_lib.read.checks import checked
from prrt_lib.read.gate import Limits, admit
from prrt_lib.read.layout import Layout, locate
from prrt_lib.read.partial_dates import narrowed
from prrt_lib.read.patient import patient
from prrt_lib.read.records import Record, by_patient
from prrt_lib.read.rows import RowReader, SheetRows, merged_in_row
from prrt_lib.read.workbook import Sheet, Workbook, open_workbook, plain


@dataclass(frozen=True)
class Reading:
    """What a workbook holds: typed tables, open questions, and where every value came from.

    ``about``: workbook (names), profile, rows (per sheet), held_out_rows, duplicate_rows,
    held_out (patient id -> rule), patients.
    """

    tables: dict[str, pd.DataFrame]
    findings: pd.DataFrame
    lineage: pd.DataFrame
    about: dict[str, Any]


@dataclass(frozen=True)
class Located:
    """One declared sheet as it was found in one workbook."""

    book: int
    epoch: int
    sheet: Sheet
    declared: SheetProfile
    layout: Layout


def read_workbook(
    paths: Path | str | Sequence[Path | str],
    profile: Profile | str | Sequence[Profile],
    limits: Limits | None = None,
    first_seen: str = "",
) -> Reading:
    """Everything in one or several workbooks, read through a profile (or one profile each).

    Raises WorkbookError with every error at once: unsafe or missing files, missing sheets and
    required columns, duplicate headers, both date orders in a column, formulas without values.
    """
    books = [paths] if isinstance(paths, (str, Path)) else list(paths)
    profiles = [profile] * len(books) if isinstance(profile, (str, Profile)) else list(profile)
    profiles = [load(item) if isinstance(item, str) else item for item in profiles]
    found = _locate(books, profiles, limits)
    parts = [_rows(item, profiles) for item in found]
    if not any(part.rows for part in parts):
        raise WorkbookError(
            Problem(
                ", ".join(map(str, books)),
                "no records at all",
                "at least one row with a study id",
                "check profile and sheets",
            )
        )
    return _assembled(books, profiles, found, parts, first_seen)


def _locate(
    books: Sequence[Path | str], profiles: Sequence[Profile], limits: Limits | None = None
) -> list[Located]:
    problems: list[Problem] = []
    opened: list[Workbook | None] = []
    for path, profile in zip(books, profiles, strict=True):
        try:
            admit(Path(path), limits)
            opened.append(open_workbook(Path(path), [sheet.name for sheet in profile.sheets]))
        except WorkbookError as error:
            problems += error.problems
            opened.append(None)
    found = [
        item
        for number, (book, profile) in enumerate(zip(opened, profiles, strict=True))
        if book
        for item in _sheets(number, book, profile)
    ]
    have = {(profiles[item.book].name, plain(item.declared.name)) for item in found}
    for book, profile in zip(opened, profiles, strict=True):
        if book:
            problems += [
                _no_sheet(book, sheet)
                for sheet in profile.sheets
                if (profile.name, plain(sheet.name)) not in have
            ]
    for item in found:
        problems += [*item.layout.problems, *columns.problems(item.sheet, item.layout)]
    if problems:
        raise WorkbookError(list(dict.fromkeys(problems)))
    return found


def _sheets(number: int, book: Workbook, profile: Profile) -> Iterator[Located]:
    by_name = {plain(name): sheet for name, sheet in book.sheets.items()}
    for declared in profile.sheets:
        sheet = by_name.get(plain(declared.name))
        if sheet is not None:
            yield Located(number, book.epoch, sheet, declared, locate(sheet, declared))


def _no_sheet(book: Workbook, declared: SheetProfile) -> Problem:
    near = difflib.get_close_matches(declared.name, book.sheet_names, n=1)
    todo = f"did you mean {near[0]!r}?" if near else "correct the sheet or the profile"
    return Problem(
        str(book.path),
        f"no sheet {declared.name!r}",
        f"one of its sheets: {', '.join(book.sheet_names)}",
        todo,
    )


def _rows(item: Located, profiles: Sequence[Profile]) -> SheetRows:
    centres = sorted({profile.centre for profile in profiles})
    namespace = f"{profiles[item.book].centre}/" if len(centres) > 1 else ""
    reader = RowReader(item.sheet, item.declared, item.layout, item.epoch, item.book, namespace)
    rows = reader.read()
    rows.findings += [*item.layout.findings, *columns.findings(item.sheet, item.layout)]
    if not rows.rows:
        rows.findings.append(finding("sheet-without-rows", sheet=item.sheet.name, cell="A1"))
    return rows


def _assembled(
    books: Sequence[Path | str],
    profiles: Sequence[Profile],
    found: Sequence[Located],
    parts: Sequence[SheetRows],
    first_seen: str,
) -> Reading:
    printed = _printed(parts)
    records = merged_in_row([record for part in parts for record in part.records])
    kept = duplicates.resolve(records, printed)
    asked = [question for part in parts for question in part.findings] + kept.findings
    copies = [record for part in parts for record in part.spread]
    spread, notes = _spread(kept.records, copies)
    asked += notes
    own_cells = [*spread, *copies]
    asked += _once(q for record in own_cells for q in about_record(record, printed[record.patient]))
    done, questions = checked(
        [patient(one, [*narrowed(patient(one, own))]) for one, own in by_patient(spread).items()],
        printed,
    )
    tables = frames.ordered(done, printed)
    about = {
        "workbook": [Path(path).name for path in books],
        "profile": [profile.name for profile in profiles],
        "rows": _rows_per_sheet(found, parts),
        "held_out_rows": sum(part.held_out for part in parts),
        "duplicate_rows": kept.duplicate_rows,
        "held_out": {printed[one]: rule for one, rule in sorted(kept.held_out.items())},
        "patients": len(tables["patients"]),
    }
    return Reading(
        tables=frames.tables(tables, printed),
        findings=findings_frame([*asked, *questions], first_seen),
        lineage=frames.lineage(tables, printed),
        about=about,
    )


def _rows_per_sheet(found: Sequence[Located], parts: Sequence[SheetRows]) -> dict[str, int]:
    rows: Counter[str] = Counter()
    for item, part in zip(found, parts, strict=True):
        rows[item.sheet.name] += part.rows
    return dict(rows)


def _printed(parts: Sequence[SheetRows]) -> dict[str, str]:
    """Key -> id as printed, with the centre before it where ids of several centres meet."""
    texts = ids.spellings(pair for part in parts for pair in part.spellings)
    return {
        same: f"{same.split('/')[0]}/{text}" if "/" in same else text
        for same, text in texts.items()
    }


def _once(questions: Iterator[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Each question about a cell once, however many records the cell feeds."""
    asked = set()
    for question in questions:
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
            record = _filled(record, copy)
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


def _filled(record: Record, copy: Record) -> Record:
    columns_ = [
        name
        for name in copy.seen
        if name not in record.seen or record.seen[name].status == "missing"
    ]
    seen = {name: copy.seen[name]._replace(source="spread") for name in columns_}
    values = {k: v for k, v in copy.values.items() if record.values.get(k) is None}
    return record.with_values(values, seen)
