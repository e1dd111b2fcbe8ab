"""What reading gave for one patient: rows of every table, the cells behind them, paired rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from openpyxl.utils.cell import coordinate_from_string

from prrt_lib.declare.dictionary import Table, dictionary
from prrt_lib.read.reading import Reading

# Rows that are put into another reading keep their order and meet no row of it.
FAR = 10_000_000
# Values that the profile or a header gives: the cell beside them holds something else.
NO_CELL = ("constant", "caption")
Values = tuple[Any, ...]


@dataclass(frozen=True)
class Cell:
    """Where a value came from, and what stood there."""

    sheet: str
    cell: str
    raw: str
    status: str


@dataclass
class TypedRow:
    """One row of a table: its values by declared column, and the cell of each column."""

    values: dict[str, Values]
    cells: dict[str, Cell] = field(default_factory=dict)

    @property
    def content(self) -> Values:
        """What tells the row from others: values, or why a cell that is not blank has none."""
        refused = {n: c.status for n, c in self.cells.items() if c.status != "missing"}
        return tuple(
            refused.get(name) if all(part is None for part in parts) else parts
            for name, parts in self.values.items()
        )

    @property
    def place(self) -> tuple[str, int]:
        """The sheet and the row in which most of its cells stand."""
        places = Counter((c.sheet, coordinate_from_string(c.cell)[1]) for c in self.cells.values())
        return places.most_common(1)[0][0] if places else ("", 0)


def parts(table: Table) -> dict[str, list[str]]:
    """Declared column -> the typed columns it fills, the kept text of its cell aside."""
    return {
        name: [
            column.value_column,
            *(typed for part, typed in column.companions.items() if part != "raw"),
        ]
        for name, column in table.columns.items()
    }


def rows_of(reading: Reading, records: Iterable[str]) -> dict[str, dict[str, list[TypedRow]]]:
    """Record -> table -> its rows, for each of ``records``."""
    wanted = set(records)
    found: dict[str, dict[str, list[TypedRow]]] = {record: {} for record in wanted}
    by_row: dict[tuple, TypedRow] = {}
    for name, table in dictionary().tables.items():
        frame = reading.tables.get(name)
        if frame is None:
            continue
        filled = {c: [p for p in typed if p in frame] for c, typed in parts(table).items()}
        for row in frame[frame["patient_id"].isin(wanted)].to_dict("records"):
            values = {
                column: tuple(None if pd.isna(row[part]) else row[part] for part in typed)
                for column, typed in filled.items()
            }
            one = TypedRow(values)
            found[row["patient_id"]].setdefault(name, []).append(one)
            by_row[name, row["patient_id"], row["row"]] = one
    written = reading.lineage[~reading.lineage["source"].isin(NO_CELL)]
    for line in written[written["record"].isin(wanted)].itertuples(index=False):
        one = by_row.get((line.table, line.record, line.row))
        if one is not None:
            one.cells[line.column] = Cell(line.sheet, line.cell, line.raw or "", line.status)
    return found


def digests(reading: Reading, with_id: bool = True) -> pd.Series:
    """Record -> a number that tells its values and texts, wherever its rows stand.

    Without the id two patients with the same rows have the same number.
    """
    sums = []
    for name, frame in reading.tables.items():
        ids = frame["patient_id"]
        sums.append(_sums(frame.drop(columns=["patient_id", "row"], errors="ignore"), ids, name))
    texts = reading.lineage[["table", "column", "raw", "status"]].fillna("")
    sums.append(_sums(texts, reading.lineage["record"], "lineage"))
    if with_id:
        asked = reading.findings
        sums.append(_sums(asked[["finding_id"]], asked["record"], "findings"))
    total = pd.concat(sums).groupby(level=0).sum()
    return total[total.index != ""]


def _sums(frame: pd.DataFrame, ids: pd.Series, salt: str) -> pd.Series:
    keyed = frame.assign(**{"": salt})
    hashes = pd.util.hash_pandas_object(keyed, index=False)
    return hashes.groupby(ids.to_numpy()).sum()


def with_records(base: Reading, other: Reading, records: Iterable[str]) -> Reading:
    """``base`` with everything of ``records`` as ``other`` has it."""
    chosen = set(records)
    tables = {
        name: _with(frame, other.tables.get(name), "patient_id", chosen)
        for name, frame in base.tables.items()
    }
    return replace(
        base,
        tables=tables,
        lineage=_with(base.lineage, other.lineage, "record", chosen),
        findings=_with(base.findings, other.findings, "record", chosen),
    )


def _with(
    base: pd.DataFrame, other: pd.DataFrame | None, key: str, chosen: set[str]
) -> pd.DataFrame:
    rest = base[~base[key].isin(chosen)]
    if other is None:
        return rest.reset_index(drop=True)
    own = other[other[key].isin(chosen)]
    if "row" in own:
        own = own.assign(row=own["row"] + FAR)
    if own.empty or rest.empty:
        return (rest if own.empty else own).reset_index(drop=True)
    return pd.concat([rest, own], ignore_index=True)


def pairs(
    before: Sequence[Values], after: Sequence[Values], places: Sequence[Sequence[Any]]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """(pairs of positions, positions left before, positions left after).

    Reading sorts rows by their dates, so order tells nothing: equal rows are one row, then the
    two that share most values, blanks aside; of equally alike ones those at the same place in
    the sheet (``places`` of both). What shares nothing is paired only where one is left of each.
    """
    found = _equal(before, after)
    left = [n for n in range(len(before)) if n not in {a for a, _ in found}]
    right = [n for n in range(len(after)) if n not in {b for _, b in found}]
    scores = [
        (_shared(before[a], after[b]), places[0][a] == places[1][b], -a, -b)
        for a in left
        for b in right
    ]
    for shared, _, a, b in sorted(scores, reverse=True):
        if -a in left and -b in right and (shared or len(left) == len(right) == 1):
            found.append((-a, -b))
            left.remove(-a)
            right.remove(-b)
    return sorted(found), left, right


def _equal(before: Sequence[Values], after: Sequence[Values]) -> list[tuple[int, int]]:
    found = []
    common = Counter(before) & Counter(after)
    for values, count in common.items():
        a = [n for n, item in enumerate(before) if item == values][:count]
        b = [n for n, item in enumerate(after) if item == values][:count]
        found += zip(a, b, strict=True)
    return found


def _shared(one: Values, other: Values) -> int:
    return sum(a == b and a is not None for a, b in zip(one, other, strict=True))
