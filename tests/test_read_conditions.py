"""Rows that count only where another cell says so, visits of which the last counts, bare ids."""

from __future__ import annotations

import openpyxl
import pytest
from small_workbooks import D, asked, read, rules

from prrt_lib.base.errors import WorkbookError

LAST_OR_DEATH = """\
name: one-date
sheets:
  - sheet: Data
    id: Patient
    {more}
    records:
      - table: patients
      - table: prrt_cycles
        constants: {{cycle_no: 1}}
        columns: {{cycle_date: PRRT}}
      - table: followup
        columns: {{vital_status: Status}}
      - table: followup
        only: {{Status: [dead, died]}}
        columns: {{death_date: Death or last contact}}
      - table: followup
        only: {{Status: Alive}}
        columns: {{last_contact_date: Death or last contact}}
"""
HEADER = ["Patient", "PRRT", "Status", "Death or last contact"]


PLAIN = LAST_OR_DEATH.format(more="ignore: []")


def reading(tmp_path, *lines, text=PLAIN, header=HEADER):
    made = openpyxl.Workbook()
    made.active.title = "Data"
    for line in [header, *lines]:
        made.active.append(line)
    return read(tmp_path, made, text)


def days(result, column):
    table = result.tables["followup"].set_index("patient_id")[column]
    return {name: str(day.date()) for name, day in table.dropna().items()}


def test_one_date_is_death_for_the_dead_and_last_contact_for_the_living(tmp_path):
    result = reading(
        tmp_path,
        ["A-1", D(2012, 1, 1), "Dead", D(2014, 5, 6)],
        ["A-2", D(2012, 1, 1), " died ", D(2015, 5, 6)],
        ["A-3", D(2012, 1, 1), "ALIVE", D(2016, 5, 6)],
    )
    assert days(result, "death_date") == {"A-1": "2014-05-06", "A-2": "2015-05-06"}
    assert days(result, "last_contact_date") == {"A-3": "2016-05-06"}
    assert rules(result) == ["scans-absent"]


@pytest.mark.parametrize("status", ["Deceased", None, "?"])
def test_a_date_whose_word_no_block_names_is_asked_about_and_not_used(tmp_path, status):
    result = reading(tmp_path, ["A-1", D(2012, 1, 1), status, D(2014, 5, 6)])
    assert days(result, "death_date") == days(result, "last_contact_date") == {}
    assert asked(result, "word-not-named") == [("Data", "D2")]
    assert set(result.findings.query("rule == 'word-not-named'")["record"]) == {"A-1"}


def test_a_condition_on_a_header_that_is_not_there_stops_the_run(tmp_path):
    with pytest.raises(WorkbookError, match="not one column each for 'Status'"):
        reading(tmp_path, ["A-1", D(2012, 1, 1), D(2014, 5, 6)],
                header=["Patient", "PRRT", "Death or last contact"])  # fmt: skip


def test_rows_knowingly_not_used_give_nothing_and_one_note(tmp_path):
    text = LAST_OR_DEATH.format(more="ignore_rows: {Status: [screen failure]}")
    result = reading(
        tmp_path,
        ["A-1", D(2012, 1, 1), "Alive", D(2014, 5, 6)],
        ["A-2", D(2012, 1, 1), "Screen failure", D(2014, 5, 6)],
        ["A-3", D(2012, 1, 1), "screen failure", None],
        text=text,
    )
    assert list(result.tables["patients"]["patient_id"]) == ["A-1"]
    assert asked(result, "rows-ignored") == [("Data", "A3")]


EVENTS = """\
name: events
date_order: DMY
sheets:
  - sheet: Data
    id: Patient
    records:
      - table: patients
      - table: prrt_cycles
        only: {Event: PRRT}
        columns: {cycle_date: Date, activity_gbq: {header: Value, unit: GBq}}
      - table: biomarkers
        only: {Event: CgA}
        constants: {analyte: CgA}
        columns: {sample_date: Date, value: {header: Value, unit: ng/mL}}
      - table: tumour
        only: {Event: Diagnosis}
        columns: {diagnosis_date: Date}
      - table: followup
        only: {Event: Visit}
        latest: last_contact_date
        columns: {last_contact_date: Date, vital_status: Status}
"""


