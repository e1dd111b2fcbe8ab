"""Ten edits planted in the 24-patient workbook: the cells named, the numbers moved, exit codes."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest
from compared_runs import WORKBOOK, edited, finished, parameters, put, read

from prrt_lib.base.errors import InputError
from prrt_lib.cli import main
from prrt_lib.declare.rows import result_rows
from prrt_lib.run.rerun import rerun, rows_code
from prrt_lib.tools.compare.changes import row_changes
from prrt_lib.tools.compare.comparison import Comparison, compare
from prrt_lib.tools.compare.edits import area, edits, pairs
from prrt_lib.tools.compare.report import summary, write_page

# Two comparisons attribute many edits: slow on a busy machine.
pytestmark = pytest.mark.timeout(900)

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


@pytest.fixture(scope="module")
def second(first, tmp_path_factory):
    """Makes the run on a changed workbook, or with other parameters; gives its folder."""

    def made(change=lambda book: None, **other) -> Path:
        folder = tmp_path_factory.mktemp("b")
        workbook = edited(folder, change)
        given = parameters(**{**SMALL, "workbook": str(workbook), **other})
        return finished(folder, given, read(workbook), first[1], ONLY)[0]

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


# Edits that leave overall survival of patients with a GEP primary alone, and what reads them. The
# reported grade asks a question only: Ki-67 of 5 % makes NET-001 grade 2 whatever was reported.
QUIET = {
    "NET-001": (
        [put("Patients", "H2", 3), put("PRRT cycles", "F2", "Houston")],
        {"Patients!H2", "PRRT cycles!F2"}, {"exposure", "quality", "survival"},
    ),
    "NET-002": ([put("Imaging", "B7", date(2016, 5, 8))], {"Imaging!B7"}, {"survival"}),
    "NET-003": ([put("PRRT cycles", "E8", "200 MBq")], {"PRRT cycles!E8"}, {"exposure", "quality"}),
    "NET-005": ([put("Biomarkers", "D15", None)], {"Biomarkers!D15"}, {"quality"}),
    "NET-006": (
        [put("Biomarkers", "D19", "<script>alert('x')</script>")],
        {"Biomarkers!D19"}, {"quality"},
    ),
    "NET-024": (
        [row_deleted("PRRT cycles", 61)], {"PRRT cycles!B61:F61"}, {"exposure", "quality"},
    ),
}  # fmt: skip
RESPELT = put("Patients", "Q4", "23 Apr 2012")
# A later day of death, a death, a patient: each moves the headline.
LOUD = {
    "NET-006": (
        [put("Patients", "P7", date(2013, 6, 19)), put("Patients", "Q7", date(2013, 6, 19))],
        {"Patients!P7", "Patients!Q7"},
    ),
    "NET-001": (
        [put("Patients", "O2", "Dead"), put("Patients", "P2", date(2014, 5, 22))],
        {"Patients!O2", "Patients!P2"},
    ),
    "NET-025": ([patient_added], {"Patients!B26:M26, O26:Q26", "PRRT cycles!B62:F62"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def quiet(first, second) -> Comparison:
    """Six patients with seven edits, and a date that is only spelt otherwise."""
    changes = [change for changes, *_ in QUIET.values() for change in changes]
    return compare(str(first[0]), str(second(several(*changes, RESPELT))), attribute=True)


@pytest.fixture(scope="module")
def loud(first, second) -> Comparison:
    changes = [change for changes, _ in LOUD.values() for change in changes]
    return compare(str(first[0]), str(second(several(*changes))), attribute=True)


def test_exactly_the_edited_cells_are_named(quiet):
    assert named(quiet) == {patient: cells for patient, (_, cells, _) in QUIET.items()}


def test_deaths_and_a_patient_who_is_added_are_named_by_their_cells(loud):
    assert named(loud) == {patient: cells for patient, (_, cells) in LOUD.items()}


def test_another_spelling_of_a_value_is_told_apart(quiet):
    respelt = [one for one in quiet.edits if one.kind == "respelt"]
    assert [(one.record, one.cell, one.after) for one in respelt] == [
        ("NET-003", "Q4", "23 Apr 2012")
    ]


def test_a_number_of_the_start_page_that_moved_gives_code_4(first, second, loud):
    # Where PRRT was given stands on no start page.
    changes = QUIET["NET-001"][0]
    moved = compare(str(first[0]), str(second(several(*changes))))
    assert moved.rows.moved and (moved.headline, moved.exit_code) == ([], 0)
    assert loud.exit_code == 4
    median = next(one for one in loud.headline if one.row["endpoint"] == "os_dx_delayed")
    # NET-001 dies, and NET-025 is a copy of NET-006: two deaths and one patient more.
    assert (median.change("events"), median.change("n")) == (2, 1)


def test_secondary_numbers_of_the_start_page_are_headline_as_well(quiet):
    # A later scan of NET-002 and the only cycle of NET-024: none of them touches survival.
    said = {(one.row["notebook"], one.row["endpoint"] or one.row["level"])
            for one in quiet.headline}  # fmt: skip
    assert said == {("quality", "All treated"), ("survival", "ttp"), ("survival", "pfs")}
    assert quiet.exit_code == 4


def one_of_two(headline: str, value: float):
    """A finished run that showed ``headline`` first; all its medians and shares are ``value``."""
    kept = {"statistic": "proportion", "estimate": 1.0}
    rows = [{**kept, "analysis": "survival", "model": "completeness", "population": headline}]
    for population in ("all_treated", "gep", "safety"):
        own = {"population": population, "estimate": value}
        rows += [
            {**own, "analysis": "survival", "endpoint": "os_prrt", "statistic": "median"},
            {**own, "analysis": "survival", "endpoint": "cif_progression", "statistic": "median"},
            {**own, "analysis": "characteristics", "variable": "sex", "level": "female",
             "statistic": "proportion", "n": 10 * value, "total": 10},
        ]  # fmt: skip
    rows = result_rows(rows)
    return SimpleNamespace(
        rows=rows.assign(notebook=rows["analysis"]), headline=headline, reading=None, notes=(),
        parameters={}, findings=pd.DataFrame({"finding_id": []}), record={},
    )  # fmt: skip


@pytest.mark.parametrize(("before", "after", "populations"), [
    ("gep", "gep", {"gep"}), ("gep", "all_treated", {"gep", "all_treated"}),
    ("all_treated", "gep", {"gep", "all_treated"}),
])  # fmt: skip
def test_headline_is_what_the_start_page_of_either_run_shows(
    monkeypatch, before, after, populations
):
    """Its numbers (a median) and those that its paragraph quotes (the share of women)."""
    runs = {"a": one_of_two(before, 0.5), "b": one_of_two(after, 0.6)}
    monkeypatch.setattr("prrt_lib.tools.compare.comparison.side", runs.get)
    found = compare("a", "b")
    assert found.rows.counts()["changed"] == 9
    assert {(one.row["endpoint"] or one.row["level"], one.row["population"])
            for one in found.headline} == {
        (what, name) for what in ("os_prrt", "female") for name in populations
    }  # fmt: skip
    assert found.exit_code == 4


def test_each_patients_edits_move_what_reads_them(quiet):
    steps = {step.who: step for step in quiet.attribution.steps}
    assert list(steps) == list(QUIET)
    for patient, (_, _, notebooks) in QUIET.items():
        assert {one.row["notebook"] for one in steps[patient].moved} == notebooks, patient
    assert quiet.attribution.others == 0


def test_counts_add_up_and_nothing_is_left(quiet):
    """One cycle less in Basel by NET-001 and as many of all cycles less by NET-024."""
    by_step = {
        step.who: {one.row_id: one for one in step.moved if one.row["statistic"] == "proportion"}
        for step in quiet.attribution.steps
    }
    (basel,) = [one for one in by_step["NET-001"].values()
                if (one.row["level"], one.row["population"]) == ("Basel", "all_treated")
                and not one.row["group"]
                and one.row["label"].startswith("Treating centre, of cycles")]  # fmt: skip
    assert (basel.change("n"), basel.change("total")) == (-1, 0)
    assert by_step["NET-024"][basel.row_id].change("total") == -1
    joint = {one.moved.row["notebook"] for one in quiet.attribution.joint}
    assert "survival" not in joint


def test_what_only_several_deaths_together_do_is_joint(loud):
    """A survival probability is no sum: three more lives change it otherwise than one by one."""
    assert [step.who for step in loud.attribution.steps] == ["NET-001", "NET-006", "NET-025"]
    joint = [one for one in loud.attribution.joint if one.moved.row["statistic"] == "survival"]
    assert any(one.rest and one.rest == one.rest for one in joint)


def test_the_page_and_the_terminal_show_texts_of_cells_as_text(quiet, tmp_path):
    page, said = write_page(quiet, tmp_path / "page.html"), summary(quiet)
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in text and "<script" not in text
    assert "http" not in text and "INTERNAL" in text and "Houston" in text
    assert "NET-005  Biomarkers!D15 biomarkers.value" in said
    assert "edits: 7 in 6 patients; 1 cells spelt otherwise with the same value" in said


def test_a_patient_under_another_id_is_one_edit(tmp_path):
    found = edits(read(WORKBOOK), read(edited(tmp_path, spelt("NET-010", "NET-510"))))
    assert [(one.record, one.kind, one.after) for one in found] == [
        ("NET-010", "renamed", "NET-510")
    ]
    other = edited(tmp_path, put("Imaging", "A30", "net_010 "))
    assert edits(read(WORKBOOK), read(other)) == []


def test_the_same_run_differs_in_nothing(first, capsys):
    assert main(["compare", str(first[0]), str(first[0])]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing differs"


def test_a_parameter_alone_names_no_cell(first, second):
    folder = second(horizon_months="60")
    found = compare(str(first[0]), str(folder), attribute=True)
    assert found.edits == []
    assert ("horizon_months", "84.0", "60.0") in found.parameters
    (step,) = found.attribution.steps
    assert step.who == "parameters"
    assert {one.row_id for one in step.moved} == {one.row_id for one in found.rows.moved}
    assert found.attribution.joint == []


def test_more_than_fifty_patients_are_attributed_on_request_only(quiet, monkeypatch):
    monkeypatch.setattr("prrt_lib.tools.compare.comparison.MOST", 5)
    runs = (str(quiet.before.folder), str(quiet.after.folder))
    found = compare(*runs, attribute=True)
    assert found.attribution is None and "6 patients are edited, more than 5" in found.notes[-1]


@pytest.fixture
def spoilt(quiet, tmp_path) -> Path:
    """A copy of a finished run that a test may spoil."""
    return Path(shutil.copytree(quiet.after.folder, tmp_path / "data" / "processed" / "cut"))


def test_a_result_file_changed_by_hand_is_named(spoilt, first, capsys):
    file = spoilt / "results" / "exposure.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Basel", "Bern"), encoding="utf-8")
    assert main(["compare", str(first[0]), str(spoilt)]) == 2
    said = capsys.readouterr().err
    assert "results/exposure.csv: found a file changed by hand" in said and "Bern" not in said


def test_a_run_without_lineage_is_compared_without_cells(spoilt, first):
    os.remove(spoilt / "lineage.parquet")
    found = compare(str(first[0]), str(spoilt), attribute=True)
    assert found.edits is None and found.attribution is None and found.rows.moved
    assert any(note.startswith("B: lineage.parquet is missing") for note in found.notes)


def test_rows_of_another_layout_are_refused_and_another_version_is_said(spoilt, first):
    file = spoilt / "manifest.json"
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


def test_of_a_notebook_only_what_its_rows_depend_on_is_run():
    source = (
        "from made.up import first, second\n"
        "rows = first(1)\n"
        "rows['role'] = 'primary'\n"
        "shown = second(rows)\n"
        "print(shown)\n"
        "saved = results.save([rows], 'cox', scenario)\n"
    )
    used = rows_code("cox", source).co_names
    assert {"first", "rows", "results", "save"} <= set(used)
    assert not {"second", "shown", "print"} & set(used)
