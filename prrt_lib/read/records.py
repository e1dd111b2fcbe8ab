"""One record of a canonical table with the cell of every value; all records of one patient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from prrt_lib.declare.dictionary import DATE_KINDS, dictionary
from prrt_lib.read.parsing import VALUED


class Seen(NamedTuple):
    """Where one column of a record came from and what became of the cell."""

    sheet: str
    cell: str
    raw: str
    status: str
    rule: str
    source: str = "cell"


@dataclass(frozen=True, slots=True)
class Record:
    """Typed values of one record; ``patient`` is the id as it is compared."""

    table: str
    patient: str
    values: Mapping[str, Any]
    seen: Mapping[str, Seen]
    origin: tuple[int, str, int]

    def value(self, column: str) -> Any:
        """The typed value of a dictionary column, or None."""
        return self.values.get(value_column(self.table, column))

    def interval(self, column: str) -> tuple[dt.date, dt.date] | None:
        """First and last possible day of a date column, or None."""
        first, last = ends(self.table, column)
        low = self.values.get(first)
        return None if low is None else (low, self.values[last])

    def compared(self) -> tuple:
        """What two copies of a record must share to be the same: values, or refused texts."""
        shown = {
            name: (seen.status, "" if seen.status in VALUED else seen.raw)
            for name, seen in self.seen.items()
            if seen.status != "missing"
        }
        raws = raw_columns(self.table)
        values = {k: v for k, v in self.values.items() if v is not None and k not in raws}
        return tuple(sorted(shown.items())), tuple(sorted(values.items(), key=str))

    def with_values(self, values: Mapping[str, Any], seen: Mapping[str, Seen]) -> Record:
        """A copy with these values and cells added or replaced."""
        return replace(self, values={**self.values, **values}, seen={**self.seen, **seen})

    def completed(self, values: Mapping[str, Any], seen: Mapping[str, Seen]) -> Record:
        """A copy with those of the values and cells of which the record has none of its own."""
        known = {name for name, own in self.seen.items() if own.status != "missing"}
        new = {name: told for name, told in seen.items() if name not in known}
        lacking = {k: v for k, v in values.items() if self.values.get(k) is None}
        return self.with_values(lacking, new)

    def without(self, column: str, rule: str) -> Record:
        """A copy in which ``column`` is unused, because of ``rule``."""
        declared = dictionary().tables[self.table].columns[column]
        names = {declared.value_column, *declared.companions.values()} - raw_columns(self.table)
        values = {name: None for name in names}
        seen = self.seen[column]._replace(status="invalid", rule=rule)
        return self.with_values(values, {column: seen})


# Looked up for every record of a large registry, hence kept.
@cache
def value_column(table: str, column: str) -> str:
    """Typed column that holds the value of a dictionary column."""
    return dictionary().tables[table].columns[column].value_column


@cache
def ends(table: str, column: str) -> tuple[str, str]:
    """Typed columns that hold the first and the last possible day of a date."""
    parts = dictionary().tables[table].columns[column].companions
    return parts["lo"], parts["hi"]


@cache
def raw_columns(table: str) -> frozenset[str]:
    """Typed columns of a table that keep the cell's text."""
    columns = dictionary().tables[table].columns.values()
    return frozenset(c.companions["raw"] for c in columns if "raw" in c.companions)


@cache
def date_columns(table: str) -> tuple[str, ...]:
    """Dictionary columns of a table that hold dates."""
    columns = dictionary().tables[table].columns.values()
    return tuple(column.name for column in columns if column.kind in DATE_KINDS)


@cache
def one_per_patient(table: str) -> bool:
    """Whether the table has one record per patient."""
    return dictionary().tables[table].key == ("patient_id",)


def by_patient(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Records of each patient, patients in the order of their ids."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.patient, []).append(record)
    return dict(sorted(groups.items()))


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
