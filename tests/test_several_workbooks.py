"""A workbook split in two and merged equals the whole; centres keep their ids apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from small_workbooks import PROFILE, ROWS, book, changed

from prrt_lib.base.errors import ParameterError, WorkbookError
from prrt_lib.declare.parameters import from_mapping
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.read.sheets.ids import key
from prrt_lib.run import stages
from prrt_lib.tools.queries.asking import queries

DATA = Path(__file__).parent / "data"
Rule = Callable[[int, str], bool]


def split(path: Path, folder: Path, header_rows: int, first: Rule) -> list[Path]:
    """Two copies of a workbook; ``first(row, id)`` says which rows stay in the first one."""
    parts = []
    for name, wanted in (("one.xlsx", True), ("two.xlsx", False)):
        made = openpyxl.load_workbook(path)
        for sheet in made:
            lines = [[cell for cell in line] for line in sheet.iter_rows(min_row=header_rows + 1)]
            kept = [
                [(cell.value, cell.number_format) for cell in line]
                for line in lines
                if first(line[0].row, str(line[0].value or "")) is wanted
            ]
            for line in lines:
                for cell in line:
                    cell.value = None
            for row, line in enumerate(kept, start=header_rows + 1):
                for column, (value, shown) in enumerate(line, start=1):
                    sheet.cell(row, column).value = value
                    sheet.cell(row, column).number_format = shown
        made.save(folder / name)
        parts.append(folder / name)
    return parts


def even(row: int, text: str) -> bool:
    """Patients whose number is even: all rows of a patient stay together."""
    digits = [part for part in key(text).split("-") if part.isdigit()]
    return bool(digits) and int(digits[-1]) % 2 == 0


def odd_row(row: int, text: str) -> bool:
    """Every other row of each sheet: patients in one file, their scans in the other."""
    return row % 2 == 1


def same(one: Reading, other: Reading) -> None:
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], obj=name)


def asked(reading: Reading) -> Counter:
    """What is asked about records; questions about a whole sheet come once per file."""
    found = reading.findings[reading.findings["record"] != ""]
    return Counter(found[["rule", "table", "column", "record"]].itertuples(index=False, name=None))


def values(reading: Reading) -> list[tuple]:
    names = ["table", "record", "column", "raw", "status", "rule"]
    return sorted(reading.lineage[names].itertuples(index=False, name=None))


@pytest.mark.parametrize("rule", [even, odd_row])
@pytest.mark.parametrize(
    ("workbook", "profile", "header_rows"),
    [("sheets_24.xlsx", "sheets", 1), ("wide_24.xlsx", "wide", 2)],
)
def test_the_24_patients_split_in_two_equal_the_whole(
    tmp_path, workbook, profile, header_rows, rule
):
    whole = read_workbook(DATA / workbook, profile)
    parts = split(DATA / workbook, tmp_path, header_rows, rule)
    merged = read_workbook(parts, profile)
    same(whole, merged)
    assert asked(whole) == asked(merged) and values(whole) == values(merged)
    # The order of the files decides nothing at all, not even in lineage.
    swapped = read_workbook(parts[::-1], profile)
    pd.testing.assert_frame_equal(swapped.lineage, merged.lineage)
    pd.testing.assert_frame_equal(swapped.findings, merged.findings)


@pytest.mark.parametrize("rule", [even, odd_row])
def test_the_demonstration_split_in_two_equals_the_whole(project, tmp_path, rule):
    path = project / "data" / "raw" / "demo.xlsx"
    whole = read_workbook(path, "template")
    merged = read_workbook(split(path, tmp_path, 1, rule), "template")
    same(whole, merged)
    assert asked(whole) == asked(merged)
    assert whole.about["held_out"] == merged.about["held_out"]


def saved(folder: Path, name: str, rows) -> Path:
    book(rows).save(folder / name)
    return folder / name


def profile(folder: Path, name: str = "small", centre: str = "") -> str:
    text = PROFILE.replace(
        "name: small", f"name: {name}\ncentre: {centre}" if centre else "name: small"
    )
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return str(folder / f"{name}.yaml")


def test_addresses_name_the_workbook(tmp_path):
    rows = changed("Patients", 0, Sex="quite")
    first = {"Patients": [rows["Patients"][0]], "Cycles": ROWS["Cycles"]}
    paths = [saved(tmp_path, "a.xlsx", first),
             saved(tmp_path, "b.xlsx", {"Patients": [rows["Patients"][1]]})]  # fmt: skip
    reading = read_workbook(paths, profile(tmp_path))
    found = reading.findings.query("column == 'sex'")[["sheet", "cell"]].values.tolist()
    assert found == [["[a.xlsx]Patients", "B2"]]
    assert reading.about["rows"] == {
        "[a.xlsx]Patients": 1, "[a.xlsx]Cycles": 3, "[a.xlsx]Scans": 0, "[a.xlsx]Events": 0,
        "[b.xlsx]Patients": 1, "[b.xlsx]Cycles": 0, "[b.xlsx]Scans": 0, "[b.xlsx]Events": 0,
    }  # fmt: skip


def test_the_same_id_of_two_centres_is_two_patients(tmp_path):
    paths = [
        saved(tmp_path, "a.xlsx", ROWS),
        saved(tmp_path, "b.xlsx", changed("Patients", 0, Sex="M")),
    ]
    profiles = [profile(tmp_path, "east", "East"), profile(tmp_path, "west", "West")]
    reading = read_workbook(paths, profiles)
    assert reading.tables["patients"]["patient_id"].tolist() == [
        "East/NET-001", "East/NET-002", "West/NET-001", "West/NET-002"
    ]  # fmt: skip
    assert reading.tables["patients"]["sex"].tolist() == ["female", "male", "male", "male"]
    assert len(reading.tables["prrt_cycles"]) == 6


def test_the_same_id_with_other_values_in_two_files_of_a_centre_is_held_out(tmp_path):
    other = changed("Patients", 0, Sex="M")
    paths = [
        saved(tmp_path, "a.xlsx", ROWS),
        saved(tmp_path, "b.xlsx", {"Patients": [other["Patients"][0]]}),
    ]
    reading = read_workbook(paths, profile(tmp_path))
    assert reading.about["held_out"] == {"NET-001": "conflicting-patient"}
    (row,) = reading.findings.query("rule == 'conflicting-patient'").to_dict("records")
    assert (row["column"], row["sheet"], row["cell"]) == ("sex", "[a.xlsx]Patients", "B2")
    assert row["related_cells"] == "[b.xlsx]Patients!B2"


def test_a_patient_who_is_fuller_in_one_file_is_a_conflict_too(tmp_path):
    other = changed("Patients", 0, Sex=None)
    paths = [
        saved(tmp_path, "a.xlsx", ROWS),
        saved(tmp_path, "b.xlsx", {"Patients": [other["Patients"][0]]}),
    ]
    reading = read_workbook(paths, profile(tmp_path))
    assert reading.about["held_out"] == {"NET-001": "conflicting-patient"}


def test_the_same_patient_in_two_files_is_counted_once_and_reported(tmp_path):
    paths = [saved(tmp_path, "a.xlsx", ROWS), saved(tmp_path, "b.xlsx", ROWS)]
    reading = read_workbook(paths, profile(tmp_path))
    alone = read_workbook(paths[0], profile(tmp_path))
    same(alone, reading)
    assert set(reading.findings["rule"]) == {"duplicate-row"}
    assert reading.about["duplicate_rows"] == 2 + 3 + 2 + 1


def test_two_files_of_one_name_are_refused(tmp_path):
    (tmp_path / "more").mkdir()
    paths = [saved(tmp_path, "a.xlsx", ROWS), saved(tmp_path / "more", "A.xlsx", ROWS)]
    with pytest.raises(WorkbookError, match="workbooks of the same name: a.xlsx"):
        read_workbook(paths, profile(tmp_path))


def test_a_scenario_names_further_workbooks_and_their_profiles(tmp_path):
    saved(tmp_path, "a.xlsx", changed("Patients", 0, Sex="quite"))
    saved(tmp_path, "b.xlsx", ROWS)
    given = {
        "workbook": str(tmp_path / "a.xlsx"), "profile": profile(tmp_path, "east", "East"),
        "more_workbooks": [str(tmp_path / "b.xlsx")],
        "more_profiles": [profile(tmp_path, "west", "West")], "cutoff": "2016-01-01",
    }  # fmt: skip
    parameters = from_mapping("two", given, "two")
    files = stages.inputs(parameters)
    reading = stages.reading(files, tmp_path, lambda text: None)
    assert reading.about["workbook"] == ["a.xlsx", "b.xlsx"]
    assert reading.about["patients"] == 4
    path = queries(parameters, tmp_path, say=lambda text: None)
    sheet = openpyxl.load_workbook(path)["Questions"]
    links = {(cell.hyperlink.target.replace("\\", "/").rpartition("/")[2], cell.hyperlink.location)
             for line in sheet.iter_rows(min_row=2) for cell in line if cell.hyperlink}  # fmt: skip
    assert ("a.xlsx", "'Patients'!B2") in links
    # The second workbook counts for what is fresh.
    saved(tmp_path, "b.xlsx", changed("Patients", 0, Sex="M"))
    assert stages.inputs(parameters).reading_key != files.reading_key
    missing = from_mapping("two", {**given, "more_workbooks": [str(tmp_path / "c.xlsx")]}, "two")
    with pytest.raises(WorkbookError, match="c.xlsx"):
        stages.inputs(missing)


def test_profiles_of_further_workbooks_are_one_each_or_none():
    given = {"workbook": "a.xlsx", "profile": "p", "cutoff": "2016-01-01", "more_profiles": ["q"]}
    with pytest.raises(ParameterError, match="1 profiles for 0 workbooks"):
        from_mapping("two", given, "two")
