"""All records of one patient, and the days that other dates are held against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prrt_lib.read.records import Record

Interval = tuple[dt.date, dt.date]
# Date columns that prove the patient alive on that day.
ALIVE = (
    ("prrt_cycles", "cycle_date"),
    ("imaging", "scan_date"),
    ("biomarkers", "sample_date"),
    ("adverse_events", "onset_date"),
    ("subsequent_therapies", "therapy_date"),
    ("labs", "lab_date"),
    ("followup", "last_contact_date"),
)


@dataclass(frozen=True)
class Patient:
    """One patient's records by table."""

    id: str
    tables: Mapping[str, tuple[Record, ...]]

    def all(self, table: str) -> tuple[Record, ...]:
        """The patient's records in a table."""
        return self.tables.get(table, ())

    def one(self, table: str) -> Record | None:
        """The patient's record in a one-per-patient table, if there is one."""
        return next(iter(self.all(table)), None)

    def interval(self, table: str, column: str) -> Interval | None:
        """Possible days of a date in a one-per-patient table."""
        record = self.one(table)
        return record.interval(column) if record else None

    def dated(self, table: str, column: str) -> Iterator[tuple[Record, Interval]]:
        """Records of a table that have that date, with its possible days."""
        for record in self.all(table):
            if (days := record.interval(column)) is not None:
                yield record, days

    def first_prrt(self) -> Interval | None:
        """Possible days of the first PRRT."""
        days = [days for _, days in self.dated("prrt_cycles", "cycle_date")]
        return (min(low for low, _ in days), min(high for _, high in days)) if days else None

    def death(self) -> Interval | None:
        """Possible days of death; None where vital status denies it and the date is not used."""
        follow = self.one("followup")
        denied = follow is not None and follow.value("vital_status") == "alive"
        return None if denied else self.interval("followup", "death_date")

    def last_alive(self) -> dt.date | None:
        """The latest day on which a record proves the patient alive."""
        lows = [days[0] for table, column in ALIVE for _, days in self.dated(table, column)]
        return max(lows, default=None)


def patient(id_: str, records: Iterable[Record]) -> Patient:
    """The records of one patient, by table."""
    tables: dict[str, list[Record]] = {}
    for record in records:
        tables.setdefault(record.table, []).append(record)
    return Patient(id_, {name: tuple(members) for name, members in tables.items()})
