"""One cell as the abstractor left it, and the spellings that a careful reader takes for certain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.dictionary import DATE_KINDS, Column
from prrt_lib.declare.yaml_files import load_words

CLEAN, VARIANT, DEFECT = "clean", "variant", "defect"
WORDS = Path(__file__).with_name("spellings.yaml")
DATE_FORMAT, PERCENT_FORMAT = "yyyy-mm-dd", "0.0%"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
NBSP = "\u00a0"
# Share of dates of which the chart gives only month or year.
PARTIAL = {"diagnosis_date": 0.07, "birth_date": 0.05, "ssa_last_date": 0.10, "onset_date": 0.04,
           "resolution_date": 0.04, "therapy_date": 0.12, "death_date": 0.02}  # fmt: skip
# Markers below these are reported as a bound: what the assays tell from nothing.
REPORTED_FROM = {"ng/mL": 50.0, "ug/L": 50.0, "pg/mL": 70.0}
ABSENT_WORDS = ("NA", "unknown", "n/a", "not done")


@dataclass(frozen=True, slots=True)
class Cell:
    """``true`` and ``expected`` are canonical texts: ISO dates, GBq, percent, dictionary words.

    ``expected`` is what a faultless reading of ``written`` gives: the truth, less of it where
    the abstractor wrote less ("Mar 2014" -> "2014-03", "<2%" -> "<2"), "" where nothing certain
    can be read. ``rule`` names an injected defect.
    """

    true: str
    written: Any
    expected: str
    state: str = CLEAN
    format: str = ""
    rule: str = ""

    def spoilt(self, written: Any, rule: str, format: str = "") -> Cell:
        """The same truth with a defect written in its place."""
        return replace(
            self, written=written, expected="", state=DEFECT, format=format, rule=rule
        )  # fmt: skip


@dataclass(slots=True)
class Record:
    """One abstracted record; ``copy`` says which defect the whole row is, if it is one."""

    table: str
    patient_id: str
    number: int
    cells: dict[str, Cell] = field(default_factory=dict)
    copy: str = ""


@cache
def words() -> Mapping[str, Mapping[str, list[str]]]:
    """Kind -> dictionary word -> other spellings."""
    return load_words(WORDS)


def pick(options: list | tuple, u: float) -> Any:
    """The option at share ``u`` (0 <= u < 1) of the list."""
    return options[int(u * len(options))]


def text_of(value: float) -> str:
    """Shortest text of a number, never in exponent form: 7.4, 245, 12500."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def spell(column: Column, value: Any, u: float, v: float, unit: str = "") -> Cell:
    """The cell of a true ``value``; ``u`` chooses how, ``v`` among several ways."""
    if column.kind in DATE_KINDS:
        return _date(column, value, u, v)
    writer = WRITERS.get(column.kind)
    if writer:
        return writer(column, value, u, v, unit)
    return _word(column, value, u, v)


def absent(column: Column, u: float, v: float) -> Cell | None:
    """A cell that says the value is not known; None where it is simply left empty."""
    if u > 0.02 or column.kind in ("text", "id") or column.open:
        return None
    return Cell("", pick(ABSENT_WORDS, v), "", VARIANT)


def _date(column: Column, value: dt.date, u: float, v: float) -> Cell:
    iso, month = value.isoformat(), MONTHS[value.month - 1]
    partial = PARTIAL.get(column.name, 0.0) if column.kind == "partial_date" else 0.0
    if u < partial * 0.6:
        shown = pick((f"{month} {value.year}", f"UNK/{value.month:02d}/{value.year}"), v)
        return Cell(iso, shown, iso[:7], VARIANT)
    if u < partial:
        return Cell(iso, f"{value.year}", iso[:4], VARIANT)
    if u < partial + 0.06:
        shown = (f"{value.day:02d}-{month}-{value.year}", iso, f"{value.day} {month} {value.year}",
                 f"{month} {value.day}, {value.year}", f"{iso}{NBSP}")  # fmt: skip
        return Cell(iso, pick(shown, v), iso, VARIANT)
    return Cell(iso, value, iso, CLEAN, DATE_FORMAT)


def _activity(column: Column, value: float, u: float, v: float, unit: str) -> Cell:
    mci, true = round(value / 0.037), text_of(value)
    # A GBq value with three decimals could be read as thousands: such activities stay in mCi.
    in_gbq = f"{true} GBq" if mci % 10 == 0 else f"{mci} mCi"
    if u < 0.85:
        return Cell(true, in_gbq if u < 0.4 else f"{mci} mCi", true)
    shown = (f"{mci * 37} MBq", f"{mci}mCi", f"{mci}{NBSP}mCi", f"{mci} mci")
    return Cell(true, pick(shown, v), true, VARIANT)


