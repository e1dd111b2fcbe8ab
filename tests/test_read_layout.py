"""Columns are found by header and group, however a centre arranged them."""

from __future__ import annotations

import openpyxl
import pytest
from small_workbooks import D, book, read

from prrt_lib.base.errors import WorkbookError

FLAT = """\
name: flat
sheets:
  - sheet: Data
    header_row: 3
    skip_rows: [4]
    id: Patient
    records:
      - table: patients
      - table: prrt_cycles
        columns:
          cycle_date: "PRRT {cycle_no} date"
          activity_gbq: "PRRT {cycle_no} activity (mCi)"
"""
GROUPED = """\
name: grouped
sheets:
  - sheet: Data
    header_row: 2
    group_row: 1
    id: Patient
    records:
      - table: patients
        columns: {sex: Sex}
      - table: prrt_cycles
        group: "Cycle {cycle_no}"
        columns: {cycle_date: Date}
      - table: imaging
        group: Scan
        columns: {scan_date: Date}
"""


def sheet(*lines: list) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = "Data"
    for line in lines:
        book.active.append(line)
    return book


def test_numbered_headers_without_groups_become_one_record_each(tmp_path):
    reading = read(
        tmp_path,
        sheet(
            ["PRRT at our centre"],
            [],
            ["Patient", "PRRT 1 date", "PRRT 1 activity (mCi)", "PRRT 2 date",
             "PRRT 2 Activity (mCi)"],
            ["", "date", "mCi", "date", "mCi"],
            ["A-1", D(2012, 1, 1), 200, D(2012, 3, 1), 190],
            ["A-2", D(2013, 1, 1), 200, "n/a", None],
        ),
        FLAT,
    )  # fmt: skip
    cycles = reading.tables["prrt_cycles"]
    assert cycles[["patient_id", "cycle_no"]].values.tolist() == [
        ["A-1", 1],
        ["A-1", 2],
        ["A-2", 1],
    ]
    assert cycles["activity_gbq"].tolist() == pytest.approx([7.4, 7.03, 7.4])


@pytest.mark.parametrize("merged", [True, False])
def test_a_caption_covers_its_merged_cells_or_runs_to_the_next(tmp_path, merged):
    book = sheet(
        [None, None, "CYCLE 1", None, "Cycle  2", "Scan"],
        ["Patient", "Sex", "Date", "Nurse", "Date", "Date"],
        ["A-1", "F", D(2012, 1, 1), "x", D(2012, 3, 1), D(2012, 9, 1)],
    )
    if merged:
        book.active.merge_cells("C1:D1")
    reading = read(tmp_path, book, GROUPED)
    assert reading.tables["prrt_cycles"]["cycle_no"].tolist() == [1, 2]
    assert str(reading.tables["imaging"]["scan_date"].dt.date[0]) == "2012-09-01"
    unclaimed = reading.findings.query("rule == 'unclaimed-header'")
    assert unclaimed["cell"].tolist() == ["D2"]


def test_headers_that_differ_by_a_space_are_the_same_header_twice(tmp_path):
    book = sheet(
        [None, None, None, "Cycle 1"],
        ["Patient", "Sex", "Sex ", "Date"],
        ["A-1", "F", "M", D(2012, 1, 1)],
    )
    with pytest.raises(WorkbookError, match="cells B2, C2: found the same header more than once"):
        read(tmp_path, book, GROUPED)


def test_a_second_table_below_is_not_read_as_patients(tmp_path):
    reading = read(
        tmp_path,
        sheet(
            [None, None, "Cycle 1", "Scan"],
            ["Patient", "Sex", "Date", "Date"],
            ["A-1", "F", D(2012, 1, 1)],
            ["A-2", "F", D(2012, 1, 1)],
            [],
            ["Assay", "Unit", "ULN"],
            ["CgA kit", "ng/mL", 100],
        ),
        GROUPED,
    )
    assert reading.tables["patients"]["patient_id"].tolist() == ["A-1", "A-2"]
    held = reading.findings.query("rule == 'second-table'")
    assert held["cell"].tolist() == ["A6"]
    assert held["related_cells"].tolist() == ["Data!7:7"]


def test_a_row_of_a_patient_taken_for_the_header_is_quoted_in_no_message(tmp_path):
    """The row above the header holds "Dient", which is like the header "Died"."""
    made = book()
    made["Patients"].insert_rows(1)
    made["Patients"].append([])
    for column, text in enumerate(["NET-009", "Dient", "Zanzibar"], start=1):
        made["Patients"].cell(1, column).value = text
    with pytest.raises(WorkbookError) as refused:
        read(tmp_path, made)
    message = str(refused.value)
    assert "row 2 has it" in message and "no header 'Died'" in message
    assert "Dient" not in message and "anzibar" not in message and "NET-009" not in message
