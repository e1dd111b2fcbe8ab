"""Sheets with several rows per patient, merged cells, units of their own and tables below."""

from __future__ import annotations

import openpyxl
import pytest
from small_workbooks import D, asked, read, rules

from prrt_lib.base.errors import WorkbookError

LONG = """\
name: long
sheets:
  - sheet: Data
    id: ID
    records:
      - table: patients
        columns: {sex: Sex}
      - table: tumour
        columns: {diagnosis_date: Diagnosis}
      - table: prrt_cycles
        columns: {cycle_no: Cycle, cycle_date: Date, activity_gbq: Activity (GBq)}
"""
HEADER = ["ID", "Sex", "Diagnosis", "Cycle", "Date", "Activity (GBq)"]
FIRST = ["A-1", "F", D(2010, 1, 1), 1, D(2012, 1, 1), 7.4]


def reading(tmp_path, *lines, text=LONG, merge=()):
    made = openpyxl.Workbook()
    made.active.title = "Data"
    for line in lines:
        made.active.append(line)
    for cells in merge:
        made.active.merge_cells(cells)
    return read(tmp_path, made, text)


def given(result):
    tables = result.tables
    return (
        tables["patients"]["patient_id"].tolist(),
        tables["tumour"]["diagnosis_date"].dt.year.tolist(),
        tables["prrt_cycles"]["activity_gbq"].tolist(),
    )


def test_a_patient_repeated_on_each_row_of_a_cycle_is_no_duplicate(tmp_path):
    again = ["A-1", "F", D(2010, 1, 1), 2, D(2012, 3, 1), 7.3]
    result = reading(tmp_path, HEADER, FIRST, again)
    assert given(result) == (["A-1"], [2010], [7.4, 7.3])
    assert rules(result) == ["scans-absent"]
    twice = reading(tmp_path, HEADER, FIRST, FIRST)
    assert asked(twice, "duplicate-row") == [("Data", "A3")]


def test_a_patient_told_on_the_first_row_only_is_no_conflict(tmp_path):
    result = reading(tmp_path, HEADER, FIRST, ["A-1", None, None, 2, D(2012, 3, 1), 7.3])
    assert given(result) == (["A-1"], [2010], [7.4, 7.3])
    other = reading(tmp_path, HEADER, FIRST, ["A-1", "M", None, 2, D(2012, 3, 1), 7.3])
    assert other.about["held_out"] == {"A-1": "conflicting-patient"}


def test_a_cell_merged_downwards_holds_on_every_row_that_it_covers(tmp_path):
    rows = [HEADER, FIRST, [None, None, None, 2, D(2012, 3, 1), 7.3],
            ["A-2", "M", D(2011, 1, 1), 1, D(2012, 1, 1), 7.2]]  # fmt: skip
    assert asked(reading(tmp_path, *rows), "row-without-id") == [("Data", "A3")]
    merged = reading(tmp_path, *rows, merge=["A2:A3", "B2:B3"])
    assert given(merged) == (["A-1", "A-2"], [2010, 2011], [7.4, 7.3, 7.2])
    assert rules(merged) == ["scans-absent"]


@pytest.mark.parametrize(
    "second",
    [["ID", "Sex", "Reason", "Number", "Date"], ["Failures", "Sex", "Reason", None, "Date"]],
)
def test_rows_of_another_table_below_are_no_patients(tmp_path, second):
    below = [[], ["Screen failures"], second, ["A-7", "M", "no consent", 1, D(2013, 1, 1)]]
    result = reading(tmp_path, HEADER, FIRST, *below)
    assert given(result) == (["A-1"], [2010], [7.4])
    assert asked(result, "second-table") == [("Data", "A5")]


def test_a_header_repeated_for_printing_ends_nothing(tmp_path):
    result = reading(tmp_path, HEADER, FIRST, HEADER, ["A-2", *FIRST[1:]])
    assert given(result)[0] == ["A-1", "A-2"]
    assert asked(result, "row-not-a-record") == [("Data", "A3")]


MARKERS = """\
name: markers
sheets:
  - sheet: Data
    id: ID
    records:
      - table: patients
      - table: prrt_cycles
        only: {Test: PRRT}
        columns: {cycle_date: Date, activity_gbq: {header: Result, unit_header: Unit}}
      - table: biomarkers
        only: {Test: [CgA]}
        columns: {analyte: Test, sample_date: Date, value: {header: Result, unit_header: Unit}}
"""


def test_a_unit_may_stand_in_a_column_of_its_own(tmp_path):
    lines = [
        ["A-1", "PRRT", D(2012, 1, 1), 200, "mCi"],
        ["A-1", "PRRT", D(2012, 3, 1), 7.4, "GBq"],
        ["A-1", "CgA", D(2011, 12, 1), 120, "ng/mL"],
        ["A-1", "CgA", D(2012, 2, 1), 3, "nmol/L"],
        ["A-1", "CgA", D(2012, 3, 1), 90, None],
    ]
    result = reading(tmp_path, ["ID", "Test", "Date", "Result", "Unit"], *lines, text=MARKERS)
    assert result.tables["prrt_cycles"]["activity_gbq"].round(3).tolist() == [7.4, 7.4]
    markers = result.tables["biomarkers"]
    assert markers["unit"].tolist()[:2] == ["ng/mL", "nmol/L"]
    assert asked(result, "cell-ambiguous") == [("Data", "D6")]


def test_a_unit_column_that_is_not_there_stops_the_reading(tmp_path):
    with pytest.raises(WorkbookError, match="not one header each for 'Unit'"):
        reading(tmp_path, ["ID", "Test", "Date", "Result"], ["A-1", "PRRT", D(2012, 1, 1), 200],
                text=MARKERS)  # fmt: skip


SIZES = """\
name: sizes
sheets:
  - sheet: Data
    id: ID
    records:
      - table: patients
      - table: prrt_cycles
        columns: {cycle_date: PRRT}
      - table: imaging
        columns: {scan_date: Scan, size_change_pct: {header: Change, codebook: {"-8": missing}}}
"""


def test_a_small_negative_change_is_a_question_unless_its_unit_or_the_profile_tells(tmp_path):
    changes = [-35, -9, "-9 %", -8]
    lines = [["A-1", D(2012, 1, 1), D(2013, 1 + n, 1), c] for n, c in enumerate(changes)]
    result = reading(tmp_path, ["ID", "PRRT", "Scan", "Change"], *lines, text=SIZES)
    found = result.tables["imaging"].sort_values("scan_date")["size_change_pct"]
    assert found.fillna(0).tolist() == [-35.0, 0.0, -9.0, 0.0]
    assert asked(result, "cell-ambiguous") == [("Data", "D3")]
