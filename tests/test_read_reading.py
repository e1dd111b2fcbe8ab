"""Rows of a workbook -> typed tables, findings and lineage, on two patients one can see."""

from __future__ import annotations

import random

import pandas as pd
import pytest
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from small_workbooks import HEADERS, PROFILE, ROWS, D, added, asked, book, changed, read, rules

from prrt_lib.base.errors import WorkbookError
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.reader import CellReader
from prrt_lib.read.reading import read_workbook
from prrt_lib.read.sheets.ids import key, spellings


def problems(folder, content) -> str:
    with pytest.raises(WorkbookError) as error:
        read(folder, content)
    return str(error.value)


def column(reading, table: str, name: str) -> list:
    return reading.tables[table][name].tolist()


def test_two_consistent_patients_raise_no_question(tmp_path):
    reading = read(tmp_path)
    assert rules(reading) == []
    assert column(reading, "patients", "sex") == ["female", "male"]
    assert column(reading, "prrt_cycles", "activity_gbq") == [7.4, 7.4, 7.4]
    assert column(reading, "tumour", "primary_site") == ["pancreas", "small bowel"]
    assert reading.about["rows"] == {"Patients": 2, "Cycles": 3, "Scans": 2, "Events": 1}


def test_every_table_of_the_dictionary_is_there_with_all_typed_columns(tmp_path):
    reading = read(tmp_path)
    for name, table in dictionary().tables.items():
        assert list(reading.tables[name]) == [*table.typed_columns(), "row"]
    assert str(reading.tables["labs"]["lab_date"].dtype) == "datetime64[ns]"
    assert str(reading.tables["labs"]["lab_value"].dtype) == "float64"
    assert reading.tables["imaging"]["scan_date"].dtype == "datetime64[ns]"


def test_several_words_in_a_cell_become_a_row_each_or_are_joined(tmp_path):
    reading = read(tmp_path)
    assert column(reading, "symptoms", "symptom") == ["diarrhoea", "flushing", "weight loss"]
    assert column(reading, "imaging", "modality") == ["CT", "CT+PET"]


def test_an_unknown_word_among_known_ones_flags_the_whole_cell(tmp_path):
    reading = read(tmp_path, changed("Patients", 0, Symptoms="flushing, hiccups"))
    assert len(reading.tables["symptoms"]) == 1
    assert column(reading, "symptoms", "symptom") == [None]
    assert asked(reading, "cell-ambiguous") == [("Patients", "I2")]


def test_bounds_and_ranges_keep_both_ends_and_no_single_value(tmp_path):
    rows = changed("Patients", 0, Ki67="2-5%")
    rows["Patients"][1]["Ki-67 (%)"] = "<1%"
    tumour = read(tmp_path, rows).tables["tumour"]
    assert tumour["ki67"].isna().all()
    assert tumour["ki67_lo"].tolist() == [2.0, 0.0]
    assert tumour["ki67_hi"].tolist() == [5.0, 1.0]
    assert tumour["ki67_op"].tolist() == ["range", "<"]
    assert tumour["ki67_raw"].tolist() == ["2-5%", "<1%"]


def test_lineage_leads_from_a_value_to_its_cell(tmp_path):
    line = read(tmp_path).lineage.query(
        "table == 'prrt_cycles' and row == 2 and column == 'activity_gbq'"
    )
    assert line[["record", "sheet", "cell", "raw", "status"]].values.tolist() == [
        ["NET-001", "Cycles", "D3", "7.4", "ok"]
    ]


def test_the_same_patient_spelt_differently_is_one_patient(tmp_path):
    rows = changed("Cycles", 1, ID="net 1")
    rows["Cycles"][2]["ID"] = "NET002"
    reading = read(tmp_path, rows)
    assert rules(reading) == ["id-spelt-differently"]
    assert column(reading, "prrt_cycles", "patient_id") == ["NET-001", "NET-001", "NET-002"]


