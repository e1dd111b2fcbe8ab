"""What a sheet says about itself: its headers, its second tables, its neighbours, its ids."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from small_workbooks import HEADERS, ROWS, D, added, asked, book, changed, read

from prrt_lib.read.sheets.headers import compared

ESCAPED = re.compile(r"\\(u[0-9a-f]{4}|x[0-9a-f]{2}|[nrt])")
BLANKS = {"n": "\n", "r": "\r", "t": "\t"}


def pairs():
    """Two headers, whether they are one, and why; characters that nobody sees are escaped."""
    path = Path(__file__).parent / "cases" / "headers.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [
            pytest.param(plain(row["one"]), plain(row["other"]), row["same"] == "yes",
                         id=f"{number} {row['why']}")
            for number, row in enumerate(csv.DictReader(file), start=1)
        ]  # fmt: skip


def plain(text):
    return ESCAPED.sub(lambda hit: BLANKS.get(hit[1]) or chr(int(hit[1][1:], 16)), text)


@pytest.mark.parametrize(("one", "other", "same"), pairs())
def test_what_nobody_sees_makes_no_other_header(one, other, same):
    assert (compared(one) == compared(other)) == same


def test_a_header_with_invisible_characters_is_read(tmp_path):
    made = book()
    made["Patients"]["K1"] = "\ufeffDi\u00aded\u200b"
    made["Cycles"]["C1"] = "Da\u200bte\n"
    reading = read(tmp_path, made)
    assert reading.findings.empty
    assert reading.tables["followup"]["death_date"].notna().sum() == 1


CYCLES = [["ID", "No", "Date", "Activity (GBq)"], ["NET-001", 9, D(2013, 9, 1), 7.4]]


@pytest.mark.parametrize("above", [[[]], [[], []], [[], ["Cycles of the other centre"]],
                                   [["Retreatment"]]])  # fmt: skip
def test_a_table_below_a_gap_is_held_out_even_under_the_same_header(tmp_path, above):
    made = book()
    for line in [*above, *CYCLES]:
        made["Cycles"].append(line or [None])
    reading = read(tmp_path, made)
    assert len(reading.tables["prrt_cycles"]) == 3
    assert asked(reading, "second-table") or asked(reading, "row-not-a-record")


def test_a_header_repeated_for_printing_goes_on_with_the_table(tmp_path):
    made = book()
    for line in CYCLES:
        made["Cycles"].append(line)
    reading = read(tmp_path, made)
    assert sorted(reading.tables["prrt_cycles"]["cycle_no"]) == [1, 1, 2, 9]
    assert not asked(reading, "second-table")


@pytest.mark.parametrize(("state", "severity"), [
    ("visible", "note"), ("hidden", "warning"), ("veryHidden", "warning"),
])  # fmt: skip
def test_a_sheet_that_the_profile_does_not_name_is_told_with_its_rows(tmp_path, state, severity):
    made = book()
    other = made.create_sheet("Patients 2018")
    for line in [["ID", "Name"], ["NET-900", "Doe"], ["NET-901", "Roe"]]:
        other.append(line)
    other.sheet_state = state
    made.create_sheet("Empty")
    found = read(tmp_path, made).findings.query("rule == 'sheet-not-named'")
    assert found[["sheet", "severity"]].to_numpy().tolist() == [["Patients 2018", severity]]
    assert "3 rows" in found["message"].iloc[0]
    assert ("hidden" in found["message"].iloc[0]) == (state != "visible")
    assert not found.astype(str).apply(lambda text: text.str.contains("Doe|Roe")).any(axis=None)


def test_ids_that_match_only_when_evened_out_are_one_note_per_sheet(tmp_path):
    rows = changed("Cycles", 0, ID="net 1")
    rows["Cycles"][2]["ID"] = "NET-2"
    reading = read(tmp_path, rows)
    assert asked(reading, "id-spelt-differently") == [("Cycles", "A2")]
    told = reading.findings.query("rule == 'id-spelt-differently'")["message"].iloc[0]
    assert "(2 rows)" in told
    assert read(tmp_path, ROWS).findings.empty


def test_copies_of_a_patient_name_every_column_in_which_they_differ(tmp_path):
    other = {**ROWS["Patients"][0], "Sex": "M", "Diagnosis": D(2010, 7, 1), "Primary": "ileum",
             "Seen": D(2016, 1, 1)}  # fmt: skip
    found = read(tmp_path, added("Patients", other)).findings
    question = found.query("rule == 'conflicting-patient'").iloc[0]
    for name in ("sex", "diagnosis_date", "primary_site", "last_contact_date"):
        assert name in question["message"]
    cells = {f"Patients!{question['cell']}", *question["related_cells"].split("; ")}
    assert {"Patients!B2", "Patients!B4", "Patients!F2", "Patients!F4", "Patients!G2",
            "Patients!G4", "Patients!L2", "Patients!L4"} <= cells  # fmt: skip
    assert HEADERS["Patients"][5] == "Diagnosis"


def test_an_onset_without_event_or_grade_is_no_adverse_event(tmp_path):
    rows = added("Events", {"ID": "NET-002", "Onset": D(2013, 2, 1)},
                 {"ID": "NET-002", "Grade": 3, "Onset": D(2013, 2, 1)})  # fmt: skip
    reading = read(tmp_path, rows)
    assert reading.tables["adverse_events"]["patient_id"].tolist() == ["NET-001", "NET-002"]
    assert asked(reading, "block-without-record") == [("Events", "D3")]
