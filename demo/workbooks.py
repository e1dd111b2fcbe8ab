"""The demonstration on disk: two workbooks, the same bytes every time, and their truth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from demo.abstract import Book, abstracted
from demo.cohort import SyntheticCohort, generate
from demo.layouts import (
    NEWER,
    NEWER_TESTS,
    WIDE_SHEET,
    Placed,
    in_one_row,
    in_sheets,
    layout,
    wide_headers,
)
from demo.model import MODELS, SEED
from demo.spelling import CLEAN, DEFECT
from prrt_lib.base.errors import ParameterError, Problem
from prrt_lib.declare.layout.template import ABOUT, CODEBOOK, CREATED, codebook_rows
from prrt_lib.declare.parameters import unknown_name

WARNING = "SYNTHETIC: every patient in this workbook is invented"
COLUMNS = ["table", "patient_id", "column", "true_value", "expected", "cell",
           "cell_wide", "written_as", "rule"]  # fmt: skip


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
    newer = "".join(f"; {test}" for test in NEWER_TESTS)
    known = [values for values in codebook_rows() if values[2] not in NEWER]
    for row, values in enumerate(known):
        codebook.write_row(row, 0, [text.replace(newer, "") for text in values])


def truth(book: Book) -> pd.DataFrame:
    """One row per written or blanked cell of the several-sheets workbook, plain study ids aside.

    ``cell`` stands in the sheet named after the table, ``cell_wide`` in the wide sheet (empty
    where that has no column for it). ``expected`` is what a faultless reading gives: of clean and
    variant cells, empty means the true value itself; of defects, that nothing can be read. A row
    that is a copy or has no patient names that in ``rule`` of its study id.
    """
    wide: dict[tuple[int, str], str] = {}
    for placed in in_one_row(book):
        wide.setdefault((id(placed.record), placed.name), placed.address)
    rows = []
    for placed in in_sheets(book):
        record, cell = placed.record, placed.cell
        state, rule = cell.state, cell.rule
        if placed.name == "patient_id":
            # An id written as it is, which is every row's, is left out to keep the file small.
            if state == CLEAN and not record.copy:
                continue
            state, rule = (DEFECT, record.copy) if record.copy else (state, rule)
        rows.append((
            record.table, record.patient_id, placed.name, cell.true,
            "" if cell.expected == cell.true else cell.expected,
            placed.address, wide.get((id(record), placed.name), ""), state, rule,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def write_workbooks(cohort: SyntheticCohort, folder: Path, stem: str = "demo") -> list[Path]:
    """Writes <stem>.xlsx, <stem>_wide.xlsx and <stem>_truth.csv into ``folder``."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    book = abstracted(cohort)
    paths = [folder / f"{stem}.xlsx", folder / f"{stem}_wide.xlsx", folder / f"{stem}_truth.csv"]
    write_sheets(cohort, book, paths[0])
    write_wide(cohort, book, paths[1])
    truth(book).to_csv(paths[2], index=False, lineterminator="\n")
    return paths


def demo_data(
    root: Path, n: int = 135, seed: int | None = None, model: str = "default",
    out: Path | None = None,
) -> list[Path]:  # fmt: skip
    """Writes the demonstration into ``out`` (default data/raw below ``root``); the paths.

    Raises ParameterError on fewer than 10 patients or an unknown model.
    """
    if model not in MODELS:
        raise ParameterError(unknown_name(model, list(MODELS), "demo-data --model"))
    if n < 10:
        raise ParameterError(
            Problem("demo-data --n", str(n), "at least 10 patients", "ask for more patients")
        )
    cohort = generate(n, SEED if seed is None else seed, MODELS[model])
    return write_workbooks(cohort, Path(out) if out else Path(root) / "data" / "raw")
