"""Two workbooks as centres keep them, built by code, with what is true of their patients."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl

D = dt.date

# One sheet in French: captions over the header in row 4, a row of units, dates as text.
GROUPS = [
    ("Patient", ["N° patient", "Sexe", "Date de naissance"]),
    ("Tumeur", ["Date du diagnostic", "Site primitif", "Grade OMS", "Ki67", "Mitoses"]),
    ("Cure 1", ["Date", "Activité", "Isotope", "Analogue SST"]),
    ("Cure 2", ["Date", "Activité", "Isotope", "Analogue SST"]),
    ("CgA avant cure 1", ["Date", "Valeur"]),
    ("CgA après cure 1", ["Date", "Valeur"]),
    ("Imagerie 1", ["Date", "Modalité", "Réponse"]),
    ("Imagerie 2", ["Date", "Modalité", "Réponse"]),
    ("Suivi", ["Date de progression", "Décès", "Date de décès", "Date des dernières nouvelles"]),
]
UNITS = {"Ki67": "%", "Mitoses": "/10 HPF", "Activité": "GBq", "Valeur": "ng/mL",
         "Date": "jj/mm/aaaa"}  # fmt: skip
FRENCH = [
    ["001", "F", "05/03/1951", "mars 2012", "Iléon", "G1", "inf 2", 0,
     "14/01/2014", "7,4", "Lu177", "oui", "20/03/2014", "7,35", "Lu177", "oui",
     "02/01/2014", "1 240", "01/03/2014", 310, "30/06/2014", "TDM", "RP", "12/01/2015", "IRM",
     "progression", "12/01/2015", "oui", "04/11/2016", "04/11/2016"],
    ["002", "H", "17/11/1948", "25 avril 2010", "Pancréas", "G2", "12,5", 3,
     "06/09/2013", "7,4", "Lu177", "non", None, None, None, None,
     "28/08/2013", 95, None, None, "11/02/2014", "TDM", "stable", None, None, None,
     None, "non", None, "30/08/2017"],
    ["003", "H", "01/02/1960", "2009", "Iléon", "G2", "3-5", "<1",
     "03/04/2015", "3,7", "Y90", "oui", "05-06-2015", "7,4", "Lu177", "oui",
     "ND", "ND", "20/05/2015", 88, "01/10/2015", "TEP", "RP", "15/03/2016", "TDM", "stable",
     None, "non", None, "16/03/2016"],
]  # fmt: skip
# What a person answers to the draft's questions: its text -> the answer.
FRENCH_ANSWERS = {
    "TODO say in a few words what this workbook is": "registre",
    "TODO de-DE, fr-FR or another one; numbers have decimal commas": "fr-FR",
    '"H": TODO': '"H": male', '"Iléon": TODO': '"Iléon": ileum', '"RP": TODO': '"RP": PR',
    "TODO Décès": "Décès",
}  # fmt: skip
FRENCH_TRUTH: Mapping[str, list[dict[str, Any]]] = {
    "patients": [
        {"patient_id": "001", "sex": "female", "birth_date": D(1951, 3, 5)},
        {"patient_id": "002", "sex": "male", "birth_date": D(1948, 11, 17)},
        {"patient_id": "003", "sex": "male", "birth_date": D(1960, 2, 1)},
    ],
    "tumour": [
        {"diagnosis_lo": D(2012, 3, 1), "diagnosis_hi": D(2012, 3, 31), "primary_site": "ileum",
         "grade_reported": "1", "mitoses_value": 0.0},
        {"diagnosis_date": D(2010, 4, 25), "grade_reported": "2", "ki67": 12.5},
        {"diagnosis_lo": D(2009, 1, 1), "diagnosis_hi": D(2009, 12, 31), "ki67_lo": 3.0,
         "ki67_hi": 5.0, "mitoses_hi": 1.0},
    ],
    "prrt_cycles": [
        {"cycle_no": 1, "cycle_date": D(2014, 1, 14), "activity_gbq": 7.4, "ssa_at_time": "yes"},
        {"cycle_no": 2, "cycle_date": D(2014, 3, 20), "activity_gbq": 7.35, "isotope": "Lu-177"},
        {"cycle_no": 1, "cycle_date": D(2013, 9, 6), "activity_gbq": 7.4, "ssa_at_time": "no"},
        {"cycle_no": 1, "cycle_date": D(2015, 4, 3), "activity_gbq": 3.7, "isotope": "Y-90"},
        {"cycle_no": 2, "cycle_date": D(2015, 6, 5), "activity_gbq": 7.4, "isotope": "Lu-177"},
    ],
    "followup": [
        {"vital_status": "dead", "death_date": D(2016, 11, 4)},
        {"vital_status": "alive", "last_contact_date": D(2017, 8, 30), "death_date": None},
        {"vital_status": "alive", "last_contact_date": D(2016, 3, 16), "death_date": None},
    ],
}  # fmt: skip


def french(folder: Path) -> Path:
    """The path of the French workbook, written into ``folder``."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Données"
    sheet["A1"] = "Registre RIV, médecine nucléaire"
    column = 1
    for caption, heads in GROUPS:
        sheet.cell(3, column).value = caption
        if len(heads) > 1:
            last = column + len(heads) - 1
            sheet.merge_cells(start_row=3, end_row=3, start_column=column, end_column=last)
        for head in heads:
            sheet.cell(4, column).value = head
            sheet.cell(5, column).value = UNITS.get(head)
            column += 1
    for line in FRENCH:
        sheet.append(line)
    sheet.append([])
    sheet.append(["Total : 3 patients"])
    sheet.append(["* RP : réponse partielle"])
    book.save(folder / "francais.xlsx")
    return folder / "francais.xlsx"


