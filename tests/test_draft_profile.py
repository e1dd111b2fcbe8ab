"""A drafted profile of layouts that nobody here designed; what is uncertain stays a TODO."""

from __future__ import annotations

import openpyxl
import pytest
import yaml
from small_workbooks import D

from prrt_lib.edges.check import check
from prrt_lib.edges.draft_profile import draft


def drafted(tmp_path, *lines, more=()):
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(list(line))
    for title, others in more:
        sheet = book.create_sheet(title)
        for line in others:
            sheet.append(list(line))
    book.save(tmp_path / "ours.xlsx")
    content = yaml.safe_load(draft(tmp_path / "ours.xlsx"))
    entries = {
        f"{block['table']}.{name}": entry
        for sheet in content["sheets"]
        for block in sheet["records"]
        for name, entry in (block.get("columns") or {}).items()
    }
    return content["sheets"], entries


def test_numbered_headers_become_one_entry_each(tmp_path):
    _, entries = drafted(
        tmp_path,
        ["ID", "PRRT date 1", "Activity (mCi) 1", "PRRT date 2", "Activity (mCi) 2"],
        ["A-1", D(2012, 1, 1), 200, D(2012, 3, 1), 200],
    )
    assert entries["prrt_cycles.cycle_date"] == "PRRT date {cycle_no}"
    assert entries["prrt_cycles.activity_gbq"] == "Activity (mCi) {cycle_no}"


def test_a_row_of_units_gives_the_units_and_is_skipped(tmp_path):
    sheets, entries = drafted(
        tmp_path,
        ["Our PRRT patients"],
        ["Study ID", "Treatment date", "Administered activity"],
        [None, "date", "GBq"],
        ["A-1", D(2012, 1, 1), 7.4],
    )
    assert entries["prrt_cycles.activity_gbq"] == {"header": "Administered activity", "unit": "GBq"}
    assert (sheets[0]["header_row"], sheets[0]["skip_rows"]) == (2, [3])


def test_numbers_without_a_unit_and_codes_without_a_meaning_are_left_to_a_person(tmp_path):
    _, entries = drafted(
        tmp_path,
        ["record_id", "sex", "prrt_date", "dose", "death"],
        ["A-1", 1, D(2012, 1, 1), 7.4, 0],
        ["A-2", 2, D(2012, 1, 1), 7.4, 1],
    )
    assert entries["patients.sex"] == {"header": "sex", "codebook": {"1": "TODO", "2": "TODO"}}
    assert entries["prrt_cycles.activity_gbq"]["unit"].startswith("TODO")
    assert "followup.death_date" not in entries
    assert entries["followup.vital_status"]["header"] == "TODO death"


def test_month_day_and_year_below_one_caption_are_one_date(tmp_path):
    _, entries = drafted(
        tmp_path,
        [None, "Date of birth", None, None, "First PRRT"],
        ["ID", "Month", "Day", "Year", "Month", "Day", "Year"],
        ["A-1", 3, 4, 1950, 1, 2, 2012],
    )
    parts = {"header": "Year", "month": "Month", "day": "Day"}
    assert entries["patients.birth_date"] == {**parts, "group": "Date of birth"}
    assert entries["prrt_cycles.cycle_date"] == {**parts, "group": "First PRRT"}


def test_three_columns_are_enough_for_a_profile(tmp_path):
    sheets, entries = drafted(
        tmp_path, ["ID", "First PRRT", "Death", "Last contact"], ["A", D(2012, 1, 1), None, None]
    )
    assert {"table": "patients"} in sheets[0]["records"]
    assert entries["prrt_cycles.cycle_date"] == "First PRRT"


def test_a_sheet_without_study_id_is_left_alone(tmp_path):
    codebook = ("codebook", [["variable", "code", "label"], ["sex", 1, "Male"]])
    sheets, _ = drafted(tmp_path, ["ID", "First PRRT"], ["A", D(2012, 1, 1)], more=[codebook])
    assert [sheet["sheet"] for sheet in sheets] == ["Sheet"]


@pytest.mark.parametrize(
    ("header", "place"),
    [("Geburtsdatum", "patients.birth_date"), ("Erstdiagnose", "tumour.diagnosis_date"),
     ("Therapiedatum", "prrt_cycles.cycle_date"), ("Aktivität (GBq)", "prrt_cycles.activity_gbq"),
     ("Todesdatum", "followup.death_date")],
)  # fmt: skip
def test_german_headers_are_known(tmp_path, header, place):
    _, entries = drafted(tmp_path, ["Patienten-ID", header], ["A", "x"])
    assert entries[place] == header


def test_a_check_says_where_and_what_to_do_without_the_text_of_a_cell(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["ID", "Sex", "First PRRT"])
    for number in range(3):
        book.active.append([f"A-{number}", f"xyzzy{number}", D(2012, 1, 1)])
    book.save(tmp_path / "ours.xlsx")
    profile = tmp_path / "ours.yaml"
    profile.write_text(draft(tmp_path / "ours.xlsx").replace("TODO ", ""), encoding="utf-8")
    text = profile.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("date_order")]
    profile.write_text("\n".join(lines), encoding="utf-8")
    _, told = check(tmp_path / "ours.xlsx", str(profile))
    assert "    3  patients.sex, sheet Sheet, from B2" in told
    assert "xyzzy" not in told
