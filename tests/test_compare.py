"""Ten edits planted in the 24-patient workbook: the cells named, the numbers moved, exit codes."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from compared_runs import WORKBOOK, edited, finished, parameters, put, read

from prrt_lib.base.errors import InputError
from prrt_lib.edges.commands import main
from prrt_lib.edges.compare.comparison import compare
from prrt_lib.edges.compare.edits import area
from prrt_lib.edges.compare.pairing import pairs
from prrt_lib.edges.compare.row_changes import row_changes
from prrt_lib.edges.rerun import rerun

ONLY = ("quality", "exposure", "survival")
SMALL = {
    "notebooks": {
        "survival": {"by": ["grade_group"], "grouped_endpoints": ["os_prrt"], "populations": []}
    }
}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """(folder, rows) of the run on the workbook as it is."""
    return finished(tmp_path_factory.mktemp("a"), parameters(**SMALL), read(WORKBOOK), only=ONLY)


@pytest.fixture
def second(first, tmp_path):
    """Makes the run on a changed workbook, or with other parameters; gives its folder."""

    def made(change=lambda book: None, **other) -> Path:
        workbook = edited(tmp_path, change)
        given = parameters(**{**SMALL, "workbook": str(workbook), **other})
        since = None if other else first[1]
        return finished(tmp_path / "b", given, read(workbook), since, ONLY)[0]

    return made


def several(*changes):
    def change(book: openpyxl.Workbook) -> None:
        for one in changes:
            one(book)

    return change


def row_deleted(sheet: str, number: int):
    return lambda book: book[sheet].delete_rows(number)


def spelt(old: str, new: str):
    """Another spelling of a study id, on every sheet."""

    def change(book: openpyxl.Workbook) -> None:
        for sheet in book:
            for cell in sheet["A"]:
                if cell.value == old:
                    cell.value = new

    return change


def patient_added(book: openpyxl.Workbook) -> None:
    """NET-025, a copy of NET-006 treated once."""
    for sheet, number in (("Patients", 7), ("PRRT cycles", 14)):
        assert book[sheet][f"A{number}"].value == "NET-006"
        values = [cell.value for cell in book[sheet][number]]
        book[sheet].append(["NET-025", *values[1:]])


def named(found) -> dict[str, set[str]]:
    """Patient -> the cells that are said to hold another value."""
    cells: dict[str, set[str]] = {}
    for edit in found.edits:
        if edit.kind != "respelt":
            cells.setdefault(edit.record, set()).add(f"{edit.sheet}!{edit.cell}")
    return cells


def date(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)


CASES = {
    "the date of a scan": (
        put("Imaging", "B7", date(2016, 5, 8)), {"NET-002": {"Imaging!B7"}}, 0,
    ),
    # Ki-67 of 5 % makes it grade 2 whatever was reported: a question, and no curve.
    "a grade against the Ki-67": (put("Patients", "H2", 3), {"NET-001": {"Patients!H2"}}, 0),
    "the day of a death": (
        several(put("Patients", "P7", date(2013, 6, 19)), put("Patients", "Q7", date(2013, 6, 19))),
        {"NET-006": {"Patients!P7", "Patients!Q7"}}, 4,
    ),
    "a death": (
        several(put("Patients", "O2", "Dead"), put("Patients", "P2", date(2014, 5, 22))),
        {"NET-001": {"Patients!O2", "Patients!P2"}}, 4,
    ),
    "a unit": (put("PRRT cycles", "E2", "200 MBq"), {"NET-001": {"PRRT cycles!E2"}}, 0),
    "a deleted row": (row_deleted("PRRT cycles", 3), {"NET-001": {"PRRT cycles!B3:F3"}}, 0),
    "an added patient": (
        patient_added, {"NET-025": {"Patients!B26:M26, O26:Q26", "PRRT cycles!B62:F62"}}, 4,
    ),
    "another text of the same date": (put("Patients", "Q4", "23 Apr 2012"), {}, 0),
    "a marker made blank": (put("Biomarkers", "D4", None), {"NET-001": {"Biomarkers!D4"}}, 0),
    "a marker nobody can read": (put("Biomarkers", "D4", "++"), {"NET-001": {"Biomarkers!D4"}}, 0),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_exactly_the_edited_cells_are_named(case, first, second):
    change, cells, code = CASES[case]
    found = compare(str(first[0]), str(second(change)))
    assert named(found) == cells
    assert found.exit_code == code
    assert bool(found.rows.moved) == bool(cells)


def test_a_patient_under_another_id_is_one_edit_and_moves_nothing(first, second):
    found = compare(str(first[0]), str(second(spelt("NET-010", "NET-510"))))
    assert [(one.record, one.kind, one.after) for one in found.edits] == [
        ("NET-010", "renamed", "NET-510")
    ]
    assert found.rows.moved == [] and found.exit_code == 0


def test_the_same_workbook_differs_in_nothing(first, capsys):
    assert main(["compare", str(first[0]), str(first[0])]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing differs"


def test_each_patients_edits_are_applied_alone_and_add_up(first, second):
    """A cycle of NET-001 less and one scan less of NET-002: two counts, each its own."""
    change = several(row_deleted("PRRT cycles", 3), row_deleted("Imaging", 7))
    found = compare(str(first[0]), str(second(change)), attribute=True)
    assert [step.who for step in found.attribution.steps] == ["NET-001", "NET-002"]
    cycles, scans = (
        {one.row["notebook"] for one in step.moved} for step in found.attribution.steps
    )
    assert "exposure" in cycles and "survival" not in cycles
    assert "survival" in scans and "exposure" not in scans
    counts = {
        (one.row["label"], one.row["population"]): one.change("n")
        for one in found.attribution.steps[0].moved
        if one.row["statistic"] == "proportion" and one.row["level"] == "Basel"
    }
    assert counts == {("Treating centre, of cycles", name): -1 for name in ("gep", "all_treated")}
    assert found.attribution.others == 0
    assert {one.moved.row["notebook"] for one in found.attribution.joint} <= {"quality"}


def test_two_edits_of_one_patient_are_one_step_and_the_page_shows_texts_as_text(
    first, second, tmp_path, capsys
):
    hostile = "<script>alert('x')</script>"
    folder = second(several(put("PRRT cycles", "F2", "Houston"), put("Biomarkers", "D4", hostile)))
    page = tmp_path / "page.html"
    assert main(["compare", str(first[0]), str(folder), "--attribute", "--out", str(page)]) == 0
    said, text = capsys.readouterr(), page.read_text(encoding="utf-8")
    assert "Biomarkers!D4" in said.out and "script" not in said.err
    assert "edits of NET-001 alone" in said.err and "joint: 0 rows" in said.out
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in text and "<script" not in text
    assert "http" not in text and "INTERNAL" in text and "Houston" in text


def test_what_only_two_deaths_together_do_is_joint(first, second):
    """A median is no sum: two more deaths move it otherwise than one and one."""
    change = several(
        put("Patients", "O2", "Dead"), put("Patients", "P2", date(2014, 5, 22)),
        put("Patients", "O9", "Dead"), put("Patients", "P9", date(2013, 10, 6)),
    )  # fmt: skip
    found = compare(str(first[0]), str(second(change)), attribute=True)
    assert [step.who for step in found.attribution.steps] == ["NET-001", "NET-008"]
    events = [one for one in found.headline if one.row["statistic"] == "median"]
    assert [one.change("events") for one in events] == [2]
    survival = [one for one in found.attribution.joint if one.moved.row["notebook"] == "survival"]
    assert survival


def test_a_parameter_alone_names_no_cell(first, second):
    folder = second(horizon_months="60")
    found = compare(str(first[0]), str(folder), attribute=True)
    assert found.edits == []
    assert ("horizon_months", "84.0", "60.0") in found.parameters
    (step,) = found.attribution.steps
    assert step.who == "parameters"
    assert {one.row_id for one in step.moved} == {one.row_id for one in found.rows.moved}
    assert found.attribution.joint == []


def test_more_than_fifty_patients_are_attributed_on_request_only(first, second, monkeypatch):
    monkeypatch.setattr("prrt_lib.edges.compare.comparison.MOST", 0)
    folder = second(put("PRRT cycles", "F2", "Houston"))
    found = compare(str(first[0]), str(folder), attribute=True)
    assert found.attribution is None and "1 patients are edited, more than 0" in found.notes[-1]


def test_a_result_file_changed_by_hand_is_named(second, first, capsys):
    folder = second()
    file = folder / "results" / "exposure.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Basel", "Bern"), encoding="utf-8")
    assert main(["compare", str(first[0]), str(folder)]) == 2
    said = capsys.readouterr().err
    assert "results/exposure.csv: found a file changed by hand" in said and "Bern" not in said


def test_a_run_without_lineage_is_compared_without_cells(second, first):
    folder = second(put("PRRT cycles", "F2", "Houston"))
    os.remove(folder / "lineage.parquet")
    found = compare(str(first[0]), str(folder), attribute=True)
    assert found.edits is None and found.attribution is None and found.rows.moved
    assert any(note.startswith("B: lineage.parquet is missing") for note in found.notes)


def test_rows_of_another_layout_are_refused_and_another_version_is_said(second, first):
    file = second() / "manifest.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**record, "prrt_lib": "9.9"}), encoding="utf-8")
    found = compare(str(first[0]), str(file.parent))
    assert [name for name, _, after in found.versions if after == "9.9"] == ["prrt_lib"]
    file.write_text(json.dumps({**record, "schema_version": "0"}), encoding="utf-8")
    with pytest.raises(InputError, match="result rows of version 0"):
        compare(str(first[0]), str(file.parent))


def test_a_run_is_named_by_folder_by_root_or_by_root_and_scenario(first, tmp_path):
    root = first[0].parents[2]
    for spelling in (str(root), f"{root}:cut", str(first[0])):
        assert compare(spelling, spelling).nothing_differs
    with pytest.raises(InputError, match="no finished run"):
        compare(f"{root}:nosuch", str(root))
    assert main(["compare", str(tmp_path), str(root)]) == 2


def test_rows_are_equal_within_the_tolerance_and_missing_equals_missing():
    def frame(estimate, state="ok", warning=""):
        row = {"row_id": "a", "estimate": estimate, "state": state, "warning": warning}
        texts = dict.fromkeys(("unit", "label", "method", "role"), "")
        numbers = dict.fromkeys(
            ("std_error", "low", "high", "conf_level", "df", "p", "n", "total", "events",
             "at_risk"), float("nan"),
        )  # fmt: skip
        return pd.DataFrame([{**texts, **numbers, **row}])

    assert row_changes(frame(1.0), frame(1.0 + 5e-10)).moved == []
    assert row_changes(frame(0.0), frame(5e-13)).moved == []
    assert row_changes(frame(float("nan")), frame(float("nan"))).moved == []
    assert row_changes(frame(1.0), frame(1.0 + 5e-9)).moved[0].columns == ("estimate",)
    assert row_changes(frame(1.0), frame(1.0 + 5e-9), tolerance=1e-6).moved == []
    assert row_changes(frame(1.0), frame(1.0, state="not-reached")).moved[0].columns == ("state",)
    worded = row_changes(frame(1.0), frame(1.0, warning="few"))
    assert worded.moved == [] and worded.worded[0].columns == ("warning",)


def test_rows_of_a_patient_are_paired_by_what_they_share_whatever_their_order():
    scans = [("2012-12-08", "MRI", "SD"), ("2014-05-12", "CT", "SD"), ("2012-01-03", "CT", "BL")]
    later = [("2012-01-03", "CT", "BL"), ("2012-12-09", "MRI", "SD")]
    same, gone, new = pairs(scans, later, ([1, 2, 3], [1, 2]))
    assert same == [(0, 1), (2, 0)] and gone == [1] and new == []


def test_cells_of_a_row_are_ranges():
    assert area(["G3", "B3", "D3", "C3"]) == "B3:D3, G3"
    assert area(["Z9", "AA9"]) == "Z9:AA9"


def test_analyses_without_a_change_are_not_run_again(first):
    again = rerun(read(WORKBOOK), first[1].parameters, since=first[1])
    assert all(again.made[name] is first[1].made[name] for name in ONLY)
    assert set(again.made) == set(ONLY)