def _percent(column: Column, value: float, u: float, v: float, unit: str) -> Cell:
    true = text_of(value)
    if u < 0.62 and value >= 1:
        return Cell(true, value, true)
    if u < 0.80 or value < 1:
        shown = (f"{true}%", f"{true} %", f"{true}{NBSP}%")
        if value < 1 and u < 0.7:
            return Cell(true, pick(("<1%", "<1 %", "<1"), v), "<1", VARIANT)
        return Cell(true, pick(shown, v), true, VARIANT)
    if u < 0.88:
        return Cell(true, value / 100, true, VARIANT, PERCENT_FORMAT)
    return _bounded_percent(true, value, v)


def _bounded_percent(true: str, value: float, v: float) -> Cell:
    """A bound or a range that stays inside the grade, so that it still decides it."""
    if value > 20:
        low = max(21, int(value) - 5)
        return Cell(true, f"{low}-{low + 10}%", f"{low}-{low + 10}", VARIANT)
    if value < 3:
        bound = "<3" if value >= 2 else "<2"
        return Cell(true, pick((f"{bound}%", bound), v), bound, VARIANT)
    low, high = max(3, int(value) - 2), min(20, int(value) + 3)
    return Cell(true, pick((f"{low}-{high}%", f"{low}-{high} %"), v), f"{low}-{high}", VARIANT)


def _mitoses(column: Column, value: float, u: float, v: float, unit: str) -> Cell:
    true = text_of(value)
    if u < 0.45:
        return Cell(true, value, true)
    if value == 0 and u < 0.8:
        return Cell(true, "<1/10 HPF", "<1", VARIANT)
    if u < 0.85:
        return Cell(true, pick((f"{true}/10 HPF", f"{true} / 10 HPF", f"{true}/10HPF"), v), true,
                    VARIANT)  # fmt: skip
    return Cell(true, f"{text_of(value * 5)}/50 HPF", true, VARIANT)


def _age(column: Column, value: float, u: float, v: float, unit: str) -> Cell:
    true = text_of(value)
    if u < 0.94:
        return Cell(true, value, true)
    whole = str(int(value))
    return Cell(true, pick((f"{whole} yo", f"{whole} y"), v), whole, VARIANT)


def _number(column: Column, value: float, u: float, v: float, unit: str) -> Cell:
    true = text_of(value)
    if u < 0.97 or column.unit == "%":
        return Cell(true, value, true)
    unit = {"mg": " mg"}.get(column.unit, "")
    return Cell(true, f"{true}{unit}", true, VARIANT)


def _lab(column: Column, value: float, u: float, v: float, unit: str) -> Cell:
    if column.unit:
        return _number(column, value, u, v, "")
    number = text_of(value)
    true = f"{number} {unit}"
    if column.name == "value" and value > 5000 and u < 0.3:
        return Cell(true, f">5000 {unit}", f">5000 {unit}", VARIANT)
    least = REPORTED_FROM.get(unit, 0.0)
    if column.name == "value" and value < least and u < 0.3:
        return Cell(true, f"<{text_of(least)} {unit}", f"<{text_of(least)} {unit}", VARIANT)
    if u < 0.94:
        return Cell(true, true, true)
    micro = unit.replace("ug", "\u00b5g")
    return Cell(true, pick((f"{number}{NBSP}{unit}", f"{number} {micro}"), v), true, VARIANT)


def _id(column: Column, value: str, u: float, v: float, unit: str) -> Cell:
    if u < 0.985:
        return Cell(value, value, value)
    shown = (value.lower(), value.replace("-", " "), value.replace("-", ""), f"{value}{NBSP}")
    return Cell(value, pick(shown, v), value, VARIANT)


def _text(column: Column, value: Any, u: float, v: float, unit: str) -> Cell:
    return Cell(str(value), str(value), str(value))


def _word(column: Column, value: Any, u: float, v: float) -> Cell:
    if column.multiple:
        return _list(value if isinstance(value, tuple) else (value,), u, v)
    others = () if column.open else words().get(column.kind, {}).get(value, ())
    if u < 0.92 or not others:
        return Cell(value, value, value)
    return Cell(value, pick(others, v), value, VARIANT)


def _list(values: tuple[str, ...], u: float, v: float) -> Cell:
    true = "|".join(sorted(values[0].split("+"))) if len(values) == 1 else "|".join(sorted(values))
    if u < 0.85:
        return Cell(true, "; ".join(values), true)
    known = words()["category"]
    said = [pick(known.get(value, [value]), v) for value in values]
    return Cell(true, pick(("; ", ", ", " + "), u * 10 % 1).join(said), true, VARIANT)


WRITERS: Mapping[str, Callable[..., Cell]] = {
    "activity": _activity, "percent_or_range": _percent, "mitoses": _mitoses, "age": _age,
    "number": _number, "integer": _number, "lab_value": _lab, "id": _id, "text": _text,
}  # fmt: skip
