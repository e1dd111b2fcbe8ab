"""Where each record stands: the template's sheets, or one wide sheet and its profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlsxwriter.utility import xl_rowcol_to_cell

from demo.abstract import Book
from demo.spelling import Cell, Record
from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.template import header, template_layout

WIDE_SHEET = "PRRT abstraction"
# Columns that the template has learnt since the demonstration was made, which has none of them.
NEWER = ("syndrome_controlled", "progressive_before_prrt")
# Laboratory tests that the dictionary has learnt since then; its codebook does not name them.
NEWER_TESTS = ("ALT", "AST", "bilirubin", "ALP", "albumin")
GROUPS = {"prrt_cycles": ("PRRT", 8), "imaging": ("Imaging", 19), "adverse_events": ("AE", 12),
          "subsequent_therapies": ("Later therapy", 3)}  # fmt: skip
MARKERS = {("CgA", "diagnosis"): "CgA at diagnosis", ("CgA", "pre_PRRT1"): "CgA before PRRT 1",
           ("CgA", "post_PRRT1"): "CgA after PRRT 1", ("CgA", "post_PRRT2"): "CgA after PRRT 2",
           ("pancreastatin", "diagnosis"): "Pancreastatin at diagnosis",
           ("pancreastatin", "pre_PRRT1"): "Pancreastatin before PRRT 1",
           ("pancreastatin", "post_PRRT1"): "Pancreastatin after PRRT 1",
           ("pancreastatin", "post_PRRT2"): "Pancreastatin after PRRT 2"}  # fmt: skip
SINGLE = {
    "patients": ("patient_id", "centre", "record_source", "consent_date", "enrolment_date",
                 "consent_prrt", "birth_date", "age_at_diagnosis", "sex", "smoking_status",
                 "pack_years", "alcohol_use", "carcinoid_syndrome", "functioning", "ecog",
                 "ppi_use", "egfr_base"),
    "tumour": ("diagnosis_date", "diagnosis_basis", "primary_site", "specimen_site",
               "differentiation", "grade_reported", "grade_system", "mitoses_value", "ki67",
               "mib1", "necrosis", "stage_reported", "tnm_raw", "ajcc_edition",
               "metastases_at_dx", "sstr_imaging", "krenning"),
    "symptoms": ("symptom",),
    "prior_therapies": ("therapy",),
    "metastases": ("metastasis_site",),
    "followup": ("vital_status", "death_date", "cause_of_death", "last_contact_date",
                 "last_contact_source", "disease_status_last", "lost_date", "mds_al_date",
                 "abstraction_date"),
}  # fmt: skip
GROUPED = {
    "prrt_cycles": ("cycle_date", "isotope", "ligand", "activity_gbq", "dose_modified",
                    "dose_modified_reason", "ssa_at_time", "ssa_drug", "ssa_dose_mg", "treat_site"),
    "biomarkers": ("sample_date", "value", "uln", "assay"),
    "imaging": ("scan_date", "modality", "role", "response_raw", "size_change_pct",
                "any_lesion_decrease", "any_lesion_increase", "new_lesions",
                "progression_date_reported"),
    "adverse_events": ("term_verbatim", "grade", "onset_date", "related_prrt",
                       "related_progression", "ser_life", "ser_hosp", "ser_ime",
                       "serious_reported"),
    "subsequent_therapies": ("therapy", "therapy_date"),
}  # fmt: skip
PATH = PROJECT / "params" / "profiles" / "demo_wide.yaml"
HEAD = f"""\
# The synthetic demonstration as one wide sheet (data/raw/demo_wide.xlsx): captions above the
# header, numbered groups. Written by demo.layouts from its layout.
name: demo_wide
label: Synthetic demonstration, one wide sheet
sheets:
  - sheet: {WIDE_SHEET}
    header_row: 2
    group_row: 1
    id: Study id
    records:
"""
# Without these a numbered group of the wide sheet holds no record.
NEEDS = {"imaging": ("scan_date", "response_raw", "progression_date_reported"),
         "biomarkers": ("sample_date", "value"), "prrt_cycles": ("cycle_date", "activity_gbq"),
         "adverse_events": ("term_verbatim",), "subsequent_therapies": ("therapy",)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell at its place; row and column count from 0."""

    sheet: str
    row: int
    column: int
    record: Record
    name: str
    cell: Cell

    @property
    def address(self) -> str:
        """Its place as spreadsheets write it: B12."""
        return xl_rowcol_to_cell(self.row, self.column)


