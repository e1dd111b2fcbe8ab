"""Workbooks and a profile -> typed tables, findings and lineage."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.declare.answers import Answer
from prrt_lib.declare.findings import finding, findings_frame
from prrt_lib.declare.profiles import Profile, load
from prrt_lib.declare.profiles import Sheet as SheetProfile
from prrt_lib.read import columns, overrides
from prrt_lib.read.assembly import assembled
from prrt_lib.read.gate import Limits, admit
from prrt_lib.read.layout import Layout, locate
from prrt_lib.read.rows import RowReader, SheetRows
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
    answers: Sequence[Answer] = (),
) -> Reading:
    """Everything in one or several workbooks, read through a profile (or one profile each).

    ``answers``: what abstractors answered; their corrected values replace the cells they are about.

    Raises WorkbookError with every error at once: unsafe or missing files, missing sheets and
    required columns, duplicate headers, both date orders in a column, formulas without values.
    """
    books = [paths] if isinstance(paths, (str, Path)) else list(paths)
    profiles = [profile] * len(books) if isinstance(profile, (str, Profile)) else list(profile)
    profiles = [load(item) if isinstance(item, str) else item for item in profiles]
    found = _locate(books, profiles, limits)
    found.reverse()
    # Each sheet is let go once its rows are read: a large registry fits in memory only once.
    parts = [_rows(found.pop(), profiles) for _ in range(len(found))]
    if not any(part.rows for part in parts):
        raise WorkbookError(
            Problem(
                ", ".join(map(str, books)),
                "no records at all",
                "at least one row with a study id",
                "check profile and sheets",
            )
        )
    overrides.apply(parts, answers)
    result = assembled(parts)
    about = {
        "workbook": [Path(path).name for path in books],
        "profile": [profile.name for profile in profiles],
        **result.about,
    }
    return Reading(
        result.tables, findings_frame(result.findings, first_seen), result.lineage, about
    )


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
    rows.sheet = item.sheet.name
    rows.findings += [*item.layout.findings, *columns.findings(item.sheet, item.layout)]
    if not rows.rows:
        rows.findings.append(finding("sheet-without-rows", sheet=item.sheet.name, cell="A1"))
    return rows
