"""Records -> typed tables and the lineage of every value, in an order that rows cannot change."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.dictionary import DATE_KINDS, INTERVAL_KINDS, Table, dictionary
from prrt_lib.read.records import Record, Seen

LINEAGE = ("table", "record", "row", "column", "sheet", "cell", "raw", "status", "rule", "source")
TEXT, NUMBER, DATE = "object", "float64", "datetime64[ns]"


def column_types(table: Table) -> dict[str, str]:
    """Typed column -> dtype, in the order of the processed table."""
    types: dict[str, str] = {}
    for column in table.columns.values():
        own = {column.value_column: TEXT}
        if column.kind in DATE_KINDS:
            own |= {column.value_column: DATE}
            own |= {column.companions[part]: DATE for part in ("lo", "hi")}
        elif column.kind in (*INTERVAL_KINDS, "integer"):
            own |= {column.value_column: NUMBER}
            own |= {column.companions[p]: NUMBER for p in ("lo", "hi") if p in column.companions}
        elif column.kind == "smoking":
            own |= {column.companions["hi"]: NUMBER}
        types |= {**{name: TEXT for name in column.companions.values()}, **own}
    return {name: types[name] for name in table.typed_columns()}


def ordered(records: Sequence[Record], printed: Mapping[str, str]) -> dict[str, list[Record]]:
    """Records of each table, sorted by its key, then by everything else they hold."""
    tables: dict[str, list[Record]] = {name: [] for name in dictionary().tables}
    for record in records:
        tables[record.table].append(record)

    def rest(record: Record) -> tuple:
        values = ((name, str(value)) for name, value in record.values.items() if value is not None)
        return sorted(values), sorted((name, seen.raw) for name, seen in record.seen.items())

    for name, members in tables.items():
        declared = dictionary().tables[name]
        keys = [declared.columns[key].value_column for key in declared.key if key != "patient_id"]
        placed = sorted(
            (printed[record.patient], *(_rank(record.values.get(key)) for key in keys), at)
            for at, record in enumerate(members)
        )
        tables[name] = []
        for _, same in itertools.groupby(placed, key=lambda place: place[:-1]):
            own = [members[place[-1]] for place in same]
            tables[name] += own if len(own) == 1 else sorted(own, key=rest)
    return tables


def _rank(value: Any) -> tuple:
    """Missing values last; numbers by size, everything else by its text."""
    if value is None:
        return (2, 0.0, "")
    number = isinstance(value, (int, float))
    return (0, float(value), "") if number else (1, 0.0, str(value))


def framed(
    records: Mapping[str, list[Record]], printed: Mapping[str, str]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Every canonical table with all its typed columns and `row` from 1, and the lineage: one row
    per abstracted cell: table, record, row, column -> sheet, cell, raw, status, rule.

    ``source`` says where the value stands: cell, caption (a number in a header), constant (the
    profile), or spread (a per-patient cell copied to each record). The lists in ``records`` are
    empty afterwards, so that records and frames need not fit in memory together.
    """
    tables: dict[str, pd.DataFrame] = dict.fromkeys(records)
    held: dict[str, list] = {name: [] for name in LINEAGE}
    for name in sorted(records):
        members = records[name]
        data = {
            column: _series([record.values.get(column) for record in members], dtype)
            for column, dtype in column_types(dictionary().tables[name]).items()
        }
        ids = [printed[record.patient] for record in members]
        frame = pd.DataFrame({**data, "patient_id": _series(ids, TEXT)})
        tables[name] = frame.assign(row=pd.Series(range(1, len(members) + 1), dtype="int64"))
        _trace(name, records[name], printed, held)
    types = {name: "int64" if name == "row" else object for name in LINEAGE}
    series = {name: pd.Series(held.pop(name), dtype=types[name]) for name in LINEAGE}
    return tables, pd.DataFrame(series, copy=False)


def _series(values: list[Any], dtype: str) -> pd.Series:
    if dtype == DATE:
        # By way of days: a day too far away is refused, not wrapped around.
        return pd.Series(np.array(values, dtype="datetime64[D]")).astype(DATE)
    if dtype == NUMBER:
        return pd.Series(np.array(values, dtype=NUMBER))
    return pd.Series([None if v is None else str(v) for v in values], dtype=object)


def _trace(
    table: str, members: list[Record], printed: Mapping[str, str], held: dict[str, list]
) -> None:
    """Adds the cells of a table's records to what is held; the records are let go."""
    orders: dict[tuple[str, ...], list[str]] = {}
    members.reverse()
    for row in range(1, len(members) + 1):
        record = members.pop()
        names = tuple(record.seen)
        order = orders.get(names) or orders.setdefault(names, sorted(names))
        held["column"] += order
        held["row"] += [row] * len(order)
        held["record"] += [printed[record.patient]] * len(order)
        seen = zip(*map(record.seen.__getitem__, order), strict=True)
        for name, values in zip(Seen._fields, seen, strict=bool(order)):
            held[name] += values
    held["table"] += [table] * (len(held["row"]) - len(held["table"]))