def layout() -> dict[str, list[tuple[str, str]]]:
    """The template's layout as the demonstration has it."""
    return {
        table: [(title, name) for title, name in columns if name not in NEWER]
        for table, columns in template_layout().items()
    }


def in_sheets(book: Book) -> Iterator[Placed]:
    """Every cell in the template's layout: the header in row 1, one record a row."""
    sheets = layout()
    for table, records in book.items():
        places = {name: at for at, (_, name) in enumerate(sheets[table])}
        for row, record in enumerate(records, start=1):
            for name, cell in record.cells.items():
                yield Placed(table, row, places[name], record, name, cell)


def captions(table: str) -> list[str]:
    """Captions of a table's groups, in order."""
    if table == "biomarkers":
        return list(MARKERS.values())
    word, most = GROUPS[table]
    return [f"{word} {number}" for number in range(1, most + 1)]


def wide_headers() -> list[tuple[str, str, str, str]]:
    """(group caption, header, table, column) of every column of the wide sheet."""
    single = [("", *_titled(table, name)) for table, names in SINGLE.items() for name in names]
    return single + [
        (caption, *_titled(table, name))
        for table, names in GROUPED.items()
        for caption in captions(table)
        for name in names
    ]


def _titled(table: str, name: str) -> tuple[str, str, str]:
    return header(dictionary().tables[table].columns[name]), table, name


def in_one_row(book: Book) -> Iterator[Placed]:
    """Every cell that the wide sheet has a column for; repeated patients repeat their whole row."""
    places = {(group, table, name): at
              for at, (group, _, table, name) in enumerate(wide_headers())}  # fmt: skip
    others: dict[str, list[Record]] = {}
    for table, records in book.items():
        # The wide sheet has no columns for laboratory results.
        if table != "patients" and table in {**SINGLE, **GROUPED}:
            for record in records:
                if not record.copy:
                    others.setdefault(record.patient_id, []).append(record)
    for row, patient in enumerate(book["patients"], start=2):
        counters: dict[str, int] = {}
        for record in [patient, *others.get(patient.patient_id, [])]:
            group = _caption(record, counters)
            for name, cell in record.cells.items():
                place = places.get((group, record.table, name))
                if place is not None:
                    yield Placed(WIDE_SHEET, row, place, record, name, cell)


def _caption(record: Record, counters: dict[str, int]) -> str:
    if record.table in SINGLE:
        return ""
    if record.table == "biomarkers":
        return MARKERS[record.cells["analyte"].true, record.cells["timepoint_label"].true]
    counters[record.table] = counters.get(record.table, 0) + 1
    return f"{GROUPS[record.table][0]} {counters[record.table]}"


def profile_text() -> str:
    """The profile as YAML."""
    lines: list[str] = []
    for table, names in SINGLE.items():
        lines += _block(table, [name for name in names if name != "patient_id"])
    for table, number in {"prrt_cycles": "cycle_no", "adverse_events": "ae_id"}.items():
        lines += _block(table, GROUPED[table], f"{GROUPS[table][0]} {{{number}}}")
    for (analyte, time), caption in MARKERS.items():
        constants = f"{{analyte: {analyte}, timepoint_label: {time}}}"
        lines += _block("biomarkers", GROUPED["biomarkers"], caption, constants)
    for table in ("imaging", "subsequent_therapies"):
        for caption in captions(table):
            lines += _block(table, GROUPED[table], caption)
    return HEAD + "".join(f"{line}\n" for line in lines)


def _block(table: str, names, caption: str = "", constants: str = "") -> Iterator[str]:
    columns = dictionary().tables[table].columns
    yield f"      - table: {table}"
    if caption:
        yield f'        group: "{caption}"'
    if constants:
        yield f"        constants: {constants}"
    yield "        columns:"
    for name in names:
        column = columns[name]
        title = f'"{header(column)}"'
        # An activity names its unit in the cell; other units stand in the header.
        unit = column.unit if column.unit and column.kind != "activity" else ""
        entry = f'{{header: {title}, unit: "{unit}"}}' if unit else title
        yield f"          {name}: {entry}"
    if table in NEEDS:
        yield f"        needs: [{', '.join(NEEDS[table])}]"
