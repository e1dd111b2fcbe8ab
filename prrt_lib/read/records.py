"""One record of a canonical table, with the cell that every value came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from prrt_lib.declare.dictionary import DATE_KINDS, dictionary
from prrt_lib.read.cells import USED, CellRead


@dataclass(frozen=True, slots=True)
class Seen:
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
        return self.values.get(dictionary().tables[self.table].columns[column].value_column)

    def interval(self, column: str) -> tuple[dt.date, dt.date] | None:
        """First and last possible day of a date column, or None."""
        parts = dictionary().tables[self.table].columns[column].companions
        low = self.values.get(parts["lo"])
        return None if low is None else (low, self.values[parts["hi"]])

    def compared(self) -> tuple:
        """What two copies of a record must share to be the same: values, or refused texts."""
        shown = {
            name: (seen.status, "" if seen.status in USED else seen.raw)
            for name, seen in self.seen.items()
            if seen.status != "missing"
        }
        raws = raw_columns(self.table)
        values = {k: v for k, v in self.values.items() if v is not None and k not in raws}
        return tuple(sorted(shown.items())), tuple(sorted(values.items(), key=str))

    def given(self) -> bool:
        """Whether any cell of the record says something."""
        return any(
            seen.status != "missing" and seen.source == "cell" for seen in self.seen.values()
        )

    def with_values(self, values: Mapping[str, Any], seen: Mapping[str, Seen]) -> Record:
        """A copy with these values and cells added or replaced."""
        return replace(self, values={**self.values, **values}, seen={**self.seen, **seen})

    def without(self, column: str, rule: str) -> Record:
        """A copy in which ``column`` is unused, because of ``rule``."""
        declared = dictionary().tables[self.table].columns[column]
        names = {declared.value_column, *declared.companions.values()} - raw_columns(self.table)
        values = {name: None for name in names}
        seen = replace(self.seen[column], status="invalid", rule=rule)
        return self.with_values(values, {column: seen})


def raw_columns(table: str) -> set[str]:
    """Typed columns of a table that keep the cell's text."""
    columns = dictionary().tables[table].columns.values()
    return {column.companions["raw"] for column in columns if "raw" in column.companions}


def date_columns(table: str) -> list[str]:
    """Dictionary columns of a table that hold dates."""
    columns = dictionary().tables[table].columns.values()
    return [column.name for column in columns if column.kind in DATE_KINDS]


def one_per_patient(table: str) -> bool:
    """Whether the table has one record per patient."""
    return dictionary().tables[table].key == ("patient_id",)


def seen(cell: Any, read: CellRead, source: str = "cell") -> Seen:
    """The lineage of a cell that was read."""
    return Seen(cell.sheet, cell.address, read.raw, read.status, read.rule, source)


def by_patient(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Records of each patient, patients in the order of their ids."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.patient, []).append(record)
    return dict(sorted(groups.items()))
