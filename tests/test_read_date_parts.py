"""A date in three columns is one date; layouts of centres that were met nowhere else."""

from __future__ import annotations

import openpyxl
import pytest
from small_workbooks import D, read

from prrt_lib.base.errors import WorkbookError
from prrt_lib.read.cells.reader import unit_in_header
from prrt_lib.read.sheets.ids import looks_like_id

SPLIT = """\
name: split
sheets:
  - sheet: Data
    header_row: 2
    group_row: 1
    id: ID
    records:
      - table: patients
        columns: {birth_date: {group: Born, header: Year, month: Month, day: Day}}
      - table: prrt_cycles
        columns: {cycle_date: {group: PRRT, header: Year, month: Month, day: Day}}
"""
HEADERS = ["ID", "Month", "Day", "Year", "Month", "Day", "Year"]


def born(tmp_path, month, day, year, headers=HEADERS):
    book = openpyxl.Workbook()
    book.active.title = "Data"
    book.active.append([None, "Born", None, None, "PRRT"])
    book.active.append(headers)
    book.active.append(["A-1", month, day, year, 2, 1, 2012])
    return read(tmp_path, book, SPLIT)


@pytest.mark.parametrize(
    ("month", "day", "year", "first", "last"),
    [
        (3, 4, 1950, "1950-03-04", "1950-03-04"),
        ("03", "04", "1950", "1950-03-04", "1950-03-04"),
        ("Mar", 4, 1950, "1950-03-04", "1950-03-04"),
        (3, None, 1950, "1950-03-01", "1950-03-31"),
        (3, "UNK", 1950, "1950-03-01", "1950-03-31"),
        (None, None, 1950, "1950-01-01", "1950-12-31"),
    ],
)
def test_three_columns_say_one_date_or_the_part_that_is_known(
    tmp_path, month, day, year, first, last
):
    reading = born(tmp_path, month, day, year)
    patient = reading.tables["patients"].iloc[0]
    assert [str(patient[f"birth_{end}"])[:10] for end in ("lo", "hi")] == [first, last]
    assert str(reading.tables["prrt_cycles"]["cycle_date"][0])[:10] == "2012-02-01"
    assert not (reading.findings["rule"] == "unclaimed-header").any()


@pytest.mark.parametrize(
    ("month", "day", "year"),
    [(3, 4, 50), (2, 30, 1950), (13, 1, 1950), (3, 4, None), (None, 4, 1950), (3, 99, 1950)],
)
def test_parts_that_are_no_certain_date_are_asked_about(tmp_path, month, day, year):
    reading = born(tmp_path, month, day, year)
    assert reading.tables["patients"]["birth_date"].isna().all()
    asked = reading.findings.query("column == 'birth_date'")
    assert asked["cell"].tolist() == ["D3"]


def test_a_missing_header_of_a_part_stops_the_reading(tmp_path):
    headers = ["ID", "Month", "Tag", "Year", "Month", "Day", "Year"]
    with pytest.raises(WorkbookError, match="not one header each for .Month., .Day."):
        born(tmp_path, 3, 4, 1950, headers)


@pytest.mark.parametrize(
    ("header", "unit"),
    [("Activity (mCi) {cycle_no}", "mCi"), ("Dose mCi 2", "mCi"), ("PRRT 1 dose", ""),
     ("Mitoses / 2 mm2", "/ 2 mm2"), ("Ki-67", "")],
)  # fmt: skip
def test_the_number_of_a_group_does_not_hide_the_unit_of_a_header(header, unit):
    assert unit_in_header(header) == unit


def test_numbered_headers_with_the_unit_before_the_number(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Data"
    book.active.append(["ID", "PRRT date 1", "Activity (mCi) 1", "PRRT date 2", "Activity (mCi) 2"])
    book.active.append(["A-1", D(2012, 1, 1), 200, D(2012, 3, 1), 100])
    text = """\
name: suffixed
sheets:
  - sheet: Data
    id: ID
    records:
      - table: patients
      - table: prrt_cycles
        columns:
          cycle_date: "PRRT date {cycle_no}"
          activity_gbq: "Activity (mCi) {cycle_no}"
"""
    cycles = read(tmp_path, book, text).tables["prrt_cycles"]
    assert cycles["activity_gbq"].tolist() == pytest.approx([7.4, 3.7])


@pytest.mark.parametrize("text", ["n=30", "N = 30", "Total 30", "Summe 12", "Mean 2", "Total"])
def test_totals_below_the_patients_are_no_patients(text):
    assert not looks_like_id(text)


@pytest.mark.parametrize("text", ["NET-001", "pt 3", "12", "N30", "SUM-001x", "Patient no. 4"])
def test_ids_are_ids(text):
    assert looks_like_id(text)
