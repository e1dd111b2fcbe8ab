"""True records -> what an abstractor writes: spellings, gaps, mistakes, rows that should not be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from demo.cohort import SyntheticCohort
from demo.spelling import DATE_FORMAT, Cell, Record, absent, pick, spell, text_of
from prrt_lib.declare.dictionary import DATE_KINDS, Column, dictionary

DEFECT_SHARE = 0.0785  # of the cells not spared; of all filled cells it comes to about 6.6 %
BLANK = 0.55  # of the defects
# Without these nothing can be analysed: a careful abstractor checks them twice.
CORE = ("cycle_date", "diagnosis_date", "scan_date", "vital_status", "death_date",
        "last_contact_date", "analyte", "response_raw")  # fmt: skip
CORE_FACTOR = 0.35
# Results of the laboratory are exported, not typed.
EXPORTED, EXPORTED_FACTOR = ("labs",), 0.12
SPARED = ("patient_id", "ae_id", "cycle_no", "term_verbatim", "timepoint_label")

Made = tuple[Any, str, str]  # written, rule, number format
# Defect -> share of the patients it befalls (at least one patient).
SHARES = {
    "alive-with-death-date": 0.015,
    "death-before-diagnosis": 0.008,
    "diagnosis-after-prrt": 0.008,
    "cycles-out-of-order": 0.015,
    "age-and-birth-disagree": 0.02,
    "progression-without-scan": 0.02,
    "onset-after-death": 0.008,
    "resolution-before-onset": 0.015,
}
COPIES = {"duplicate-exact": 0.012, "duplicate-conflict": 0.008, "orphan": 0.012}
Book = dict[str, list[Record]]
UNITS = {"value": "unit", "uln": "unit",
         **dict.fromkeys(("lab_value", "lab_uln", "lab_lln"), "lab_unit")}  # fmt: skip
# These came after the first demonstration and draw from a stream of their own, so that every
# other cell stays as it was.
LATER = ("tnm_raw", "ajcc_edition")
LATER_TABLES = ("labs",)
Streams = tuple[np.random.Generator, np.random.Generator]


# The draw that makes each kind of cell exact and plain; all others are plain at 0.3.
PLAIN = {"date": 0.999, "partial_date": 0.999, "percent_or_range": 0.75}


def abstracted(cohort: SyntheticCohort, faultless: bool = False) -> Book:
    """Table -> records in the order of the workbook, every cell with truth and writing.

    ``faultless`` writes every true value exactly and plainly, with no defect at all.
    """
    rng, later = (np.random.default_rng([cohort.seed, number]) for number in (1, 2))
    book = {
        name: _records(name, cohort.records[name], None if faultless else (rng, later))
        for name in dictionary().tables
        if name in cohort.records
    }
    return book if faultless else copies(contradict(book, rng), rng)


def _records(name: str, frame: pd.DataFrame, streams: Streams | None) -> list[Record]:
    ids = frame["patient_id"].tolist()
    records = [Record(name, patient, number) for number, patient in enumerate(ids)]
    for column in dictionary().tables[name].columns.values():
        if column.name in frame:
            units = frame[UNITS[column.name]].tolist() if column.name in UNITS else [""] * len(ids)
            later = name in LATER_TABLES or column.name in LATER
            rng = streams[later] if streams else None
            _write(records, column, _values(column, frame[column.name]), units, rng)
    return records


def _write(records: list[Record], column: Column, values: list[Any], units: list[str],
           rng: np.random.Generator | None) -> None:  # fmt: skip
    chance = share(column)
    plain = (1.0, PLAIN.get(column.kind, 0.3), 0.0, 0.0)
    draws = rng.random((len(records), 4)) if rng else [plain] * len(records)
    for record, value, unit, (wrong, u, v, w) in zip(records, values, units, draws, strict=True):
        if value is None:
            cell = absent(column, u, v)
        else:
            cell = spell(column, value, u, v, unit)
            if wrong < chance:
                cell = spoil(column, cell, value, u, w)
        if cell is not None:
            record.cells[column.name] = cell


def _values(column: Column, values: pd.Series) -> list[Any]:
    """Plain Python values; None where there is none."""
    if column.kind in DATE_KINDS:
        dates = pd.to_datetime(values)
        return [None if pd.isna(d) else dt.date(d.year, d.month, d.day) for d in dates]
    return [None if value is None or value != value else value for value in values.tolist()]


def spoil(column: Column, cell: Cell, value: Any, u: float, v: float) -> Cell:
    """``cell`` with a defect, chosen by ``u`` and ``v``; left empty where no other fits."""
    maker = SPOILERS.get("date" if column.kind in DATE_KINDS else column.kind)
    made = maker(column, value, v) if maker and u >= BLANK else None
    if column.kind == "category" and u >= BLANK and not column.open and not column.multiple:
        made = "see chart", "unknown-word", ""
    return cell.spoilt(*made) if made else cell.spoilt(None, "blank")


def share(column: Column) -> float:
    """Chance that a filled cell of ``column`` is spoilt."""
    if column.name in SPARED or column.free_text:
        return 0.0
    if column.table in EXPORTED:
        return DEFECT_SHARE * EXPORTED_FACTOR
    return DEFECT_SHARE * (CORE_FACTOR if column.name in CORE else 1.0)


def _wrong_date(column: Column, value: dt.date, v: float) -> Made | None:
    # Never a day past 12: that would prove an order of day and month in this column.
    if v < 0.6 and value.day <= 12 and value.day != value.month:
        return f"{value.month:02d}/{value.day:02d}/{value.year}", "ambiguous-date-order", ""
    if v < 0.85:
        return f"31-Feb-{value.year}", "impossible-date", ""
    return "see letter", "not-a-date", ""


def _activity(column: Column, value: float, v: float) -> Made:
    mci = round(value / 0.037)
    if v < 0.7:
        return (mci if v < 0.4 else round(value, 1)), "unit-missing", ""
    return f"{mci} mCi x 4", "ambiguous-activity", ""


def _percent(column: Column, value: float, v: float) -> Made:
    if v < 0.45:
        return dt.date(2026, 3, 2), "excel-date", DATE_FORMAT
    if v < 0.75:
        return f"{text_of(value)}% (focally {text_of(min(value * 2 + 5, 95))}%)", "two-values", ""
    return (0.02 if value < 3 else round(value / 100, 2)), "fraction-or-percent", ""


def _mitoses(column: Column, value: float, v: float) -> Made:
    return (dt.date(2026, 10, 2), "excel-date", DATE_FORMAT) if v < 0.4 else (
        "rare", "not-a-number", "")  # fmt: skip


def _lab(column: Column, value: float, v: float) -> Made | None:
    if column.unit:
        return "see chart", "not-a-number", ""
    if column.name != "value":
        return value, "unit-missing", ""
    return pick(((value, "unit-missing", ""), ("ND", "ambiguous-word", ""),
                 ("1.5 x ULN", "not-a-value", "")), v)  # fmt: skip


def _words(*texts: str, rule: str = "ambiguous-word") -> Callable[..., Made]:
    return lambda column, value, v: (pick(texts, v), rule, "")


SPOILERS: Mapping[str, Callable[..., Made | None]] = {
    "date": _wrong_date, "activity": _activity, "percent_or_range": _percent, "mitoses": _mitoses,
    "lab_value": _lab,
    "yes_no": _words("Y/N", "maybe"), "sex": _words("1", "2"), "smoking": _words("No"),
    "isotope": _words("radionuclide"), "response": _words("MR", "PR -> PD"),
    "ctcae_grade": _words("3/4", "2-3"), "relatedness": _words("yes/no", "see note"),
    "grade": _words("G2/3", "1-2"), "stage": _words("III-IV"),
    "age": _words("see chart", rule="not-a-number"),
    "number": _words("see chart", rule="not-a-number"),
    "integer": _words("see chart", rule="not-a-number"),
}  # fmt: skip


def contradict(book: Book, rng: np.random.Generator) -> Book:
    """``book`` with contradictions inside records; every patient gets at most one."""
    by_patient: dict[str, dict[str, list[Record]]] = {}
    for table, records in book.items():
        for record in records:
            by_patient.setdefault(record.patient_id, {}).setdefault(table, []).append(record)
    waiting = list(rng.permutation(sorted(by_patient)))
    for rule, share in SHARES.items():
        wanted = max(1, round(share * len(by_patient)))
        for patient in list(waiting):
            if wanted and CONTRADICTIONS[rule](by_patient[patient], rule):
                waiting.remove(patient)
                wanted -= 1
    return book


def copies(book: Book, rng: np.random.Generator) -> Book:
    """``book`` with repeated patients, repeated scans and rows of unknown patients."""
    n = len(book["patients"])
    chosen = iter(rng.permutation(n))
    book = {table: list(records) for table, records in book.items()}
    originals = list(book["patients"])
    for rule in ("duplicate-exact", "duplicate-conflict"):
        for _ in range(max(1, round(COPIES[rule] * n))):
            _repeat_patient(book, originals[next(chosen)], rule)
    for _ in range(max(1, round(COPIES["duplicate-exact"] * n))):
        _repeat(book["imaging"], int(rng.integers(len(book["imaging"]))), "duplicate-exact")
    for number in range(max(1, round(COPIES["orphan"] * n))):
        source = book["biomarkers"][int(rng.integers(len(book["biomarkers"])))]
        patient = f"ZZZ-{9001 + number}"
        cells = {**source.cells, "patient_id": Cell(patient, patient, patient)}
        book["biomarkers"].append(Record(source.table, patient, source.number, cells, "orphan"))
    return book


def _repeat(records: list[Record], at: int, rule: str) -> Record:
    original = records[at]
    copy = Record(original.table, original.patient_id, original.number, dict(original.cells), rule)
    records.insert(at + 1, copy)
    return copy


def _repeat_patient(book: Book, original: Record, rule: str) -> None:
    at = next(i for i, record in enumerate(book["patients"]) if record is original)
    copy = _repeat(book["patients"], at, rule)
    if rule == "duplicate-conflict":
        cell = copy.cells["sex"]
        other = {"female": "male"}.get(cell.true, "female")
        copy.cells["sex"] = cell.spoilt(other, rule)


def _cell(records: dict[str, list[Record]], table: str, column: str, at: int = 0) -> Cell | None:
    """A cell that can be contradicted: filled, and read with certainty to the day."""
    rows = records.get(table, [])
    cell = rows[at].cells.get(column) if at < len(rows) else None
    return cell if cell and cell.expected and cell.expected == cell.true else None


def _write_date(record: Record, column: str, date: dt.date, rule: str) -> bool:
    cell = record.cells.get(column) or Cell("", None, "")
    record.cells[column] = cell.spoilt(date, rule, DATE_FORMAT)
    return True


def _date(cell: Cell) -> dt.date:
    return dt.date.fromisoformat(cell.expected)


def _alive(records: dict, rule: str) -> bool:
    status = _cell(records, "followup", "vital_status")
    last = _cell(records, "followup", "last_contact_date")
    if not (status and last and status.true == "alive"):
        return False
    return _write_date(records["followup"][0], "death_date", _date(last), rule)


def _moved(table: str, column: str, from_table: str, from_column: str,
           days: int) -> Callable[[dict, str], bool]:  # fmt: skip
    """Writes ``column`` as the other column's date plus ``days``."""

    def write(records: dict, rule: str) -> bool:
        here, there = _cell(records, table, column), _cell(records, from_table, from_column)
        if not (here and there):
            return False
        day = _date(there) + dt.timedelta(days=days)
        return _write_date(records[table][0], column, day, rule)

    return write


