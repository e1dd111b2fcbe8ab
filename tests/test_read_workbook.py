"""Cells are read with value, format, formula and visibility; a second reader agrees."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from prrt_lib.base.errors import WorkbookError
from prrt_lib.read.workbook.excel import Workbook, letters, open_workbook

DATA = Path(__file__).parent / "data"


def as_openpyxl_reads(path: Path) -> dict:
    book = openpyxl.load_workbook(path, data_only=True)
    return {
        (sheet.title, cell.coordinate): (
            cell.value / dt.timedelta(days=1)
            if isinstance(cell.value, dt.timedelta)
            else cell.value,
            cell.number_format,
        )
        for sheet in book.worksheets
        if sheet.sheet_state == "visible"
        for line in sheet.iter_rows()
        for cell in line
        if cell.value is not None
    }


def as_read(book: Workbook) -> dict:
    return {
        (sheet.name, cell.address): (cell.value, cell.number_format)
        for sheet in book.sheets.values()
        for line in sheet.rows.values()
        for cell in line.values()
    }


def every_kind_of_cell(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    values = [
        1, 2.5, -3, 1e-7, 12345678901, "text", " outer blanks ", "a < b & c", "line\nbreak", True,
        False, dt.datetime(2016, 3, 15), dt.datetime(2016, 3, 15, 13, 45), dt.date(1950, 1, 1),
        dt.time(9, 30), dt.timedelta(hours=30), "#N/A", "2016-03-15", "0017", "Ki‑67 \u00a0µ",
    ]  # fmt: skip
    for row, value in enumerate(values, start=1):
        sheet.cell(row, 1, value)
    for row, code in enumerate(["0%", '"<"0', "000", "yyyy", "dd/mm/yyyy", "[h]:mm", "@"], start=1):
        sheet.cell(row, 28, 42).number_format = code
    sheet["C3"] = "=1+1"
    book.save(path)
    return path


@pytest.mark.parametrize("name", ["sheets_24", "wide_24"])
def test_the_examples_read_as_openpyxl_reads_them(name):
    path = DATA / f"{name}.xlsx"
    assert as_read(open_workbook(path)) == as_openpyxl_reads(path)


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_every_kind_of_cell_reads_as_openpyxl_reads_it(tmp_path, epoch):
    path = every_kind_of_cell(tmp_path / "kinds.xlsx")
    if epoch == 1904:
        book = openpyxl.load_workbook(path)
        book.epoch = CALENDAR_MAC_1904
        book.save(path)
    book = open_workbook(path)
    assert book.epoch == epoch
    assert as_read(book) == as_openpyxl_reads(path)


def test_another_writer_reads_the_same(tmp_path):
    path = tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        bold, red = book.add_format({"bold": True}), book.add_format({"color": "red"})
        sheet.write_rich_string(0, 0, "pre", bold, "mid", red, "post")
        sheet.write_string(1, 0, "_x0041_ stays")
        sheet.write_datetime(
            2, 0, dt.datetime(2016, 3, 15), book.add_format({"num_format": "d-mmm"})
        )
        sheet.write_formula(3, 0, "=1+1", None, 2)
        sheet.write_boolean(5, 0, True)
    cells = open_workbook(path).sheets["Data"].rows
    assert [cells[row][1].value for row in (1, 2, 3, 4, 6)] == [
        "premidpost", "_x0041_ stays", dt.datetime(2016, 3, 15), 2, True,
    ]  # fmt: skip
    assert open_workbook(path).sheets["Data"].uncalculated == frozenset()


def test_formulas_saved_without_a_value_are_known_by_address(tmp_path):
    path = every_kind_of_cell(tmp_path / "kinds.xlsx")
    assert open_workbook(path).sheets["Sheet"].uncalculated == {"C3"}


def test_hidden_struck_commented_and_merged_cells_are_known(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(1, 5):
        for column in range(1, 4):
            sheet.cell(row, column, row * column)
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet["A3"].font = Font(strike=True)
    sheet["B3"].comment = Comment("said", "someone")
    sheet.merge_cells("A4:B4")
    path = tmp_path / "marks.xlsx"
    book.save(path)
    read = open_workbook(path).sheets["Sheet"]
    assert read.hidden_rows == (2,)
    assert [read.cell(row, 3).hidden for row in (1, 2)] == [True, True]
    assert [read.cell(1, 1).hidden, read.cell(2, 1).hidden] == [False, True]
    assert (read.cell(3, 1).struck, read.cell(3, 2).struck) == (True, False)
    assert (read.cell(3, 2).comment, read.cell(3, 1).comment) == (True, False)
    assert read.merged == ((4, 1, 4, 2),)


def rewritten(path: Path, part: str, old: bytes, new: bytes) -> Path:
    target = path.with_name("rewritten.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            copy.writestr(name, content.replace(old, new) if name == part else content)
    return target


def test_a_wrong_dimension_tag_hides_no_row(tmp_path):
    path = every_kind_of_cell(tmp_path / "kinds.xlsx")
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as archive:
        assert b'<dimension ref="A1:AB20"' in archive.read(sheet)
    changed = rewritten(path, sheet, b'ref="A1:AB20"', b'ref="A1"')
    assert as_read(open_workbook(changed)) == as_read(open_workbook(path))


def test_hidden_sheets_are_left_alone_unless_named(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Seen"
    book.create_sheet("Kept").sheet_state = "veryHidden"
    path = tmp_path / "hidden.xlsx"
    book.save(path)
    assert list(open_workbook(path).sheets) == ["Seen"]
    assert list(open_workbook(path, ["kept "]).sheets) == ["Kept"]
    assert open_workbook(path).sheet_names == ("Seen", "Kept")


def test_broken_parts_end_in_one_message(tmp_path):
    path = every_kind_of_cell(tmp_path / "kinds.xlsx")
    for part, old, new in (
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b""),
        ("xl/workbook.xml", b"<sheets>", b""),
        ("xl/styles.xml", b"<cellXfs", b"<<"),
    ):
        with pytest.raises(WorkbookError, match="do not form a workbook"):
            open_workbook(rewritten(path, part, old, new))


def test_columns_have_the_letters_excel_gives_them():
    assert [letters(n) for n in (1, 26, 27, 52, 703, 16384)] == ["A", "Z", "AA", "AZ", "AAA", "XFD"]


@pytest.mark.parametrize("place", [b'r="-1"', b'r="ZZZZ9"', b'r="A-1"', 'r="Я1"'.encode()])
def test_an_address_outside_the_sheet_is_refused(tmp_path, place):
    path = every_kind_of_cell(tmp_path / "kinds.xlsx")
    with pytest.raises(WorkbookError, match="do not form a workbook"):
        open_workbook(rewritten(path, "xl/worksheets/sheet1.xml", b'r="A2"', place))


def test_a_formula_without_an_address_is_known_by_its_place(tmp_path):
    path = every_kind_of_cell(tmp_path / "kinds.xlsx")
    changed = rewritten(path, "xl/worksheets/sheet1.xml", b'<c r="C3">', b"<c>")
    assert open_workbook(changed).sheets["Sheet"].uncalculated == {"B3"}


def test_hidden_columns_without_end_cost_nothing(tmp_path):
    path = every_kind_of_cell(tmp_path / "kinds.xlsx")
    many = b'<cols><col min="-999999999" max="999999999" hidden="1"/></cols><sheetData>'
    sheet = open_workbook(rewritten(path, "xl/worksheets/sheet1.xml", b"<sheetData>", many)).sheets[
        "Sheet"
    ]
    assert sheet.cell(1, 1).hidden
