"""Workbooks of a few rows, and the profile that reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from prrt_lib.read.reading import Reading, read_workbook

D = dt.datetime
PROFILE = """\
name: small
label: Two patients
sheets:
  - sheet: Patients
    id: ID
    ignore: [Notes]
    records:
      - table: patients
        columns: {sex: Sex, birth_date: Born, age_at_diagnosis: Age, consent_date: Consent}
      - table: tumour
        columns: {diagnosis_date: Diagnosis, primary_site: Primary, ki67: "Ki-67 (%)"}
      - table: symptoms
        columns: {symptom: Symptoms}
      - table: followup
        columns: {vital_status: Status, death_date: Died, last_contact_date: Seen}
  - sheet: Cycles
    id: ID
    records:
      - table: prrt_cycles
        columns: {cycle_no: No, cycle_date: Date, activity_gbq: Activity (GBq)}
  - sheet: Scans
    id: ID
    records:
      - table: imaging
        columns: {scan_date: Date, modality: Modality, response_raw: Response,
                  progression_date_reported: Progression}
  - sheet: Events
    id: ID
    records:
      - table: adverse_events
        columns: {term_verbatim: Event, grade: Grade, onset_date: Onset, resolution_date: End}
"""
HEADERS = {
    "Patients": ["ID", "Sex", "Born", "Age", "Consent", "Diagnosis", "Primary", "Ki-67 (%)",
                 "Symptoms", "Status", "Died", "Seen", "Notes"],
    "Cycles": ["ID", "No", "Date", "Activity (GBq)"],
    "Scans": ["ID", "Date", "Modality", "Response", "Progression"],
    "Events": ["ID", "Event", "Grade", "Onset", "End"],
}  # fmt: skip
# Two patients whose dates and values agree with one another.
ROWS: Mapping[str, list[dict[str, Any]]] = {
    "Patients": [
        {"ID": "NET-001", "Sex": "F", "Born": D(1950, 1, 1), "Age": 60, "Diagnosis": D(2010, 6, 1),
         "Primary": "Pancreatic tail", "Ki-67 (%)": 5, "Symptoms": "flushing+diarrhea; wt loss",
         "Status": "Alive", "Seen": D(2015, 1, 1)},
        {"ID": "NET-002", "Sex": "M", "Born": D(1960, 1, 1), "Age": 51, "Diagnosis": D(2011, 6, 1),
         "Primary": "SB", "Ki-67 (%)": 2, "Status": "Dead", "Died": D(2014, 3, 1)},
    ],
    "Cycles": [
        {"ID": "NET-001", "No": 1, "Date": D(2012, 1, 10), "Activity (GBq)": 7.4},
        {"ID": "NET-001", "No": 2, "Date": D(2012, 3, 10), "Activity (GBq)": 7.4},
        {"ID": "NET-002", "No": 1, "Date": D(2013, 1, 10), "Activity (GBq)": 7.4},
    ],
    "Scans": [
        {"ID": "NET-001", "Date": D(2012, 9, 1), "Modality": "CT", "Response": "SD"},
        {"ID": "NET-002", "Date": D(2013, 9, 1), "Modality": "PET/CT", "Response": "PD"},
    ],
    "Events": [{"ID": "NET-001", "Event": "Nausea", "Grade": 2, "Onset": D(2012, 1, 11)}],
}  # fmt: skip
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def changed(sheet: str, row: int, **cells: Any) -> dict[str, list[dict[str, Any]]]:
    """The two patients with some cells of one row replaced; "Ki67" names the Ki-67 header."""
    renamed = {{"Ki67": "Ki-67 (%)", "Activity": "Activity (GBq)"}.get(name, name): value
               for name, value in cells.items()}  # fmt: skip
    rows = {name: [dict(line) for line in lines] for name, lines in ROWS.items()}
    rows[sheet][row].update(renamed)
    return rows


def added(sheet: str, *lines: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The two patients with further rows in one sheet."""
    rows = {name: [dict(line) for line in given] for name, given in ROWS.items()}
    rows[sheet] += [dict(line) for line in lines]
    return rows


def book(rows: Rows = ROWS, headers: Mapping[str, Sequence[str]] = HEADERS) -> openpyxl.Workbook:
    """The rows as an openpyxl workbook, for further changes by hand."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, texts in headers.items():
        sheet = made.create_sheet(name)
        sheet.append(list(texts))
        for line in rows.get(name, ()):
            sheet.append([line.get(text) for text in texts])
    return made


def profile(folder: Path, text: str = PROFILE) -> str:
    """Path of the profile, written into ``folder``."""
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def read(folder: Path, content: Rows | openpyxl.Workbook = ROWS, text: str = PROFILE) -> Reading:
    """What a workbook of these rows is read as."""
    made = content if isinstance(content, openpyxl.Workbook) else book(content)
    path = folder / "small.xlsx"
    made.save(path)
    return read_workbook(path, profile(folder, text))


def rules(reading: Reading) -> list[str]:
    """The rules that asked something, in order, without repetition."""
    return list(dict.fromkeys(reading.findings["rule"]))


def asked(reading: Reading, rule: str) -> list[tuple[str, str]]:
    """(sheet, cell) of every question of a rule."""
    found = reading.findings[reading.findings["rule"] == rule]
    return list(zip(found["sheet"], found["cell"], strict=True))
