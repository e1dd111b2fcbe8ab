"""What a cell means beyond its value: colours, formulas, marks; and what no message may repeat."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from small_workbooks import HEADERS, PROFILE, ROWS, asked, book, profile, read, rules

from prrt_lib.base.errors import WorkbookError
from prrt_lib.read.reading import read_workbook

YELLOW = PatternFill("solid", fgColor="FFFF00")
CANARY = "Kanarienvogel"


def test_cells_coloured_unlike_their_column_are_reported_and_read_as_they_stand(tmp_path):
    made = book()
    made["Cycles"]["C3"].fill = YELLOW
    reading = read(tmp_path, made)
    assert asked(reading, "cells-coloured") == [("Cycles", "C3")]
    assert reading.tables["prrt_cycles"]["cycle_date"].notna().all()


def test_a_column_of_one_colour_and_coloured_headers_are_decoration(tmp_path):
    made = book()
    for row in range(1, 5):
        made["Cycles"].cell(row, 3).fill = YELLOW
    made["Scans"]["B1"].fill = YELLOW
    assert "cells-coloured" not in rules(read(tmp_path, made))


def with_formula(path, value: object):
    """The two patients, written by another writer, with one formula in the Ki-67 column."""
    with xlsxwriter.Workbook(str(path)) as made:
        dates = made.add_format({"num_format": "yyyy-mm-dd"})
        for name, headers in HEADERS.items():
            sheet = made.add_worksheet(name)
            sheet.write_row(0, 0, headers)
            for row, line in enumerate(ROWS[name], start=1):
                for column, header in enumerate(headers):
                    if hasattr(line.get(header), "year"):
                        sheet.write_datetime(row, column, line[header], dates)
                    elif header in line:
                        sheet.write(row, column, line[header])
        made.get_worksheet_by_name("Patients").write_formula("H2", '=IF(1,"","")', None, value)
    return path


def as_excel_keeps_an_empty_text(path):
    """The formula's empty value marked as text, which XlsxWriter leaves out."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    first = "xl/worksheets/sheet1.xml"
    assert parts[first].count(b'<c r="H2"><f>') == 1
    parts[first] = parts[first].replace(b'<c r="H2"><f>', b'<c r="H2" t="str"><f>')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_formula_that_was_saved_with_its_value_is_that_value(tmp_path):
    path = with_formula(tmp_path / "formula.xlsx", 12)
    assert read_workbook(path, profile(tmp_path)).tables["tumour"]["ki67"][0] == 12


def test_a_formula_whose_value_is_an_empty_text_is_a_blank_cell(tmp_path):
    path = as_excel_keeps_an_empty_text(with_formula(tmp_path / "formula.xlsx", ""))
    assert read_workbook(path, profile(tmp_path)).tables["tumour"]["ki67"].isna()[0]


def test_formulas_without_their_values_are_refused_by_address(tmp_path):
    made = book()
    made["Patients"]["H2"], made["Patients"]["H3"] = "=1+1", "=2+2"
    with pytest.raises(WorkbookError, match=r"cells H2, H3.*formulas saved without their values"):
        read(tmp_path, made)


def full_of_canaries() -> openpyxl.Workbook:
    """Every cell below a header holds the canary, the id cells apart; marks of every sort."""
    made = book()
    for sheet in made:
        for line in sheet.iter_rows(min_row=2, min_col=2):
            for cell in line:
                cell.value = f"{CANARY} {cell.coordinate}"
        sheet["B2"].comment = Comment(f"{CANARY} comment", CANARY)
        sheet["B3"].font = Font(strike=True)
        sheet["C3"].fill = YELLOW
        sheet.row_dimensions[3].hidden = True
        sheet.append([f"{CANARY} total", CANARY])
        sheet.append([None, CANARY])
        sheet.cell(2, 20, CANARY)
    return made


def test_no_message_about_a_workbook_repeats_a_cell(tmp_path, caplog, capfd):
    reading = read(tmp_path, full_of_canaries())
    assert len(reading.findings) > 40 and len(rules(reading)) > 8
    assert CANARY not in reading.findings.to_csv()
    assert CANARY not in caplog.text + "".join(capfd.readouterr())
    assert not [path for path in tmp_path.iterdir() if CANARY in path.name]


def test_no_refusal_of_a_workbook_repeats_a_cell(tmp_path):
    made = full_of_canaries()
    made["Patients"]["C2"], made["Patients"]["C3"] = "13/02/1950", "02/13/1950"
    made["Patients"]["H2"] = "=1+1"
    made["Cycles"]["A1"] = "Other"
    made["Scans"]["B1"] = "Modality"
    made.remove(made["Events"])
    with pytest.raises(WorkbookError) as error:
        read(tmp_path, made)
    assert len(error.value.problems) >= 5
    assert CANARY not in str(error.value) + repr(error.value)


def test_cells_of_a_group_without_what_makes_it_a_record_are_reported(tmp_path):
    made = book()
    for number, header in enumerate(["CgA", "Drawn", "Assay"], start=20):
        made["Patients"].cell(1, number, header)
    for row, values in ((2, (120, "2011-01-05", "ELISA")), (3, (None, "2012-01-05", "ELISA"))):
        for number, value in enumerate(values, start=20):
            made["Patients"].cell(row, number, value)
    block = """\
      - table: biomarkers
        constants: {analyte: CgA}
        columns: {value: {header: CgA, unit: ng/mL}, sample_date: Drawn, assay: Assay}
        needs: [value]
  - sheet: Cycles
"""
    reading = read(tmp_path, made, PROFILE.replace("  - sheet: Cycles\n", block))
    assert len(reading.tables["biomarkers"]) == 1
    found = reading.findings.query("rule == 'block-without-record'")
    assert found[["cell", "related_cells"]].values.tolist() == [["U3", "Patients!V3"]]