@pytest.mark.parametrize(
    ("same", "other"),
    [("NET-001", "net 1"), ("001", "1"), ("pt 1", "001"), ("ＮＥＴ－００１", "NET001")],
)
def test_spellings_of_one_id_share_a_key(same, other):
    assert key(same) == key(other)


@pytest.mark.parametrize(
    ("one", "another"), [("NET-001", "PAT-001"), ("1-13", "11-3"), ("1", "10")]
)
def test_different_ids_stay_apart(one, another):
    assert key(one) != key(another)


def test_an_id_is_printed_in_its_most_common_spelling():
    pairs = [
        ("net-1", "NET-001"),
        ("net-1", "net 1"),
        ("net-1", "NET-001"),
        ("2", "2"),
        ("2", "002"),
    ]
    assert spellings(pairs) == {"net-1": "NET-001", "2": "002"}
    assert spellings(reversed(pairs)) == spellings(pairs)


def test_row_order_changes_no_table(tmp_path):
    first = read(tmp_path)
    shuffled = {name: random.Random(7).sample(lines, len(lines)) for name, lines in ROWS.items()}
    second = read(tmp_path, shuffled)
    for name in first.tables:
        pd.testing.assert_frame_equal(first.tables[name], second.tables[name])


def test_column_and_sheet_order_change_no_table(tmp_path):
    first = read(tmp_path)
    turned = {name: HEADERS[name][::-1] for name in reversed(HEADERS)}
    second = read(tmp_path, book(ROWS, turned))
    for name in first.tables:
        pd.testing.assert_frame_equal(first.tables[name], second.tables[name])


def test_an_exact_copy_is_counted_once_and_reported(tmp_path):
    reading = read(tmp_path, added("Cycles", {**ROWS["Cycles"][0], "ID": "net-1"}))
    assert len(reading.tables["prrt_cycles"]) == 3
    assert asked(reading, "duplicate-row") == [("Cycles", "A5")]
    assert reading.about["duplicate_rows"] == 1


def test_conflicting_copies_of_a_patient_hold_the_patient_out(tmp_path):
    reading = read(tmp_path, added("Patients", {**ROWS["Patients"][0], "Sex": "M"}))
    assert column(reading, "patients", "patient_id") == ["NET-002"]
    assert column(reading, "prrt_cycles", "patient_id") == ["NET-002"]
    assert reading.about["held_out"] == {"NET-001": "conflicting-patient"}
    found = reading.findings.query("rule == 'conflicting-patient'").iloc[0]
    assert (found["cell"], found["related_cells"]) == ("B2", "Patients!B4")


def test_records_without_a_patient_are_orphans(tmp_path):
    reading = read(tmp_path, added("Cycles", {**ROWS["Cycles"][0], "ID": "NET-003"}))
    assert len(reading.tables["prrt_cycles"]) == 3
    assert asked(reading, "orphan-record") == [("Cycles", "A5")]


def test_rows_without_id_totals_and_footnotes_are_reported_not_read(tmp_path):
    reading = read(
        tmp_path,
        added(
            "Cycles",
            {"ID": None, "No": 2, "Date": D(2013, 5, 1)},
            {"ID": "Total", "Activity (GBq)": 22.2},
            {"ID": "* activity as ordered"},
        ),
    )
    assert len(reading.tables["prrt_cycles"]) == 3
    assert asked(reading, "row-without-id") == [("Cycles", "A5")]
    assert asked(reading, "row-not-a-record") == [("Cycles", "A6"), ("Cycles", "A7")]
    assert reading.about["held_out_rows"] == 3


def test_blank_rows_are_skipped_in_silence(tmp_path):
    made = book()
    made["Cycles"].insert_rows(3)
    made["Cycles"]["A3"] = "  "
    reading = read(tmp_path, made)
    assert (len(reading.tables["prrt_cycles"]), rules(reading)) == (3, [])


def test_hidden_rows_are_read_and_listed(tmp_path):
    made = book()
    made["Cycles"].row_dimensions[3].hidden = True
    reading = read(tmp_path, made)
    assert len(reading.tables["prrt_cycles"]) == 3
    assert asked(reading, "hidden-rows") == [("Cycles", "A3")]


