"""Questions go to the abstractor as a workbook, and come back as answers, closed or older."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from small_workbooks import PROFILE, book, changed

from prrt_lib.base.errors import WorkbookError
from prrt_lib.base.paths import Places
from prrt_lib.declare.asked import answers as ledger
from prrt_lib.declare.parameters import from_mapping
from prrt_lib.read.questions import with_states
from prrt_lib.run import stages
from prrt_lib.study.build import all_findings
from prrt_lib.study.cohort import build
from prrt_lib.tools.queries.asking import queries, take_answers
from prrt_lib.tools.queries.sheet import Asked, read_answers, write_queries

# An unclear activity, a word nobody knows, and a partial date.
ROWS = changed("Patients", 0, Diagnosis="Mar 2010", Symptoms="flushing, hiccups")
ROWS["Cycles"][0]["Activity (GBq)"] = "7.400 MBq"
QUIET = {"say": lambda text: None}


def scenario(folder: Path, rows=ROWS, cutoff: str = "2016-01-01"):
    """Parameters of a scenario whose workbook and profile stand in ``folder``."""
    raw = folder / "it's raw"
    raw.mkdir(exist_ok=True)
    book(rows).save(raw / "small.xlsx")
    (folder / "small.yaml").write_text(PROFILE, encoding="utf-8")
    given = {"workbook": str(raw / "small.xlsx"), "profile": str(folder / "small.yaml"),
             "cutoff": cutoff}  # fmt: skip
    return from_mapping("small", given, "small")


def asked(path: Path) -> dict[tuple[str, str], dict[str, object]]:
    """(sheet, cell) -> the row of the question about it."""
    sheet = openpyxl.load_workbook(path)["Questions"]
    heads, *lines = sheet.iter_rows(values_only=True)
    rows = [dict(zip(heads, line, strict=True)) for line in lines]
    return {(row["Sheet"], row["Cell"]): row for row in rows}


def fill(path: Path, cell: str, sheet: str, **answers: object) -> None:
    """Writes answers beside the question about a cell, as an abstractor would."""
    made = openpyxl.load_workbook(path)
    page = made["Questions"]
    heads = {cell.value: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        if (page.cell(row, heads["Sheet"]).value, page.cell(row, heads["Cell"]).value) == (
            sheet,
            cell,
        ):
            for name, value in answers.items():
                page.cell(row, heads[name.replace("_", " ")]).value = value
    made.save(path)


def states(parameters, folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """(sheet, cell) -> state and first data cut in findings.csv, as the run writes it."""
    read = stages.reading(stages.inputs(parameters), folder, lambda text: None)
    cohort = build(read.tables, parameters, read.findings)
    known = ledger.load(ledger.beside(parameters.workbook))
    rows = with_states(all_findings(read.findings, cohort, read.lineage), read.lineage, known)
    return {(row.sheet, row.cell): (row.state, row.first_seen) for row in rows.itertuples()}


def test_each_question_is_a_row_with_a_link_to_its_cell_grouped_by_patient(tmp_path):
    path = queries(scenario(tmp_path), tmp_path, **QUIET)
    assert path == tmp_path / "data/processed/small/findings.xlsx"
    rows = asked(path)
    assert rows["Cycles", "D2"]["Study id"] == "NET-001"
    assert rows["Cycles", "D2"]["Item"] == "PRRT cycles: Activity"
    assert rows["Cycles", "D2"]["State"] == "open" and rows["Cycles", "D2"]["Age (data cuts)"] == 1
    ids = [row["Study id"] for row in rows.values()]
    assert ids == sorted(ids, key=lambda text: (not text.startswith("("), text))
    sheet = openpyxl.load_workbook(path)["Questions"]
    links = {cell.hyperlink.location: cell.hyperlink.target
             for line in sheet.iter_rows(min_row=2) for cell in line if cell.hyperlink}  # fmt: skip
    target = links["'Cycles'!D2"].replace("\\", "/")
    assert (path.parent / target.replace("%20", " ")).resolve() == (
        tmp_path / "it's raw" / "small.xlsx"
    )
    (yes,) = [rule for rule in sheet.data_validations.dataValidation]
    assert yes.formula1 == '"yes"'


def test_no_cell_of_the_patient_is_quoted_and_the_bytes_are_the_same_twice(tmp_path):
    parameters = scenario(tmp_path)
    path = queries(parameters, tmp_path, **QUIET)
    first = path.read_bytes()
    stored = ledger.beside(parameters.workbook).read_bytes()
    assert queries(parameters, tmp_path, **QUIET).read_bytes() == first
    assert ledger.beside(parameters.workbook).read_bytes() == stored
    with zipfile.ZipFile(path) as parts:
        text = b"".join(parts.read(name) for name in parts.namelist()) + stored
    assert b"hiccups" not in text and b"7.400" not in text


def test_the_round_trip_answers_confirms_corrects_and_closes(tmp_path):
    first = scenario(tmp_path)
    path = queries(first, tmp_path, **QUIET)
    before = states(first, tmp_path)
    assert set(before.values()) == {("open", "2016-01-01")}
    signed = {"Initials": "CV", "Date": dt.datetime(2016, 2, 1)}
    fill(path, "D2", "Cycles", Corrected_value="7.4 GBq", **signed)
    fill(path, "F2", "Patients", Confirmed_as_written="yes", **signed)
    fill(path, "I2", "Patients", Answer="asked the ward", **signed)
    take_answers(first, path, **QUIET)
    after = states(first, tmp_path)
    assert after["Cycles", "D2"] == ("answered", "2016-01-01")
    assert after["Patients", "F2"] == ("confirmed", "2016-01-01")
    assert after["Patients", "I2"] == ("answered", "2016-01-01")
    read = stages.reading(stages.inputs(first), tmp_path, lambda text: None)
    assert read.tables["prrt_cycles"]["activity_gbq"].tolist() == [7.4, 7.4, 7.4]
    # A year later the symptoms were corrected in the workbook, and a new question came up.
    rows = {name: [dict(line) for line in lines] for name, lines in ROWS.items()}
    rows["Patients"][0]["Symptoms"] = "flushing"
    rows["Events"][0]["Grade"] = "2/3"
    later = scenario(tmp_path, rows, cutoff="2017-01-01")
    path = queries(later, tmp_path, **QUIET)
    now = asked(path)
    assert ("Patients", "I2") not in now
    closed = openpyxl.load_workbook(path)["Closed"]
    assert [closed.cell(2, column).value for column in (1, 3, 4)] == ["NET-001", "Patients", "I2"]
    assert [now[place]["Age (data cuts)"] for place in [("Cycles", "D2"), ("Events", "C2")]] == [
        2,
        1,
    ]
    assert now["Cycles", "D2"]["Corrected value"] == "7.4 GBq"
    assert now["Cycles", "D2"]["Date"] == "2016-02-01"
    assert now["Patients", "F2"]["State"] == "confirmed"
    assert (
        now["Events", "C2"]["State"] == "open" and now["Events", "C2"]["First seen"] == "2017-01-01"
    )


def test_an_unsigned_correction_stays_a_question_until_it_is_signed_or_taken_back(tmp_path):
    parameters = scenario(tmp_path)
    path = queries(parameters, tmp_path, **QUIET)
    fill(path, "D2", "Cycles", Corrected_value=7.4)
    said: list[str] = []
    take_answers(parameters, path, say=said.append)
    assert "1 corrected values lack initials or date" in " ".join(said)
    read = stages.reading(stages.inputs(parameters), tmp_path, lambda text: None)
    assert "override-refused" in set(read.findings["rule"])
    assert read.tables["prrt_cycles"]["activity_gbq"].isna().sum() == 1
    fill(path, "D2", "Cycles", Initials="CV", Date="2016-02-01")
    take_answers(parameters, path, **QUIET)
    read = stages.reading(stages.inputs(parameters), tmp_path, lambda text: None)
    # A bare number takes the unit of its column, as it would in the cell: GBq.
    assert read.tables["prrt_cycles"]["activity_gbq"].tolist() == [7.4, 7.4, 7.4]
    fill(path, "D2", "Cycles", Corrected_value=None)
    take_answers(parameters, path, **QUIET)
    read = stages.reading(stages.inputs(parameters), tmp_path, lambda text: None)
    assert read.tables["prrt_cycles"]["activity_gbq"].isna().sum() == 1


def test_a_cell_changed_to_another_wrong_value_is_a_new_question_of_the_same_age(tmp_path):
    first = scenario(tmp_path)
    path = queries(first, tmp_path, **QUIET)
    fill(path, "D2", "Cycles", Confirmed_as_written="yes")
    take_answers(first, path, **QUIET)
    rows = {name: [dict(line) for line in lines] for name, lines in ROWS.items()}
    rows["Cycles"][0]["Activity (GBq)"] = "7.500 MBq"
    path = queries(scenario(tmp_path, rows, "2017-01-01"), tmp_path, **QUIET)
    row = asked(path)["Cycles", "D2"]
    assert (row["State"], row["First seen"], row["Age (data cuts)"]) == ("open", "2016-01-01", 2)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"Date": "soon"}, "expected the day of the answer"),
        ({"Confirmed_as_written": "perhaps"}, "expected yes, or nothing"),
        ({"Key": "0123456789ab"}, "a question that was never asked"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_cell_and_nothing_is_stored(
    tmp_path, answers, expected
):
    parameters = scenario(tmp_path)
    path = queries(parameters, tmp_path, **QUIET)
    stored = ledger.beside(parameters.workbook).read_bytes()
    fill(path, "D2", "Cycles", **answers)
    with pytest.raises(WorkbookError, match=expected):
        take_answers(parameters, path, **QUIET)
    assert ledger.beside(parameters.workbook).read_bytes() == stored


def test_another_workbook_is_refused(tmp_path):
    parameters = scenario(tmp_path)
    queries(parameters, tmp_path, **QUIET)
    with pytest.raises(WorkbookError, match="no column Answer"):
        take_answers(parameters, Path(parameters.workbook), **QUIET)


def test_the_run_s_findings_carry_the_states_and_its_lineage_the_override(tmp_path):
    parameters = scenario(tmp_path)
    path = queries(parameters, tmp_path, **QUIET)
    fill(path, "D2", "Cycles", Corrected_value="7.4 GBq", Initials="CV", Date="2016-02-01")
    fill(path, "F2", "Patients", Confirmed_as_written="yes")
    take_answers(parameters, path, **QUIET)
    places = Places("small", tmp_path)
    read = stages.reading(stages.inputs(parameters), tmp_path, lambda text: None)
    stages.cohort(parameters, read, places)
    rows = pd.read_csv(places.processed / "findings.csv", keep_default_na=False)
    found = {(row.sheet, row.cell): row.state for row in rows.itertuples()}
    assert found["Cycles", "D2"] == "answered" and found["Patients", "F2"] == "confirmed"
    assert set(found.values()) == {"open", "answered", "confirmed"}
    lineage = pd.read_parquet(places.processed / "lineage.parquet")
    (line,) = lineage.query("rule == 'override'").to_dict("records")
    assert (line["cell"], line["source"]) == ("D2", "override CV 2016-02-01")


@pytest.mark.parametrize("text", ["=1+1", "+1-2", "-x", "@SUM(A1)"])
def test_open_and_closed_questions_hold_text_cells_alone(tmp_path, text):
    words = {name: text for name in ("record", "sheet", "answer", "initials", "comment")}
    one = ledger.Answer("a1", rule="cell-ambiguous", cell="D2", cuts="2", corrected=text, **words)
    asked_one = Asked(one, "error", text, text)
    path = tmp_path / "findings.xlsx"
    write_queries(path, [asked_one], [one], lambda sheet, cell: "")
    made = openpyxl.load_workbook(path)
    cells = {name: [cell for cell in made[name][2] if cell.value] for name in made.sheetnames}
    for name, quoted in {"Questions": 8, "Closed": 4}.items():
        assert [cell.value for cell in cells[name]].count(f"'{text}") == quoted, name
        assert {cell.data_type for cell in cells[name] if cell.value != 2} == {"s"}, name
    assert read_answers(path, [one])[0].comment == text


def test_a_workbook_with_such_ids_is_asked_about_without_a_formula(tmp_path):
    rows = {name: [{**line, "ID": f"@{line['ID']}"} for line in lines]
            for name, lines in ROWS.items()}  # fmt: skip
    queries(scenario(tmp_path, rows), tmp_path, **QUIET)
    rows["Cycles"][0]["Activity (GBq)"] = 7.4
    made = openpyxl.load_workbook(queries(scenario(tmp_path, rows), tmp_path, **QUIET))
    assert made["Closed"]["A2"].value == "'@NET-001"
    assert "'@NET-001" in [cell.value for cell in made["Questions"]["A"]]
