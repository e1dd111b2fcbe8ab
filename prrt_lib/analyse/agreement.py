"""Two abstractions of the same patients: how often they agree, and where they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.asked.findings import finding
from prrt_lib.declare.dictionary import DATE_KINDS, INTERVAL_KINDS, Column, Table, dictionary
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.estimate.agreement import intraclass_correlation, kappa, limits_of_agreement
from prrt_lib.estimate.proportions import proportion
from prrt_lib.read.sheets import ids

ANALYSIS = "agreement"
Tables = Mapping[str, pd.DataFrame]
Record = Mapping[str, Any]
Pair = tuple[Record | None, Record | None]
Columns = AbstractSet[tuple[str, str]]
# Kinds whose values are categories: kappa means something for these alone.
WORDS = ("category", "yes_no", "sex", "stage", "grade", "isotope", "response", "ctcae_grade",
         "relatedness", "smoking")  # fmt: skip
NUMBERS = (*INTERVAL_KINDS, "integer")
# Values of different markers and tests have no scale in common.
ONE_SCALE = {"biomarkers": "analyte", "labs": "lab_test"}


@dataclass(frozen=True)
class Compared:
    """The pairs of records of one table, and the columns that either abstraction fills."""

    table: Table
    pairs: Sequence[Pair]
    shared: Columns | None = None

    def columns(self) -> list[Column]:
        """Columns beside the study id in which anything was abstracted, and that both have."""
        both = [record for pair in self.pairs for record in pair if record is not None]
        return [
            column
            for column in self.table.columns.values()
            if column.kind != "id"
            if self.shared is None or (column.table, column.name) in self.shared
            if any(value(column, one) is not None for one in both)
        ]

    def complete(self) -> list[tuple[Record, Record]]:
        """Pairs in which both abstractions hold the record."""
        return [(one, other) for one, other in self.pairs if one and other]


def agreement(
    first: Tables, second: Tables, conf_level: float = 0.95, shared: Columns | None = None
) -> pd.DataFrame:
    """Result rows of how well two abstractions agree, for every abstracted column (variable).

    Over the patients of both abstractions. ``proportion``: pairs of records with the same value
    among those in which either gives one (a blank against a value disagrees; two blanks say
    nothing). ``kappa``: columns of categories, over the pairs in which both give a value.
    ``intraclass_correlation``, ``difference`` and ``limit_of_agreement``: columns of numbers, over
    the pairs in which both give an exact one in the same unit (``level`` begins with the marker
    or laboratory test where a column holds several).
    A row per table (level "records") counts the records that stand in both. ``shared``: the
    (table, column) that both layouts hold, see :func:`in_both`; without it, all that either fills.
    """
    frames = [_table_rows(one, conf_level) for one in compared(first, second, shared)]
    rows = combine([frame for frames_ in frames for frame in frames_])
    return rows if len(rows) else result_rows([])


def in_both(first: pd.DataFrame, second: pd.DataFrame) -> Columns:
    """The (table, column) that the lineages of both readings know: what both could abstract."""
    one, other = (
        set(lineage[["table", "column"]].drop_duplicates().itertuples(index=False, name=None))
        for lineage in (first, second)
    )
    return one & other


def compared(first: Tables, second: Tables, shared: Columns | None = None) -> Iterator[Compared]:
    """The paired records of every table that either abstraction fills."""
    mine, other = (_patients(tables) for tables in (first, second))
    for name, table in dictionary().tables.items():
        one, two = (_records(tables[name], mine & other) for tables in (first, second))
        if one or two:
            yield Compared(table, list(_pairs(table, one, two)), shared)


def _patients(tables: Tables) -> set[str]:
    return {ids.key(text) for text in tables["patients"]["patient_id"]}


def _records(frame: pd.DataFrame, patients: set[str]) -> dict[str, list[Record]]:
    """Patient -> records, with missing values as None."""
    found: dict[str, list[Record]] = {}
    plain = frame.astype(object).where(frame.notna(), None)
    for record in plain.to_dict("records"):
        patient = ids.key(record["patient_id"])
        if patient in patients:
            found.setdefault(patient, []).append(record)
    return found


def _pairs(table: Table, first: Mapping, second: Mapping) -> Iterator[Pair]:
    for patient in sorted({*first, *second}):
        yield from _paired(table, first.get(patient, []), second.get(patient, []))


def _paired(table: Table, first: list[Record], second: list[Record]) -> Iterator[Pair]:
    """Each record with the one it shares most with, the best matches first; none twice.

    Shared keys (cycle number, date of scan) count before shared values, so that one differing
    date does not tear a record apart. Records that share nothing stand alone.
    """
    if table.key == ("patient_id",):
        yield from zip(first, second, strict=False)
        return
    scores = [
        (*_shared(table, one, other), -at, -place)
        for at, one in enumerate(first)
        for place, other in enumerate(second)
    ]
    left, right = set(range(len(first))), set(range(len(second)))
    for keys, values, at, place in sorted(scores, reverse=True):
        if keys + values and -at in left and -place in right:
            left.remove(-at)
            right.remove(-place)
            yield first[-at], second[-place]
    yield from ((first[at], None) for at in sorted(left))
    yield from ((None, second[place]) for place in sorted(right))


def _shared(table: Table, one: Record, other: Record) -> tuple[int, int]:
    same = [
        column.name
        for column in table.columns.values()
        if column.kind != "id" and (own := value(column, one)) is not None
        if own == value(column, other)
    ]
    return sum(name in table.key for name in same), len(same)


def value(column: Column, record: Record) -> Any:
    """What is compared: a category, both ends of a date, a quantity with its bounds and unit."""
    parts = column.companions
    if column.kind in DATE_KINDS:
        ends = tuple(record[parts[part]] for part in ("lo", "hi"))
        return None if ends[0] is None else ends
    if column.kind in INTERVAL_KINDS:
        known = tuple(record.get(parts[part]) for part in ("lo", "hi", "op", "unit"))
        return None if known[:2] == (None, None) else known
    return record[column.value_column]


def _table_rows(one: Compared, conf_level: float) -> Iterator[pd.DataFrame]:
    common = {"analysis": ANALYSIS, "group": "table", "group_level": one.table.name}
    found = proportion(len(one.complete()), len(one.pairs), conf_level=conf_level)
    yield found.assign(**common, level="records", label=f"{one.table.label}: records in both")
    for column in one.columns():
        pairs = [(value(column, a), value(column, b)) for a, b in one.complete()]
        given = [pair for pair in pairs if pair != (None, None)]
        words = {**common, "variable": column.name, "label": column.label}
        same = sum(a == b for a, b in given)
        yield proportion(same, len(given), conf_level=conf_level).assign(**words)
        if column.kind in WORDS:
            both = [pair for pair in given if None not in pair]
            rows = kappa([a for a, _ in both], [b for _, b in both], conf_level)
            yield rows.assign(**words)
        if column.kind in NUMBERS and column.name not in one.table.key:
            yield from _measured(one, column, words, conf_level)


def _measured(
    one: Compared, column: Column, words: Mapping[str, str], conf_level: float
) -> Iterator[pd.DataFrame]:
    """Intraclass correlation and limits of agreement of a column, for each scale it holds."""
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    apart: dict[tuple[str, str], int] = {}
    for a, b in one.complete():
        if None in (value(column, a), value(column, b)):
            continue
        scales = [_scale(one.table, column, record) for record in (a, b)]
        told = [_exact(column, record) for record in (a, b)]
        if scales[0] == scales[1] and None not in told:
            pairs.setdefault(scales[0], []).append((told[0], told[1]))
        else:
            apart[scales[0]] = apart.get(scales[0], 0) + 1
    for scale in sorted({*pairs, *apart}):
        both = pairs.get(scale, [])
        first, second = [a for a, _ in both], [b for _, b in both]
        rows = [intraclass_correlation(np.array(both, dtype=float).reshape(-1, 2), conf_level),
                limits_of_agreement(first, second, conf_level)]  # fmt: skip
        found = pd.concat(rows, ignore_index=True)
        left = apart.get(scale, 0)
        note = [f"{left} pairs with a bound, a range or another unit left out"] * (left > 0)
        name, unit = scale
        yield found.assign(
            **words, level=[" ".join(text for text in (name, level) if text)
                            for level in found["level"]],
            unit=[unit if what != "intraclass_correlation" else "" for what in found["statistic"]],
            warning=["; ".join(text for text in (own, *note) if text) for own in found["warning"]],
        )  # fmt: skip


def _scale(table: Table, column: Column, record: Record) -> tuple[str, str]:
    """What a number is a number of: marker or laboratory test, and unit."""
    name = record.get(ONE_SCALE[table.name]) if table.name in ONE_SCALE else ""
    unit = record.get(column.companions["unit"]) if "unit" in column.companions else ""
    return str(name or ""), str(unit or column.unit or "")


def _exact(column: Column, record: Record) -> float | None:
    """The number of a record; None where it is known only as a bound or a range."""
    if column.kind == "integer":
        return float(record[column.value_column])
    low, high = (record.get(column.companions[end]) for end in ("lo", "hi"))
    return float(low) if low is not None and low == high else None


def disagreements(first: Any, second: Any) -> pd.DataFrame:
    """Every difference as a question: rule, record, column, and both cells.

    ``first`` and ``second``: readings, with ``tables`` and ``lineage``. The cell of the first
    abstraction is in ``sheet`` and ``cell``, that of the second in ``related_cells``.
    """
    places = _places(first.lineage), _places(second.lineage)
    records = [
        row
        for one in compared(first.tables, second.tables, in_both(first.lineage, second.lineage))
        for pair in one.pairs
        for row in _differences(one.table, one.columns(), pair, places)
    ]
    columns = ["rule", "severity", "table", "column", "record", "sheet", "cell", "related_cells",
               "message", "how_to_resolve"]  # fmt: skip
    frame = pd.DataFrame.from_records(records, columns=columns).fillna("")
    return frame.sort_values(columns[2:7], kind="stable", ignore_index=True)


def _differences(
    table: Table, columns: Sequence[Column], pair: Pair, places: Sequence[Mapping]
) -> Iterator[dict[str, str]]:
    one, other = pair
    present = one or other
    record = present["patient_id"]
    if one is None or other is None:
        cells = [_any_cell(table, own, known) for own, known in zip(pair, places, strict=True)]
        yield _row("abstracted-once", table.name, "", record, cells)
        return
    for column in columns:
        if value(column, one) != value(column, other):
            cells = [
                known.get((table.name, own["row"], column.name), ("", ""))
                for own, known in zip(pair, places, strict=True)
            ]
            yield _row("abstractors-disagree", table.name, column.name, record, cells)


def _any_cell(table: Table, record: Record | None, known: Mapping) -> tuple[str, str]:
    if record is None:
        return ("", "")
    found = (known.get((table.name, record["row"], name)) for name in table.columns)
    return next(filter(None, found), ("", ""))


def _row(rule: str, table: str, column: str, record: str, cells: Sequence) -> dict[str, str]:
    (sheet, cell), other = cells
    related = "!".join(other) if any(other) else ""
    return finding(rule, table=table, column=column, record=record, sheet=sheet, cell=cell,
                   related_cells=related)  # fmt: skip


def _places(lineage: pd.DataFrame) -> dict[tuple[str, int, str], tuple[str, str]]:
    names = ["table", "row", "column", "sheet", "cell"]
    return {
        (table, row, column): (sheet, cell)
        for table, row, column, sheet, cell in lineage[names].itertuples(index=False)
    }