def test_hidden_sheets_are_read_only_when_the_profile_names_them(tmp_path):
    made = book()
    hidden = made.create_sheet("Old patients")
    hidden.append(["ID", "Sex"])
    hidden.append(["NET-009", "F"])
    hidden.sheet_state = "veryHidden"
    assert len(read(tmp_path, made).tables["patients"]) == 2


def test_struck_through_cells_are_reported_never_interpreted(tmp_path):
    made = book()
    made["Cycles"]["D2"].font = Font(strike=True)
    reading = read(tmp_path, made)
    assert asked(reading, "cell-struck-through") == [("Cycles", "D2")]
    assert column(reading, "prrt_cycles", "activity_gbq") == [7.4, 7.4, 7.4]


def test_formulas_without_values_are_an_error_naming_the_cells(tmp_path):
    made = book()
    made["Cycles"]["D2"] = "=3.7*2"
    made["Cycles"]["D4"] = "=3.7*2"
    assert "sheet Cycles, cells D2, D4: found formulas saved without" in problems(tmp_path, made)


def test_both_date_orders_in_one_column_are_an_error(tmp_path):
    rows = changed("Cycles", 0, Date="13/02/2012")
    rows["Cycles"][1]["Date"] = "03/30/2012"
    message = problems(tmp_path, rows)
    assert "column C: found dates in both orders (DMY: C2; MDY: C3)" in message


def test_true_dates_beside_text_dates_may_be_swapped_and_are_asked_about(tmp_path):
    text = PROFILE.replace("name: small", "name: small\ndate_order: DMY")
    reading = read(tmp_path, changed("Cycles", 0, Date="13/01/2012"), text)
    assert asked(reading, "text-beside-true-dates") == [("Cycles", "C2")]


def test_an_undeclared_date_order_is_a_question_even_where_the_column_proves_one(tmp_path):
    rows = changed("Cycles", 0, Date="13/02/2012")
    rows["Cycles"][1]["Date"] = "03/04/2012"
    reading = read(tmp_path, rows)
    assert ("Cycles", "C3") in asked(reading, "cell-ambiguous")


def test_all_errors_are_listed_at_once(tmp_path):
    made = book()
    made["Cycles"]["C1"] = "Day"
    made["Scans"]["C1"] = "Date"
    made["Events"]["A1"] = "Patient"
    del made["Patients"]
    message = problems(tmp_path, made)
    for part in ("no sheet 'Patients'", "no header 'Date'", "the same header more than once",
                 "no header 'ID'"):  # fmt: skip
        assert part in message


def test_a_header_row_elsewhere_is_pointed_at(tmp_path):
    made = book()
    made["Cycles"].insert_rows(1)
    made["Cycles"]["A1"] = "PRRT cycles of our centre"
    assert "row 2 has it" in problems(tmp_path, made)


def test_unclaimed_and_missing_headers_are_findings_with_their_cells(tmp_path):
    made = book()
    made["Events"]["E1"] = "Ended"
    reading = read(tmp_path, made)
    assert asked(reading, "unclaimed-header") == [("Events", "E1")]
    # What is not there has no cell to point to.
    assert asked(reading, "entry-without-header") == [("Events", "")]


def test_a_table_that_starts_elsewhere_misses_its_columns_there(tmp_path):
    """The header stands in row 4 from column C on: "Died" in M4, and no column "Born"."""
    made, text = book(), PROFILE.replace("    id: ID", "    header_row: 4\n    id: ID")
    made["Patients"]["C1"] = None
    for sheet in made:
        sheet.insert_rows(1, 3)
        sheet.insert_cols(1, 2)
    reading = read(tmp_path, made, text)
    assert reading.tables["patients"]["patient_id"].tolist() == ["NET-001", "NET-002"]
    born = reading.findings.query("rule == 'entry-without-header' and column == 'birth_date'")
    assert born[["sheet", "cell"]].values.tolist() == [["Patients", ""]]
    assert asked(reading, "column-without-header") == [("Patients", "E5")]
    made["Patients"]["M4"] = "Dead"
    with pytest.raises(WorkbookError) as refused:
        read(tmp_path, made, text)
    told = str(refused.value)
    assert "sheet Patients, row 4: found no header 'Died'; the nearest is 'Dead' in M4" in told
    assert "A1" not in told


