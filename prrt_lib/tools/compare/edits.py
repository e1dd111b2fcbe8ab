"""Which cells differ between two readings of a workbook, patient by patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_from_string

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.read.reading import Reading

# Values that the profile or a header gives: the cell beside them holds something else.
NO_CELL = ("constant", "caption")
Values = tuple[Any, ...]


@dataclass(frozen=True)
class Edit:
    """One difference: whose, of which kind, and where. ``before`` and ``after`` are raw texts.

    ``kind``: changed, row gone, row new, patient gone, patient new, renamed, question (another
    one is asked, values alike), or respelt: a cell that has the value it had, and moves nothing.
    ``cell`` is where it stands in the second workbook, or where it stood when it is gone; a row
    is a range. ``was`` is the first workbook's cell, where that is another one.
    """

    record: str
    kind: str
    table: str = ""
    column: str = ""
    sheet: str = ""
    cell: str = ""
    was: str = ""
    before: str = ""
    after: str = ""


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


def edits(before: Reading, after: Reading) -> list[Edit]:
    """Every difference, by record, sheet and cell."""
    one, other = _digests(before), _digests(after)
    both = one.index.intersection(other.index)
    unequal = both[(one[both] != other[both]).to_numpy()]
    differing = sorted({*one.index.symmetric_difference(other.index), *unequal})
    old, new = _rows_of(before, differing), _rows_of(after, differing)
    found: list[Edit] = []
    for record in differing:
        own = list(_of_record(record, old[record], new[record]))
        found += own or _asked_otherwise(record, before.findings, after.findings)
    found = list(dict.fromkeys(found))
    # A patient who is gone and comes back with the same rows under another id is one edit.
    gone = {edit.record: None for edit in found if edit.kind == "patient gone"}
    come = {edit.record: None for edit in found if edit.kind == "patient new"}
    if not gone or not come:
        return found
    one, other = _digests(before, with_id=False), _digests(after, with_id=False)
    ids = {a: b for a in gone for b in come if one[a] == other[b]}
    lines = {
        b: "; ".join(f"{edit.sheet}!{edit.cell}" for edit in found if edit.record == b)
        for b in ids.values()
    }
    rest = [edit for edit in found if edit.record not in {*ids, *ids.values()}]
    return [
        *rest, *(Edit(a, "renamed", cell=lines[b], before=a, after=b) for a, b in ids.items())
    ]  # fmt: skip


def effective(found: Iterable[Edit]) -> dict[str, list[Edit]]:
    """Record -> its edits, of those records that have more than another spelling."""
    by_record: dict[str, list[Edit]] = {}
    for edit in found:
        if edit.kind != "respelt":
            by_record.setdefault(edit.record, []).append(edit)
    return by_record


def _digests(reading: Reading, with_id: bool = True) -> pd.Series:
    """Record -> a number that tells its values and texts, wherever its rows stand.

    Without the id two patients with the same rows have the same number.
    """

    def sums(frame: pd.DataFrame, ids: pd.Series, name: str) -> pd.Series:
        hashes = pd.util.hash_pandas_object(frame.assign(**{"": name}), index=False)
        return hashes.groupby(ids.to_numpy()).sum()

    made = [
        sums(frame.drop(columns=["patient_id", "row"], errors="ignore"), frame["patient_id"], name)
        for name, frame in reading.tables.items()
    ]
    lineage, asked = reading.lineage, reading.findings
    texts = lineage[["table", "column", "raw", "status"]].fillna("")
    made.append(sums(texts, lineage["record"], "lineage"))
    if with_id:
        made.append(sums(asked[["finding_id"]], asked["record"], "findings"))
    total = pd.concat(made).groupby(level=0).sum()
    return total[total.index != ""]


def _rows_of(reading: Reading, records: Iterable[str]) -> dict[str, dict[str, list[TypedRow]]]:
    """Record -> table -> its rows, for each of ``records``."""
    wanted = set(records)
    found: dict[str, dict[str, list[TypedRow]]] = {record: {} for record in wanted}
    by_row: dict[tuple, TypedRow] = {}
    for name, table in dictionary().tables.items():
        frame = reading.tables.get(name)
        if frame is None:
            continue
        # Declared column -> the typed columns it fills, the kept text of its cell aside.
        filled = {
            column.name: [
                typed
                for part, typed in {"": column.value_column, **column.companions}.items()
                if part != "raw" and typed in frame
            ]
            for column in table.columns.values()
        }
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


def _of_record(
    record: str, old: Mapping[str, list[TypedRow]], new: Mapping[str, list[TypedRow]]
) -> Iterator[Edit]:
    if not old or not new:
        kind = "patient new" if new else "patient gone"
        rows = [(table, row) for table, own in (new or old).items() for row in own]
        yield from _rows(record, kind, rows, {})
        return
    nowhere = Cell("", "", "", "missing")
    left, added = [], []
    for table in {**old, **new}:
        a, b = old.get(table, []), new.get(table, [])
        same, gone, more = pairs(
            [row.content for row in a], [row.content for row in b],
            ([row.place for row in a], [row.place for row in b]),
        )  # fmt: skip
        for one, other in ((a[one], b[other]) for one, other in same):
            for column, values in other.values.items():
                was, now = one.cells.get(column, nowhere), other.cells.get(column, nowhere)
                valued = one.values.get(column) != values or was.status != now.status
                if valued or was.raw != now.raw:
                    place = now if now.cell else was
                    moved = was.cell if was.cell and was.cell != place.cell else ""
                    yield Edit(record, "changed" if valued else "respelt", table, column,
                               place.sheet, place.cell, moved, was.raw, now.raw)  # fmt: skip
        left += [(table, a[number]) for number in gone]
        added += [(table, b[number]) for number in more]
    yield from _rows(record, "row gone", left, new)
    yield from _rows(record, "row new", added, old)


def _rows(
    record: str, kind: str, rows: list[tuple[str, TypedRow]],
    other: Mapping[str, list[TypedRow]],
) -> Iterator[Edit]:  # fmt: skip
    """Rows that only one reading has; rows of one line of a sheet are one edit.

    A row of which all cells but one still stand in the ``other`` reading is that one cell.
    """
    standing = {cell for own in other.values() for row in own for cell in row.cells.values()}
    lines: dict[tuple[str, int], list[tuple[str, TypedRow]]] = {}
    for table, row in rows:
        written = {column: cell for column, cell in row.cells.items() if cell.raw}
        lost = [(column, cell) for column, cell in written.items() if cell not in standing]
        if len(lost) == 1 and len(written) > 1:
            column, cell = lost[0]
            texts = (cell.raw, "") if kind == "row gone" else ("", cell.raw)
            yield Edit(record, "changed", table, column, cell.sheet, cell.cell, "", *texts)
        else:
            lines.setdefault(row.place, []).append((table, row))
    for (sheet, number), own in lines.items():
        cells = {
            cell.cell: cell
            for _, row in own
            for cell in row.cells.values()
            if (cell.sheet, coordinate_from_string(cell.cell)[1]) == (sheet, number)
        }
        words = " | ".join(
            cells[name].raw for name in sorted(cells, key=_column) if cells[name].raw
        )
        texts = (words, "") if kind.endswith("gone") else ("", words)
        tables = ", ".join(dict.fromkeys(table for table, _ in own))
        yield Edit(record, kind, tables, "", sheet, area(cells), "", *texts)


def area(cells: Iterable[str]) -> str:
    """Cells of one row as ranges: "B3:D3, G3"."""
    runs: list[list[str]] = []
    for cell in sorted(cells, key=_column):
        if runs and _column(cell) == _column(runs[-1][-1]) + 1:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}:{run[-1]}" for run in runs)


def _column(cell: str) -> int:
    return column_index_from_string(coordinate_from_string(cell)[0])


def _asked_otherwise(record: str, before: pd.DataFrame, after: pd.DataFrame) -> list[Edit]:
    """Where a record has the same values and other questions: the cells these are about."""
    own = [frame[frame["record"] == record] for frame in (before, after)]
    ids = [set(frame["finding_id"]) for frame in own]
    return [
        Edit(record, "question", row["table"], row["column"], row["sheet"], row["cell"])
        for frame, others in zip(own, reversed(ids), strict=True)
        for row in frame.to_dict("records")
        if row["finding_id"] not in others
    ]


def pairs(
    before: Sequence[Values], after: Sequence[Values], places: Sequence[Sequence[Any]]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """(pairs of positions, positions left before, positions left after).

    Reading sorts rows by their dates, so order tells nothing: equal rows are one row, then the
    two that share most values, blanks aside; of equally alike ones those at the same place in
    the sheet (``places`` of both). What shares nothing is paired only where one is left of each.
    """
    found: list[tuple[int, int]] = []
    left, right = list(range(len(before))), list(range(len(after)))

    def pair(a: int, b: int) -> None:
        found.append((a, b))
        left.remove(a)
        right.remove(b)

    for a, values in enumerate(before):
        if (b := next((n for n in right if after[n] == values), None)) is not None:
            pair(a, b)
    shared = {
        (a, b): sum(x == y and x is not None for x, y in zip(before[a], after[b], strict=True))
        for a in left
        for b in right
    }
    alike = sorted(shared, key=lambda ab: (-shared[ab], places[0][ab[0]] != places[1][ab[1]], ab))
    for a, b in alike:
        if a in left and b in right and (shared[a, b] or len(left) == len(right) == 1):
            pair(a, b)
    return sorted(found), left, right