def _swapped_cycles(records: dict, rule: str) -> bool:
    second, third = (_cell(records, "prrt_cycles", "cycle_date", at) for at in (1, 2))
    if not (second and third):
        return False
    _write_date(records["prrt_cycles"][1], "cycle_date", _date(third), rule)
    return _write_date(records["prrt_cycles"][2], "cycle_date", _date(second), rule)


def _age(records: dict, rule: str) -> bool:
    age, birth = (_cell(records, "patients", c) for c in ("age_at_diagnosis", "birth_date"))
    if not (age and birth and _cell(records, "tumour", "diagnosis_date")):
        return False
    records["patients"][0].cells["age_at_diagnosis"] = age.spoilt(float(age.true) + 7, rule)
    return True


def _no_scan(records: dict, rule: str) -> bool:
    """The reported date stays; the scan that showed the progression was not abstracted."""
    for record in records.get("imaging", []):
        seen = record.cells.get("progression_date_reported")
        if not (seen and seen.true and seen.expected == seen.true):
            continue
        for column in ("scan_date", "modality", "response_raw", "size_change_pct", "recist_class",
                       "any_lesion_decrease", "any_lesion_increase", "new_lesions"):  # fmt: skip
            cell = record.cells.get(column)
            if cell:
                record.cells[column] = cell.spoilt(None, rule)
        return True
    return False


CONTRADICTIONS: dict[str, Callable[[dict, str], bool]] = {
    "alive-with-death-date": _alive,
    "death-before-diagnosis": _moved("followup", "death_date", "tumour", "diagnosis_date", -400),
    "diagnosis-after-prrt": _moved("tumour", "diagnosis_date", "prrt_cycles", "cycle_date", 45),
    "cycles-out-of-order": _swapped_cycles,
    "age-and-birth-disagree": _age,
    "progression-without-scan": _no_scan,
    "onset-after-death": _moved("adverse_events", "onset_date", "followup", "death_date", 30),
    "resolution-before-onset": _moved(
        "adverse_events", "resolution_date", "adverse_events", "onset_date", -20
    ),
}