@pytest.mark.parametrize("shown", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!"])
def test_an_error_that_excel_shows_is_no_value_and_is_told_as_such(tmp_path, shown):
    rows = changed("Patients", 0, Sex=shown, Diagnosis=shown, Primary=shown, Ki67=shown)
    rows["Cycles"][0]["Activity (GBq)"] = shown
    reading = read(tmp_path, rows)
    found = reading.findings.query("rule == 'cell-invalid'")
    assert sorted(found["cell"]) == ["B2", "D2", "F2", "G2", "H2"]
    # The word in brackets is one that docs/rules.md explains.
    assert found["message"].str.endswith("(excel-error).").all()
    assert shown not in found.to_csv() and "(error)" not in found.to_csv()
    assert column(reading, "patients", "sex") == [None, "male"]
    assert pd.isna(column(reading, "prrt_cycles", "activity_gbq")[0])


def test_header_spelling_does_not_matter(tmp_path):
    made = book()
    made["Cycles"]["C1"] = " DATE\u00a0"
    assert rules(read(tmp_path, made)) == []


def test_an_empty_workbook_is_one_clear_error(tmp_path):
    assert "no records at all" in problems(tmp_path, book({}))


def test_implausible_values_are_asked_about_and_kept(tmp_path):
    reading = read(tmp_path, changed("Cycles", 0, Activity=17))
    assert asked(reading, "implausible") == [("Cycles", "D2")]
    assert max(column(reading, "prrt_cycles", "activity_gbq")) == 17.0


def test_no_message_holds_the_text_of_a_cell(tmp_path):
    reading = read(tmp_path, changed("Patients", 0, Symptoms="Zanzibar", Sex="Zanzibar"))
    assert len(reading.findings) == 2
    shown = reading.findings.drop(columns="record").to_csv()
    assert "zanzibar" not in shown.lower()


def test_a_split_workbook_reads_like_the_whole(tmp_path):
    whole = read(tmp_path)
    first = {
        name: [line for line in lines if line["ID"] == "NET-001"] for name, lines in ROWS.items()
    }
    second = {
        name: [line for line in lines if line["ID"] == "NET-002"] for name, lines in ROWS.items()
    }
    paths = []
    for name, rows in (("b", second), ("a", first)):
        paths.append(tmp_path / f"{name}.xlsx")
        book(rows).save(paths[-1])
    merged = read_workbook(paths, str(tmp_path / "small.yaml"))
    for name in whole.tables:
        pd.testing.assert_frame_equal(whole.tables[name], merged.tables[name])


def test_serial_dates_of_the_1904_system_are_the_same_days(tmp_path):
    first = read(tmp_path)
    made = book()
    made.epoch = CALENDAR_MAC_1904
    second = read(tmp_path, made)
    for name in first.tables:
        pd.testing.assert_frame_equal(first.tables[name], second.tables[name])


@pytest.mark.parametrize(("text", "value"), [("120 mg", 120.0), ("30 MG", 30.0), ("20", 20.0)])
def test_a_plain_number_may_carry_the_unit_its_column_declares(text, value):
    column = dictionary().column("prrt_cycles.ssa_dose_mg")
    read_ = CellReader(column, Source(header="Dose"), 1900).read(text)
    assert (read_.status, read_.values[0]["ssa_dose_mg"]) == ("ok", value)


def test_another_unit_than_the_declared_one_is_not_dropped():
    column = dictionary().column("prrt_cycles.ssa_dose_mg")
    assert CellReader(column, Source(header="Dose"), 1900).read("120 ug").status != "ok"
