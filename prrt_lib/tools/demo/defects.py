"""Cells that went wrong: left empty, or written so that nothing certain can be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from prrt_lib.declare.dictionary import DATE_KINDS, Column
from prrt_lib.tools.demo.cells import Cell
from prrt_lib.tools.demo.spelling import DATE_FORMAT, pick, text_of

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


def spoil(column: Column, cell: Cell, value: Any, u: float, v: float) -> Cell:
    """``cell`` with a defect, chosen by ``u`` and ``v``; left empty where no other fits."""
    maker = MAKERS.get("date" if column.kind in DATE_KINDS else column.kind)
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


def _date(column: Column, value: dt.date, v: float) -> Made | None:
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


MAKERS: Mapping[str, Callable[..., Made | None]] = {
    "date": _date, "activity": _activity, "percent_or_range": _percent, "mitoses": _mitoses,
    "lab_value": _lab,
    "yes_no": _words("Y/N", "maybe"), "sex": _words("1", "2"), "smoking": _words("No"),
    "isotope": _words("radionuclide"), "response": _words("MR", "PR -> PD"),
    "ctcae_grade": _words("3/4", "2-3"), "relatedness": _words("yes/no", "see note"),
    "grade": _words("G2/3", "1-2"), "stage": _words("III-IV"),
    "age": _words("see chart", rule="not-a-number"),
    "number": _words("see chart", rule="not-a-number"),
    "integer": _words("see chart", rule="not-a-number"),
}  # fmt: skip
