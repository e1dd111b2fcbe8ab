"""The truth file: what is true of every cell, and what was done to it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from prrt_lib.tools.demo.cells import CLEAN, DEFECT
from prrt_lib.tools.demo.contradictions import Book
from prrt_lib.tools.demo.layouts import Placed, in_one_row, in_sheets

COLUMNS = ["table", "patient_id", "column", "true_value", "expected", "cell",
           "cell_wide", "written_as", "rule"]  # fmt: skip


def truth(book: Book) -> pd.DataFrame:
    """One row per written or blanked cell of the several-sheets workbook, plain study ids aside.

    ``cell`` stands in the sheet named after the table, ``cell_wide`` in the wide sheet (empty
    where that has no column for it). ``expected`` is what a faultless reading gives: of clean and
    variant cells, empty means the true value itself; of defects, that nothing can be read. A row
    that is a copy or has no patient names that in ``rule`` of its study id.
    """
    wide: dict[tuple[int, str], str] = {}
    for placed in in_one_row(book):
        wide.setdefault((id(placed.record), placed.name), _address(placed))
    rows = [_row(placed, wide) for placed in in_sheets(book) if not _plain_id(placed)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _plain_id(placed: Placed) -> bool:
    """A study id written as it is, which is every row's: left out, to keep the file small."""
    return placed.name == "patient_id" and placed.cell.state == CLEAN and not placed.record.copy


def _row(placed: Placed, wide: dict[tuple[int, str], str]) -> tuple:
    record, cell = placed.record, placed.cell
    state, rule = cell.state, cell.rule
    if record.copy and placed.name == "patient_id":
        state, rule = DEFECT, record.copy
    expected = "" if cell.expected == cell.true else cell.expected
    return (
        record.table, record.patient_id, placed.name, cell.true, expected,
        _address(placed), wide.get((id(record), placed.name), ""), state, rule,
    )  # fmt: skip


def _address(placed: Placed) -> str:
    return xl_rowcol_to_cell(placed.row, placed.column)


def defect_share(frame: pd.DataFrame) -> float:
    """Defective cells of the cells that hold, or should hold, a value."""
    return float((frame["written_as"] == DEFECT).mean())


def write_truth(book: Book, path: Path) -> pd.DataFrame:
    """Writes :func:`truth` as CSV and returns it."""
    frame = truth(book)
    frame.to_csv(path, index=False, lineterminator="\n")
    return frame
