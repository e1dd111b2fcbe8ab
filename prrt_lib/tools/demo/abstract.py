"""True records -> what an abstractor writes: spellings, gaps, mistakes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.dictionary import DATE_KINDS, Column, dictionary
from prrt_lib.tools.demo.cohort import SyntheticCohort
from prrt_lib.tools.demo.mistakes import Book, contradict, copies, share, spoil
from prrt_lib.tools.demo.spelling import Record, absent, spell

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
