"""Partial dates narrowed by the record's other dates (decision 8); knows no cut-off."""

from __future__ import annotations

import datetime as dt

from prrt_lib.read.cells.reader import middle
from prrt_lib.read.records import Patient, Record, date_columns, ends, value_column

Bound = dt.date | None
DEATH = ("followup", "death_date")


def narrowed(patient: Patient) -> list[Record]:
    """The patient's records with every partial date intersected with what bounds it.

    Lower bounds: birth for everything; the last day seen alive for death; diagnosis for the
    first PRRT; onset for resolution. Upper bounds: death and the day of abstraction for
    everything; the first PRRT for diagnosis; diagnosis for birth. An empty intersection leaves
    the interval as it was: a check reports the contradiction. Bounds are the dates as written,
    so the order in which dates are narrowed does not matter.
    """
    result = []
    for record in (record for records in patient.tables.values() for record in records):
        for column in date_columns(record.table):
            days = record.interval(column)
            if days is None or days[0] == days[1]:
                continue
            low, high = bounds(patient, record, column)
            inside = (max(days[0], low or days[0]), min(days[1], high or days[1]))
            if inside[0] <= inside[1] and inside != days:
                names = value_column(record.table, column), *ends(record.table, column)
                values = zip(names, (middle(*inside), *inside), strict=True)
                record = record.with_values(dict(values), {})
        result.append(record)
    return result


def bounds(patient: Patient, record: Record, column: str) -> tuple[Bound, Bound]:
    """(not before, not after) of a date, from the patient's other dates."""
    place = (record.table, column)
    birth, diagnosis = ("patients", "birth_date"), ("tumour", "diagnosis_date")
    born, diagnosed = patient.interval(*birth), patient.interval(*diagnosis)
    ended = place == ("adverse_events", "resolution_date")
    onset = record.interval("onset_date") if ended else None
    last_alive = patient.last_alive() if place == DEATH else None
    lows = [
        place != birth and born and born[0],
        place == ("prrt_cycles", "cycle_date") and diagnosed and diagnosed[0],
        onset and onset[0],
        last_alive,
    ]
    read, died = patient.interval("followup", "abstraction_date"), patient.death()
    first = patient.first_prrt() if place == diagnosis else None
    highs = [
        read and read[1],
        place != DEATH and died and died[1],
        place == birth and diagnosed and diagnosed[1],
        first and first[1],
    ]
    return max(filter(None, lows), default=None), min(filter(None, highs), default=None)
