"""Workbooks and a profile -> typed tables, findings and lineage."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.declare.asked.answers import Answer
from prrt_lib.declare.asked.findings import finding, findings_frame, rules
from prrt_lib.declare.layout.profiles import Profile, load
from prrt_lib.declare.layout.profiles import Sheet as SheetProfile
from prrt_lib.declare.layout.template import ABOUT, CODEBOOK
from prrt_lib.declare.shown import Shown
from prrt_lib.read import overrides
from prrt_lib.read.assembly import assembled
from prrt_lib.read.sheets import columns, redcap
from prrt_lib.read.sheets.layout import locate
from prrt_lib.read.sheets.rows import RowReader, SheetRows
from prrt_lib.read.workbook.excel import (
    Sheet,
    SheetByName,
    same_name,
    sheets_of,
    without_collecting,
)
from prrt_lib.read.workbook.gate import Limits, admit


@dataclass(frozen=True, repr=False)
class Reading(Shown):
    """What a workbook holds: typed tables, open questions, and where every value came from.

    ``about``: workbook (names), profile, rows (per sheet), held_out_rows, duplicate_rows,
    held_out (patient id -> rule), patients.
    """

    tables: dict[str, pd.DataFrame]
    findings: pd.DataFrame
    lineage: pd.DataFrame
    about: dict[str, Any]

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """Rows of each table, and how many questions are open."""
        lines = {"table": list(self.tables), "rows": [len(one) for one in self.tables.values()]}
        asked = self.findings["severity"].value_counts() if len(self.findings) else {}
        told = ", ".join(f"{count} {name}{'s' * (count > 1)}" for name, count in asked.items())
        return (
            " + ".join(self.about.get("workbook", [])),
            pd.DataFrame(lines),
            [told or "no question"],
        )


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
    if len(books) > 1:
        books, profiles = in_order(books, profiles)
    with without_collecting():
        parts = _parts(books, profiles, limits)
        if not any(part.rows for part in parts):
            where, expected = ", ".join(map(str, books)), "at least one row with a study id"
            todo = "check profile and sheets"
            raise WorkbookError(Problem(where, "no records at all", expected, todo))
        overrides.apply(parts, answers)
        tables, findings, lineage, counts = assembled(parts)
    about = {
        "workbook": [Path(path).name for path in books],
        "profile": [profile.name for profile in profiles],
        **counts,
    }
    return Reading(tables, findings_frame(findings, first_seen), lineage, about)


def _parts(
    books: Sequence[Path | str], profiles: Sequence[Profile], limits: Limits | None
) -> list[SheetRows]:
    """The rows of every declared sheet; raises WorkbookError with all problems at once."""
    problems: list[Problem] = []
    parts: list[SheetRows] = []
    names: list[tuple[Path, Profile, tuple[str, ...]]] = []
    for number, (path, profile) in enumerate(zip(books, profiles, strict=True)):
        try:
            with _opened(Path(path), profile, limits) as book:
                names.append((book.path, profile, book.sheet_names))
                for declared in redcap.declared(profile).sheets:
                    if declared.name in book:
                        part, found = _part(number, book, declared, profiles)
                        parts += part
                        problems += found
                if parts:
                    parts[-1].findings += _not_named(book, profile)
        except WorkbookError as error:
            problems += error.problems
    have = {(profile.name, same_name(name)) for _, profile, found in names for name in found}
    for path, profile, found in names:
        for declared in profile.sheets:
            if (profile.name, same_name(declared.name)) not in have:
                near = difflib.get_close_matches(declared.name, found, n=1)
                todo = f"did you mean {near[0]!r}?" if near else "correct the sheet or the profile"
                expected = f"one of its sheets: {', '.join(found)}"
                problems.append(Problem(str(path), f"no sheet {declared.name!r}", expected, todo))
    if problems:
        raise WorkbookError(list(dict.fromkeys(problems)))
    return parts


@contextmanager
def _opened(
    path: Path, profile: Profile, limits: Limits | None
) -> Iterator[SheetByName | redcap.Export]:
    """The admitted workbook, or the export of REDCap where the profile says so."""
    if profile.dictionary is not None:
        yield redcap.open_export(path, profile.dictionary, limits, redcap.own_meanings(profile))
        return
    admit(path, limits)
    with sheets_of(path) as book:
        yield book


def _part(
    number: int,
    book: SheetByName | redcap.Export,
    declared: SheetProfile,
    profiles: Sequence[Profile],
) -> tuple[list[SheetRows], list[Problem]]:
    """The rows of one sheet, or why it cannot be understood. Its cells are let go on return: a
    large registry fits in memory only once."""
    sheet = book[declared.name]
    if len(profiles) > 1:
        sheet = named_by_book(sheet, book.path)
    sheet = filled_down(sheet, declared.header_row + 1)
    layout = locate(sheet, declared)
    if problems := [*layout.problems, *columns.problems(sheet, layout)]:
        return [], problems
    several = len({profile.centre for profile in profiles}) > 1
    namespace = f"{profiles[number].centre}/" if several else ""
    part = RowReader(sheet, declared, layout, book.epoch, number, namespace).read()
    part.findings += [*layout.findings, *columns.findings(sheet, layout)]
    if not part.rows:
        part.findings.append(finding("sheet-without-rows", sheet=sheet.name, cell="A1"))
    return [part], []


def _not_named(book: SheetByName | redcap.Export, profile: Profile) -> Iterator[dict[str, str]]:
    """Sheets with cells that the profile does not name: how many rows, and whether hidden.

    Those that the abstraction template brings along are told only when somebody has hidden them.
    """
    named_ = {same_name(declared.name) for declared in profile.sheets}
    for name in book.sheet_names:
        if same_name(name) in named_ or not (rows := len(book[name].rows)):
            continue
        hidden = name not in getattr(book, "visible", book.sheet_names)
        if name in (ABOUT, CODEBOOK) and not hidden:
            continue
        rule = rules()["sheet-not-named"]
        yield finding(
            rule.id, sheet=name, severity="warning" if hidden else rule.severity,
            message=f"{rule.message} ({rows} rows{', hidden' if hidden else ''}).",
        )  # fmt: skip


def filled_down(sheet: Sheet, first_row: int) -> Sheet:
    """The sheet with every cell merged downwards repeated on the rows that it covers.

    Rows that hold nothing else stay blank; captions above ``first_row`` are left alone.
    """
    spans = [span for span in sheet.merged if span[2] > span[0] >= first_row]
    if not spans:
        return sheet
    rows = {row: dict(line) for row, line in sheet.rows.items()}
    for top, left, bottom, _ in spans:
        anchor = sheet.rows.get(top, {}).get(left)
        for row in range(top + 1, bottom + 1):
            if anchor is not None and any(not c.blank for c in sheet.rows.get(row, {}).values()):
                rows[row][left] = anchor._replace(row=row)
    return replace(sheet, rows=rows)


def in_order(
    books: Sequence[Path | str], profiles: Sequence[Profile]
) -> tuple[list[Path], list[Profile]]:
    """Workbooks with their profiles, by file name.

    Raises WorkbookError where two workbooks bear the same name: a cell's address could not tell
    them apart. One workbook given twice is refused for the same reason.
    """
    pairs = sorted(zip(map(Path, books), profiles, strict=True), key=lambda pair: pair[0].name)
    names = [path.name.casefold() for path, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        found = f"workbooks of the same name: {', '.join(twice)}"
        where = ", ".join(str(path) for path, _ in pairs)
        raise WorkbookError(Problem(where, found, "a name of its own for each", "rename one"))
    return [path for path, _ in pairs], [profile for _, profile in pairs]


def named_by_book(sheet: Sheet, book: Path) -> Sheet:
    """The sheet under the name that tells it from those of other workbooks: "[b.xlsx]Patients"."""
    name = f"[{book.name}]{sheet.name}"
    rows = {
        row: {column: cell._replace(sheet=name) for column, cell in line.items()}
        for row, line in sheet.rows.items()
    }
    return replace(sheet, name=name, rows=rows)
