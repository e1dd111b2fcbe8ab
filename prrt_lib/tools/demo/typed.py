"""Abstracted records -> typed tables, with the companion columns that reading would give."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.declare.dictionary import DATE_KINDS, INTERVAL_KINDS, Column, dictionary

# Lists that an abstractor writes in one cell and the typed table keeps one row each.
LISTS = {"symptoms": "symptom", "prior_therapies": "therapy", "metastases": "metastasis_site"}

UNIT_COLUMNS = {"value": "unit", "uln": "unit", "egfr_base": "egfr_unit",
                **dict.fromkeys(("lab_value", "lab_uln", "lab_lln"), "lab_unit")}  # fmt: skip


def typed_table(name: str, records: pd.DataFrame) -> pd.DataFrame:
    """The processed table of clean ``records``: declared columns and order, sorted by its key."""
    table = dictionary().tables[name]
    if name in LISTS:
        records = records.explode(LISTS[name], ignore_index=True)
    parts: dict[str, object] = {}
    for column in table.columns.values():
        parts.update(_typed(column, records))
    frame = pd.DataFrame(parts, index=records.index)
    key = [column for column in table.key if column in frame]
    frame = frame.sort_values(key, kind="stable", ignore_index=True)
    return frame.assign(row=np.arange(1, len(frame) + 1))


def empty_table(name: str) -> pd.DataFrame:
    """The processed table of a sheet without records."""
    return typed_table(name, pd.DataFrame({"patient_id": pd.Series([], dtype=object)}))


def _typed(column: Column, records: pd.DataFrame) -> dict[str, object]:
    absent = column.name not in records
    values = pd.Series(np.nan, records.index) if absent else records[column.name]
    companions = column.companions
    if column.kind in DATE_KINDS:
        dates = pd.to_datetime(values).astype("datetime64[ns]")
        parts = {column.value_column: dates, companions["lo"]: dates, companions["hi"]: dates,
                 companions["prec"]: _words(dates.notna().map({True: "day"}))}  # fmt: skip
    elif column.kind in INTERVAL_KINDS:
        parts = _quantity(column, values.astype(float), records)
    elif column.kind == "integer":
        parts = {column.value_column: values.astype(float)}
    else:
        words = values.map(lambda value: _joined(column, value)) if column.multiple else values
        parts = {column.value_column: _words(words)}
        if column.kind == "smoking":
            parts[companions["hi"]] = np.nan
    if "raw" in companions:
        parts[companions["raw"]] = None if absent else _words(values.map(_as_text))
    return {name: parts[name] for name in [column.value_column, *companions.values()]}


def _quantity(column: Column, values: pd.Series, records: pd.DataFrame) -> dict[str, object]:
    companions = column.companions
    known = values.notna()
    unit = records.get(_unit_column(column), column.unit or None)
    return {
        column.value_column: values, companions["lo"]: values, companions["hi"]: values,
        companions["op"]: _words(known.map({True: "="})),
        companions["unit"]: np.where(known, unit, None),
    }  # fmt: skip


def _unit_column(column: Column) -> str:
    return UNIT_COLUMNS.get(column.name, "")


def _joined(column: Column, value: object) -> object:
    """Several answers in the dictionary's order: "PET+CT" -> "CT+PET"."""
    if not isinstance(value, str):
        return value
    return "+".join(sorted(value.split("+"), key=column.allowed.index))


def _words(values: pd.Series) -> pd.Series:
    texts = values.astype(object)
    return texts.where(texts.notna(), None)


def _as_text(value: object) -> object:
    return f"{value:g}" if isinstance(value, float) and not np.isnan(value) else value
