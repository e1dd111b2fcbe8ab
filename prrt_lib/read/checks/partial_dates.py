"""Partial dates narrowed by the record's other dates (decision 8); knows no cut-off."""

from __future__ import annotations

import datetime as dt

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.read.cells.reader import middle
from prrt_lib.read.records import ALIVE, Interval, Patient, Record, date_columns

Bound = dt.date | None


def narrowed(patient: Patient) -> list[Record]:
    """The patient's records with every partial date intersected with what bounds it.

    Lower bounds: birth for everything; the last day seen alive for death; diagnosis for the
    first PRRT; onset for resolution. Upper bounds: death and the day of abstraction for
    everything; the first PRRT for diagnosis; diagnosis for birth. An empty intersection leaves
    the interval as it was: a check reports the contradiction. Bounds are the dates as written,
    so the order in which dates are narrowed does not matter.
    """
    return [_narrow(patient, record) for records in patient.tables.values() for record in records]


def _narrow(patient: Patient, record: Record) -> Record:
    for column in date_columns(record.table):
        days = record.interval(column)
        if days is None or days[0] == days[1]:
            continue
        low, high = bounds(patient, record, column)
        inside = (max(days[0], low or days[0]), min(days[1], high or days[1]))
        if inside[0] <= inside[1] and inside != days:
            record = _with_interval(record, column, inside)
    return record


def _with_interval(record: Record, column: str, days: Interval) -> Record:
    declared = dictionary().tables[record.table].columns[column]
    parts = declared.companions
    values = {declared.value_column: middle(*days), parts["lo"]: days[0], parts["hi"]: days[1]}
    return record.with_values(values, {})


def bounds(patient: Patient, record: Record, column: str) -> tuple[Bound, Bound]:
    """(not before, not after) of a date, from the patient's other dates."""
    place = (record.table, column)
    lows = (
        [] if place == ("patients", "birth_date") else [_end(patient, "patients", "birth_date", 0)]
    )
    highs = [_end(patient, "followup", "abstraction_date", 1)]
    if place != ("followup", "death_date"):
        highs.append(_high(patient.death()))
    special = {
        ("patients", "birth_date"): lambda: highs.append(
            _end(patient, "tumour", "diagnosis_date", 1)
        ),
        ("tumour", "diagnosis_date"): lambda: highs.append(_high(patient.first_prrt())),
        ("prrt_cycles", "cycle_date"): lambda: lows.append(_first_cycle(patient, record)),
        ("adverse_events", "resolution_date"): lambda: lows.append(
            _low(record.interval("onset_date"))
        ),
        ("followup", "death_date"): lambda: lows.append(patient.last_alive()),
    }
    special.get(place, lambda: None)()
    return max(filter(None, lows), default=None), min(filter(None, highs), default=None)


def _first_cycle(patient: Patient, record: Record) -> Bound:
    """PRRT is not given before diagnosis."""
    return _end(patient, "tumour", "diagnosis_date", 0)


def _end(patient: Patient, table: str, column: str, end: int) -> Bound:
    days = patient.interval(table, column)
    return days[end] if days else None


def _low(days: Interval | None) -> Bound:
    return days[0] if days else None


def _high(days: Interval | None) -> Bound:
    return days[1] if days else None


__all__ = ["ALIVE", "bounds", "narrowed"]
