"""The typed tables with every declared column, present or not."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.declare.derivations import MAIN_DATE
from prrt_lib.declare.dictionary import DATE_KINDS, INTERVAL_KINDS, Table, dictionary

NUMBER_KINDS = (*INTERVAL_KINDS, "integer")


def complete(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """All canonical tables: columns that were not abstracted are missing throughout.

    Rows are in the order of their patient and row number; a date without ends is its own ends.
    """
    declared = dictionary().tables
    return {name: _completed(tables.get(name), table) for name, table in declared.items()}


def _completed(frame: pd.DataFrame | None, table: Table) -> pd.DataFrame:
    frame = pd.DataFrame() if frame is None else frame
    kinds = column_kinds(table)
    absent = {
        name: pd.Series(index=frame.index, dtype=kind)
        for name, kind in kinds.items()
        if name not in frame
    }
    if "row" not in frame:
        absent["row"] = pd.Series(range(len(frame)), index=frame.index, dtype="int64")
    whole = frame.assign(**absent)
    for column in table.columns.values():
        if column.kind in DATE_KINDS:
            day = whole[column.value_column]
            ends = [column.companions[part] for part in ("lo", "hi")]
            whole = whole.assign(**{name: whole[name].fillna(day) for name in ends})
    return whole.sort_values(["patient_id", "row"], kind="stable", ignore_index=True)


def column_kinds(table: Table) -> dict[str, str]:
    """Typed column -> dtype, for every column of the processed ``table``."""
    kinds: dict[str, str] = {}
    for column in table.columns.values():
        dated, counted = column.kind in DATE_KINDS, column.kind in NUMBER_KINDS
        own = "datetime64[ns]" if dated else "float64" if counted else "object"
        kinds.setdefault(column.value_column, own)
        for part, name in column.companions.items():
            ends = "datetime64[ns]" if dated else "float64"
            kinds.setdefault(name, ends if part in ("lo", "hi") else "object")
    return kinds


def one_per_patient(table: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """``table`` with one row for each of ``ids``, in their order, indexed by patient_id."""
    return table.drop_duplicates("patient_id").set_index("patient_id").reindex(ids)


def until(frame: pd.DataFrame, table: str, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Rows of ``table`` that are undated or dated up to ``cutoff``.

    An undated cycle that stands after a cycle beyond the cut-off is beyond it too.
    """
    name = "cycle_from" if "cycle_from" in frame else MAIN_DATE.get(table)
    return frame if name is None else frame[~(frame[name] > cutoff)]


def without_nan(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with None, not NaN, where a text is missing."""
    texts = {name: frame[name].where(frame[name].notna(), None)
             for name in frame if frame[name].dtype == object}  # fmt: skip
    return frame.assign(**texts)