def events(tmp_path, *lines):
    header = ["Patient", "Event", "Date", "Value", "Status"]
    return reading(tmp_path, *lines, text=EVENTS, header=header)


TREATED = ["A-1", "PRRT", D(2012, 1, 1), 7.4]


def test_a_list_of_events_gives_each_table_its_rows(tmp_path):
    marker, visit = ["A-1", "CgA", D(2011, 12, 1), 250], ["A-1", "Visit", D(2013, 1, 1)]
    result = events(tmp_path, ["A-1", "Diagnosis", D(2010, 1, 1)], TREATED, marker, visit)
    assert list(result.tables["prrt_cycles"]["activity_gbq"]) == [7.4]
    assert list(result.tables["biomarkers"]["value"]) == [250.0]
    assert str(result.tables["tumour"]["diagnosis_date"][0].date()) == "2010-01-01"
    assert rules(result) == ["scans-absent"]


def test_an_event_that_no_block_names_is_asked_about_once(tmp_path):
    result = events(tmp_path, TREATED, ["A-1", "Biopsy", D(2012, 2, 1), 3])
    assert asked(result, "word-not-named") == [("Data", "C3")]


def test_the_latest_visit_counts_in_any_order_of_rows(tmp_path):
    visits = [["A-1", "Visit", D(2013, 1, 1), None, "alive"],
              ["A-1", "Visit", D(2014, 1, 1), None, "dead"],
              ["A-1", "Visit", "02/02/2013", None, "alive"]]  # fmt: skip
    for order in (visits, visits[::-1]):
        result = events(tmp_path, TREATED, *order)
        assert days(result, "last_contact_date") == {"A-1": "2014-01-01"}
        assert list(result.tables["followup"]["vital_status"]) == ["dead"]


def test_a_visit_without_a_date_is_asked_about_and_two_on_the_last_day_conflict(tmp_path):
    seen = [["A-1", "Visit", D(2013, 1, 1), None, "alive"], ["A-1", "Visit", None, None, "dead"]]
    result = events(tmp_path, TREATED, *seen)
    assert list(result.tables["followup"]["vital_status"]) == ["alive"]
    assert asked(result, "visit-undated") == [("Data", "C4")]
    seen[1][2] = D(2013, 1, 1)
    held = events(tmp_path, TREATED, *seen).about["held_out"]
    assert held == {"A-1": "conflicting-patient"}


TWO_SHEETS = """\
name: two
sheets:
  - sheet: Data
    id: Patient
    records:
      - table: patients
        columns: {sex: Sex}
  - sheet: Cycles
    id: No
    records:
      - table: prrt_cycles
        columns: {cycle_date: Date}
"""


@pytest.mark.parametrize(
    ("patients", "cycles", "treated"),
    [
        (["P-001", "P-002"], [1, 2], ["P-001", "P-002"]),
        ([1, 2], ["NET1", "NET 002"], ["1", "2"]),
        (["P-001", "Q-001"], [1, 1], []),  # 1 could be either
        (["P-001", "2"], [1, 2], ["2"]),  # not all patients have the prefix
        (["P-001", "P-002"], ["Q-1", "Q-2"], []),  # another prefix is another patient
        (["P-001", "P-002"], [1, 7], ["P-001"]),  # 7 is nobody
    ],
)
def test_bare_numbers_are_patients_only_where_all_patients_have_one_prefix(
    tmp_path, patients, cycles, treated
):
    made = openpyxl.Workbook()
    made.active.title = "Data"
    for line in [["Patient", "Sex"], *[[one, "F"] for one in patients]]:
        made.active.append(line)
    sheet = made.create_sheet("Cycles")
    for line in [["No", "Date"], *[[one, D(2012, 1, 1)] for one in cycles]]:
        sheet.append(line)
    result = read(tmp_path, made, TWO_SHEETS)
    assert sorted(result.tables["prrt_cycles"]["patient_id"]) == treated
    joined = bool(treated) and treated != ["2"]
    assert ("id-prefix-differs" in rules(result)) == joined
