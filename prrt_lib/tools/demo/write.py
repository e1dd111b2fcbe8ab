"""Workbooks of the invented cohort, the same bytes every time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xlsxwriter

from prrt_lib.declare.layout.template import ABOUT, CODEBOOK
from prrt_lib.tools.demo.cohort import SyntheticCohort
from prrt_lib.tools.demo.contradictions import Book
from prrt_lib.tools.demo.layouts import (
    NEWER,
    WIDE_SHEET,
    Placed,
    in_one_row,
    in_sheets,
    layout,
    wide_headers,
)
from prrt_lib.tools.template import CREATED, codebook_rows

WARNING = "SYNTHETIC: every patient in this workbook is invented"


def workbook(path: Path) -> xlsxwriter.Workbook:
    """A new workbook whose bytes depend on its content alone."""
    book = xlsxwriter.Workbook(str(path), {
        "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False,
    })  # fmt: skip
    book.set_properties({"title": WARNING, "created": CREATED, "author": "", "comments": WARNING})
    return book


def write_sheets(cohort: SyntheticCohort, book: Book, path: Path) -> None:
    """The abstraction in the template's layout: one sheet per table."""
    with workbook(path) as out:
        _front(out, cohort)
        bold = out.add_format({"bold": True})
        sheets = {}
        for table, columns in layout().items():
            sheets[table] = out.add_worksheet(table)
            sheets[table].freeze_panes(1, 1)
            sheets[table].write_row(0, 0, [title for title, _ in columns], bold)
        _fill(out, sheets, in_sheets(book))


def write_wide(cohort: SyntheticCohort, book: Book, path: Path) -> None:
    """The same abstraction with one row per patient and merged captions above the header."""
    headers = wide_headers()
    with workbook(path) as out:
        _front(out, cohort)
        bold = out.add_format({"bold": True, "align": "center"})
        sheet = out.add_worksheet(WIDE_SHEET)
        sheet.freeze_panes(2, 1)
        sheet.write_row(1, 0, [title for _, title, _, _ in headers], bold)
        for first, last, caption in _runs([group for group, *_ in headers]):
            sheet.merge_range(0, first, 0, last, caption, bold)
        _fill(out, {WIDE_SHEET: sheet}, in_one_row(book))


def _runs(groups: list[str]) -> Iterable[tuple[int, int, str]]:
    start = 0
    for at in range(1, len(groups) + 1):
        if at == len(groups) or groups[at] != groups[start]:
            if groups[start]:
                yield start, at - 1, groups[start]
            start = at


def _fill(out: xlsxwriter.Workbook, sheets: dict[str, Any], cells: Iterable[Placed]) -> None:
    formats: dict[str, Any] = {"": None}
    for placed in cells:
        written, form = placed.cell.written, placed.cell.format
        if written is None:
            continue
        if form not in formats:
            formats[form] = out.add_format({"num_format": form})
        sheet = sheets[placed.sheet]
        place = (placed.row, placed.column)
        if isinstance(written, dt.date):
            sheet.write_datetime(*place, dt.datetime(*written.timetuple()[:3]), formats[form])
        elif isinstance(written, str):
            sheet.write_string(*place, written)
        else:
            sheet.write_number(*place, float(written), formats[form])


def _front(out: xlsxwriter.Workbook, cohort: SyntheticCohort) -> None:
    about = out.add_worksheet(ABOUT)
    about.set_column(0, 0, 100)
    lines = (
        WARNING,
        "Nobody's data are in it. It was drawn from a stated model (data/raw/README.md says which) "
        "and then misspelt, left blank and contradicted on purpose, as charts are.",
        f"Patients {len(cohort.people)}; model {cohort.model.name}; seed {cohort.seed}; "
        f"data cut-off {cohort.cutoff}.",
    )
    for row, line in enumerate(lines):
        about.write_string(row, 0, line)
    codebook = out.add_worksheet(CODEBOOK)
    known = [values for values in codebook_rows() if values[2] not in NEWER]
    for row, values in enumerate(known):
        codebook.write_row(row, 0, values)
