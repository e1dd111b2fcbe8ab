"""An export of REDCap reads through a profile, and the dictionary goes out for import there."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
import yaml
from small_workbooks import ROWS, book, profile

from prrt_lib.base.errors import ProfileError, WorkbookError
from prrt_lib.cli import main
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout import profiles
from prrt_lib.declare.layout.redcap import COLUMNS, choices, fields
from prrt_lib.declare.parameters import from_mapping
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.read.sheets.layout import DECISIVE
from prrt_lib.read.workbook.gate import Limits
from prrt_lib.run import stages
from prrt_lib.tools.queries.asking import queries
from prrt_lib.tools.redcap import field_name, redcap_dictionary, redcap_profile

DATA = Path(__file__).parent / "data"
RECORDS = DATA / "redcap_records.csv"


@pytest.fixture(scope="module")
def project() -> Reading:
    return read_workbook(RECORDS, str(DATA / "redcap_project.yaml"))


def column(reading: Reading, table: str, name: str) -> list:
    return reading.tables[table][name].tolist()


def copied(folder: Path, old: str = "", new: str = "", file: str = "redcap_records.csv") -> Path:
    """The example in ``folder`` with a text of one file replaced; the path of its records."""
    for path in DATA.glob("redcap_*"):
        shutil.copy(path, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "redcap_records.csv"


def read(path: Path, **more) -> Reading:
    return read_workbook(path, str(path.parent / "redcap_project.yaml"), **more)


def test_codes_mean_what_the_data_dictionary_says(project):
    assert column(project, "patients", "patient_id") == ["NET-101", "NET-102", "NET-103"]
    assert column(project, "patients", "sex") == ["female", "male", None]
    assert column(project, "patients", "consent_prrt") == ["yes", "no", None]
    assert column(project, "tumour", "primary_site") == ["pancreas", "ileum"]
    assert column(project, "followup", "vital_status") == ["alive", "dead"]


def test_ticked_boxes_become_a_record_each_and_no_tick_says_nothing(project):
    symptoms = project.tables["symptoms"][["patient_id", "symptom"]].values.tolist()
    assert symptoms == [["NET-101", "diarrhoea"], ["NET-101", "flushing"], ["NET-102", "none"]]


def test_repeating_instruments_become_records_with_their_instance(project):
    cycles = project.tables["prrt_cycles"][["patient_id", "cycle_no", "activity_gbq"]]
    assert cycles.values.tolist() == [
        ["NET-101", 1, 7.4], ["NET-101", 2, 7.25], ["NET-102", 1, 7.4]
    ]  # fmt: skip
    assert project.about["rows"] == {"baseline": 3, "prrt": 3, "outcome": 2}


def test_findings_and_lineage_carry_the_address_in_the_export(project):
    # Row 9 of the file, column F: sex has the code 3, which the dictionary does not know.
    asked = project.findings.set_index("rule")[["sheet", "cell"]]
    assert asked.loc["cell-invalid"].tolist() == ["baseline", "F9"]
    assert asked.loc["cell-imputed-partial"].tolist() == ["baseline", "K6"]
    line = project.lineage.query("column == 'activity_gbq' and record == 'NET-102'").iloc[0]
    # A cell with line breaks above it does not move the row.
    assert (line["sheet"], line["cell"]) == ("prrt", "Q7")
    assert set(project.findings["rule"]) == {
        "cell-ambiguous", "cell-invalid", "cell-imputed-partial", "patient-without-prrt",
        "scans-absent",
    }  # fmt: skip


def test_the_order_of_the_rows_decides_nothing(tmp_path, project):
    path = copied(tmp_path)
    with path.open(encoding="utf-8", newline="") as stream:
        head, *lines = csv.reader(stream)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([head, *lines[::-1]])
    other = read(path)
    for name, table in project.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name])


def test_other_delimiters_and_a_byte_order_mark_read_the_same(tmp_path, project):
    path = copied(tmp_path)
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(lines)
    pd.testing.assert_frame_equal(read(path).tables["prrt_cycles"], project.tables["prrt_cycles"])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("dob,", "birthday,", "columns that the data dictionary does not have: birthday"),
        ("study_id", "id", "no column study_id, the record id"),
        ("NET-103,baseline_arm_1", "NET-103,more,baseline_arm_1", "another length than the header"),
        ('"7,4"', '"7,4"x', "not CSV in UTF-8"),
        ("(two samples)", "(two samples)\udcff", "not CSV in UTF-8"),
    ],
)
def test_an_export_of_another_project_is_refused(tmp_path, old, new, expected):
    path = copied(tmp_path)
    text = path.read_text(encoding="utf-8").replace(old, new, 1)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(WorkbookError, match=expected):
        read(path)


def test_limits_hold_for_exports_too(tmp_path):
    with pytest.raises(WorkbookError, match="at most 4 rows"):
        read(copied(tmp_path), limits=Limits(rows=4))
    with pytest.raises(WorkbookError, match="more than 100 bytes"):
        read(copied(tmp_path), limits=Limits(file_bytes=100))
    with pytest.raises(WorkbookError, match="and 20 columns"):
        read(copied(tmp_path), limits=Limits(columns=20))
    (tmp_path / "redcap_records.csv").write_text("")
    with pytest.raises(WorkbookError, match="an empty file"):
        read(tmp_path / "redcap_records.csv")


def test_csv_is_read_through_redcap_alone(tmp_path):
    path = tmp_path / "small.xlsx"
    path.write_text("ID,Sex\nNET-001,F\n", encoding="utf-8")
    with pytest.raises(WorkbookError):
        read_workbook(path, profile(tmp_path))
    workbook = copied(tmp_path).with_suffix(".xlsx")
    book(ROWS).save(workbook)
    with pytest.raises(WorkbookError, match="not CSV in UTF-8"):
        read_workbook(workbook, str(tmp_path / "redcap_project.yaml"))


def test_a_profile_of_redcap_names_its_dictionary_and_a_wrong_one_is_refused(tmp_path):
    copied(tmp_path, "dictionary: redcap_project.csv\n", "", "redcap_project.yaml")
    with pytest.raises(ProfileError, match="no dictionary"):
        profiles.load(tmp_path / "redcap_project.yaml")
    path = copied(tmp_path, "redcap_project.csv", "redcap_records.csv", "redcap_project.yaml")
    with pytest.raises(ProfileError, match="no column Variable / Field Name"):
        read(path)
    path = copied(tmp_path, "dictionary: redcap_project.csv", "dictionary: no.csv",
                  "redcap_project.yaml")  # fmt: skip
    with pytest.raises(ProfileError, match="no.csv: found a file that cannot be read"):
        read(path)


def test_a_scenario_runs_its_questions_on_an_export(tmp_path):
    path = copied(tmp_path)
    parameters = from_mapping("project", {
        "workbook": str(path), "profile": str(tmp_path / "redcap_project.yaml"),
        "cutoff": "2016-01-01"}, "project")  # fmt: skip
    first = stages.inputs(parameters).reading_key
    assert queries(parameters, tmp_path, say=lambda text: None).exists()
    (tmp_path / "redcap_project.csv").write_text(
        (tmp_path / "redcap_project.csv").read_text("utf-8").replace("9, Unknown", "8, Unknown"),
        encoding="utf-8",
    )
    assert stages.inputs(parameters).reading_key != first


def test_choices_keep_commas_in_their_labels():
    assert choices("1, yes, unspecified | 0, no |") == {"1": "yes, unspecified", "0": "no"}


def test_the_exported_dictionary_has_redcap_s_columns_and_each_field_once(tmp_path):
    assert main(["redcap-dictionary", "--out", str(tmp_path / "d.csv")]) == 0
    lines = list(csv.reader(io.StringIO((tmp_path / "d.csv").read_text("utf-8"), newline="")))
    assert tuple(lines[0]) == COLUMNS and len(COLUMNS) == 18
    assert {len(line) for line in lines} == {18}
    names = [line[0] for line in lines[1:]]
    assert len(set(names)) == len(names) and names[0] == "record_id"
    assert all(name.isidentifier() and name == name.lower() for name in names)
    known = {one.name: one for one in fields(tmp_path / "d.csv")}
    abstracted = sum(
        column.kind != "id"
        for table in dictionary().tables.values()
        for column in table.columns.values()
    )
    assert len(known) == abstracted + 1
    assert known["sex"].choices == {"1": "female", "2": "male", "3": "other"}
    assert known["ecog"].choices["0"] == "0"
    assert known["symptom"].type == "checkbox" and known["sex"].form == "patients"
    # A partial date must be writable: no validation; a full date has one.
    assert (
        known["diagnosis_date"].validation == "" and known["consent_date"].validation == "date_ymd"
    )


def test_the_shipped_profile_and_dictionary_are_up_to_date():
    how = "python -m prrt_lib.tools.redcap rewrites it"
    folder = profiles.PROFILES
    assert (folder / "redcap-dictionary.csv").read_text("utf-8") == redcap_dictionary(), how
    assert (folder / "redcap.yaml").read_text("utf-8") == redcap_profile(), how
    content = yaml.safe_load((folder / "redcap.yaml").read_text("utf-8"))
    jsonschema.validate(content, profiles.json_schema())


def test_every_allowed_word_comes_back_through_redcap(tmp_path):
    """Each vocabulary of the dictionary, coded as REDCap codes it, reads as the word it was."""
    known = {one.name: one for one in fields(profiles.PROFILES / "redcap-dictionary.csv")}
    columns = [
        column
        for table in dictionary().tables.values()
        for column in table.columns.values()
        if known.get(field_name(column)) and known[field_name(column)].type == "dropdown"
    ]
    longest = max(len(column.allowed) for column in columns)
    names = [field_name(column) for column in columns]
    lines = [["record_id", *names]]
    for at in range(longest):
        codes = [(list(known[name].choices) + [""] * longest)[at] for name in names]
        lines.append([f"NET-{at + 1:03}", *codes])
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    reading = read_with_a_prrt(path)
    for column in columns:
        line = reading.lineage.query("table == @column.table and column == @column.name")
        status = line[line["raw"] != ""]["status"]
        assert set(status) <= {"ok"}, column.address
        assert len(status) == len(column.allowed), column.address
        # Where no check of the study takes a value back, the words are the dictionary's own.
        read_back = set(reading.tables[column.table][column.value_column].dropna())
        assert read_back <= {str(word) for word in column.allowed} | {float(at) for at in range(5)}


def read_with_a_prrt(path: Path) -> Reading:
    """The export read through the shipped profile, a date of PRRT added to every record."""
    with path.open(encoding="utf-8", newline="") as stream:
        head, *lines = csv.reader(stream)
    table = dictionary().tables
    deciding = {field_name(table[name].columns[column]) for name, columns in DECISIVE.items()
                for column in columns} - {*head, "cycle_date"}  # fmt: skip
    event = field_name(table["adverse_events"].columns["term_verbatim"])
    blank = [""] * len(deciding)
    dated = [[*head, "cycle_date", event, *sorted(deciding)],
             *([*line, "2015-01-01", "Sneezing", *blank] for line in lines)]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(dated)
    return read_workbook(path, "redcap")
