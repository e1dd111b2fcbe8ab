"""Small text tables in, typed tables out: patients as a person would write them down.

A spec file holds paragraphs. A line ending in ":" names a table, the next line its columns, the
rest its rows, columns two or more spaces apart; "." is a blank. Lines with "#" are words.
Dates may be partial: 2012-06 lies between 1 and 30 June and stands at its middle.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from prrt_lib.declare.dictionary import DATE_KINDS, dictionary
from prrt_lib.declare.parameters import Parameters
from prrt_lib.study.cohort import Cohort, build
from prrt_lib.study.typed import column_kinds

SPEC = Path(__file__).with_name("spec")


def spec(name: str) -> dict[str, pd.DataFrame]:
    """Table name -> frame of texts, blanks as None."""
    tables: dict[str, list[list[str]]] = {}
    current = ""
    for line in (SPEC / name).read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if not text or text.startswith("#") or text.startswith("```"):
            continue
        if re.fullmatch(r"[a-z_0-9 ,]+:", text):
            current = text[:-1]
            tables[current] = []
        else:
            tables[current].append(re.split(r"\s{2,}", text))
    return {
        name: pd.DataFrame(rows[1:], columns=rows[0], dtype=object).replace({".": None})
        for name, rows in tables.items()
    }


def interval(text: str | None) -> tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp, str | None]:
    """Middle, first day, last day and precision of a date that may lack day or month."""
    if text is None:
        return pd.NaT, pd.NaT, pd.NaT, None
    low = pd.Timestamp({4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text))
    ends = {4: pd.offsets.YearEnd(0), 7: pd.offsets.MonthEnd(0)}
    high = low + ends[len(text)] if len(text) in ends else low
    middle = low + pd.Timedelta((high - low).days // 2, "D")
    return middle, low, high, {4: "year", 7: "month"}.get(len(text), "day")


def typed(table: str, texts: pd.DataFrame) -> pd.DataFrame:
    """``texts`` as the typed table: dates with their ends, quantities with theirs."""
    declared = dictionary().tables[table]
    kinds, frame = column_kinds(declared), texts.rename(columns={"patient": "patient_id"})
    for column in declared.columns.values():
        if column.value_column in frame and column.kind in DATE_KINDS:
            parts = [interval(value) for value in frame[column.value_column]]
            names = [column.value_column, *(column.companions[p] for p in ("lo", "hi", "prec"))]
            frame = frame.assign(
                **dict(zip(names, map(list, zip(*parts, strict=True)), strict=True))
            )
        elif column.value_column in frame and "op" in column.companions:
            frame = _quantity(frame, column)
    known = {name: kinds[name] for name in frame if name in kinds}
    return frame.astype(known).assign(row=range(len(frame)))


def _quantity(frame: pd.DataFrame, column) -> pd.DataFrame:
    parts = [_bounds(value) for value in frame[column.value_column]]
    names = [column.value_column, *(column.companions[part] for part in ("lo", "hi", "op"))]
    return frame.assign(**dict(zip(names, map(list, zip(*parts, strict=True)), strict=True)))


def _bounds(text: str | None):
    if text is None:
        return None, None, None, None
    if text[0] in "<>":
        value = float(text[1:])
        return (None, 0.0, value, "<") if text[0] == "<" else (None, value, None, ">")
    if "-" in text:
        low, high = map(float, text.split("-"))
        return None, low, high, "range"
    return float(text), float(text), float(text), "="


def cohort(tables: dict[str, pd.DataFrame], **parameters) -> Cohort:
    """The cohort of the canonical tables among ``tables`` (texts); others are ignored."""
    given = {"cutoff": "2020-12-31", **parameters}
    names = [name for name in tables if name in dictionary().tables]
    frames = {name: typed(name, tables[name]) for name in names}
    return build(frames, Parameters(scenario="spec", **given))


def texts(header: str, *lines: str) -> pd.DataFrame:
    """A table typed into the test; "." is a blank."""
    frame = pd.DataFrame([line.split() for line in lines], columns=header.split(), dtype=object)
    return frame.replace({".": None})


def treated(*ids: str, date: str = "2012-01-01") -> pd.DataFrame:
    return texts("patient cycle_no cycle_date", *(f"{name} 1 {date}" for name in ids))


def asked(built, rule: str) -> list[str]:
    return [item["record"] for item in built.findings if item["rule"] == rule]