# Sheets with a title, one column of death or last contact, totals, a table below, bare ids.
AUDIT = {
    "Patients": [
        ["PRRT audit"],
        [],
        ["Study number", "Sex", "Date of birth", "Diagnosis", "Date of Dx", "Primary", "Ki-67 (%)",
         "Status", "Death or last contact date"],
        ["RI-01", "F", D(1950, 5, 1), "NET", D(2010, 2, 3), "ileum", 2, "Died", D(2016, 4, 9)],
        ["RI-02", "M", D(1948, 6, 2), "NET", D(2011, 7, 8), "pancreas", "10-15", "Alive",
         D(2018, 1, 5)],
        ["RI-03", "F", D(1961, 1, 9), "NET", D(2012, 3, 4), "lung", "<1", "Dead", D(2017, 8, 2)],
        ["RI-04", "M", D(1955, 9, 9), "NET", D(2012, 5, 6), "rectum", 8, "In hospice",
         D(2017, 9, 1)],
        ["Total", None, None, None, None, "4 patients", 7],
        [],
        ["Primary", "n", "%", "Comment"],
        ["ileum", 1, 25],
    ],
    "Cycles": [
        ["Study number", "Cycle", "Date", "Activity", "Unit"],
        [1, 1, D(2012, 1, 10), 200, "mCi"],
        [None, 2, D(2012, 3, 12), 7.4, "GBq"],
        [2, 1, D(2013, 2, 11), 7400, "MBq"],
        [3, 1, D(2014, 5, 5), 7.4, None],
        [4, 1, D(2015, 6, 6), 3.7, "GBq"],
    ],
}  # fmt: skip
AUDIT_ANSWERS = {
    "TODO say in a few words what this workbook is": "audit",
    "TODO Death or last contact date": "Death or last contact date",
    ", TODO In hospice": "",
    "TODO Diagnosis": "Diagnosis",
}
AUDIT_TRUTH: Mapping[str, list[dict[str, Any]]] = {
    "patients": [{"patient_id": f"RI-0{number}"} for number in (1, 2, 3, 4)],
    "tumour": [
        {"diagnosis_date": D(2010, 2, 3), "primary_site": "ileum", "ki67": 2.0},
        {"diagnosis_date": D(2011, 7, 8), "ki67_lo": 10.0, "ki67_hi": 15.0},
        {"diagnosis_date": D(2012, 3, 4), "ki67_hi": 1.0},
        {"diagnosis_date": D(2012, 5, 6), "ki67": 8.0},
    ],
    "prrt_cycles": [
        {"patient_id": "RI-01", "cycle_date": D(2012, 1, 10), "activity_gbq": 7.4},
        {"patient_id": "RI-01", "cycle_date": D(2012, 3, 12), "activity_gbq": 7.4},
        {"patient_id": "RI-02", "cycle_date": D(2013, 2, 11), "activity_gbq": 7.4},
        {"patient_id": "RI-03", "cycle_date": D(2014, 5, 5), "activity_gbq": None},
        {"patient_id": "RI-04", "cycle_date": D(2015, 6, 6), "activity_gbq": 3.7},
    ],
    "followup": [
        {"vital_status": "dead", "death_date": D(2016, 4, 9), "last_contact_date": None},
        {"vital_status": "alive", "death_date": None, "last_contact_date": D(2018, 1, 5)},
        {"vital_status": "dead", "death_date": D(2017, 8, 2), "last_contact_date": None},
        {"vital_status": None, "death_date": None, "last_contact_date": None},
    ],
}


def audit(folder: Path) -> Path:
    """The path of the audit's workbook, written into ``folder``."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in AUDIT.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    book["Cycles"].merge_cells("A2:A3")
    book.save(folder / "audit.xlsx")
    return folder / "audit.xlsx"
