"""One variable's counts or quantiles as records of result rows: one shape for every table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd

from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.estimate.proportions import clopper_pearson

Records = list[dict[str, Any]]

MISSING = "missing"
UNKNOWN_GROUP = "not known"
OF_KNOWN = "n of those with a value"
EXACT = "n of those with a value, exact limits (Clopper-Pearson)"


def grouped(
    patients: pd.DataFrame, by: str, describe: Callable[[pd.DataFrame], Records], **words: Any
) -> pd.DataFrame:
    """Result rows of ``describe(part)`` for all ``patients``, then for each level of ``by``.

    Patients without a value in ``by`` are a group of their own, so that the groups add up;
    where nobody has one there are no groups.
    """
    records = list(describe(patients))
    for level, part in groups(patients, by):
        records += [_of_group(record, by, level) for record in describe(part)]
    return result_rows(records, **words)


def _of_group(record: dict[str, Any], by: str, level: str) -> dict[str, Any]:
    told = record.get("warning")
    named = {"warning": f"{level}: {told}"} if told else {}
    return {**record, "group": by, "group_level": level, **named}


def warned(rows: pd.DataFrame, told: Iterable[str]) -> pd.DataFrame:
    """``rows`` with ``told`` before the warning of each."""
    first = [text for text in told if text]
    warning = rows["warning"].map(lambda own: "; ".join([*first, *filter(None, [own])]))
    return rows.assign(warning=warning)


def together(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All rows of ``frames``; a row that several of them hold alike, such as "all", once."""
    return combine([pd.concat(list(frames), ignore_index=True).drop_duplicates()])


def groups(patients: pd.DataFrame, by: str) -> Iterable[tuple[str, pd.DataFrame]]:
    """(level, its patients) in declared order; nothing without ``by`` or without any value."""
    if not by or patients[by].isna().all():
        return
    for level in levels_of(patients[by], by):
        yield level, patients[as_text(patients[by]) == level]
    if patients[by].isna().any():
        yield UNKNOWN_GROUP, patients[patients[by].isna()]


def as_text(values: pd.Series) -> pd.Series:
    """``values`` as level names: whole numbers without a decimal point, None where missing."""
    words = values.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))
    return words.astype(object).where(values.notna(), None)


def yes_no(condition: pd.Series, known: pd.Series) -> pd.Series:
    """ "yes" where ``condition`` holds, else "no"; None where it is not ``known``."""
    answer = pd.Series("no", index=condition.index, dtype=object).mask(condition, "yes")
    return answer.where(known, None)


def levels_of(values: pd.Series, variable: str) -> list[str]:
    """Levels that occur: the declared ones in their order, then others, numbers by size."""
    found = set(as_text(values).dropna())
    column = named(variable)
    allowed = [str(level) for level in column.allowed] if column else []
    others = sorted(found - set(allowed), key=_by_size)
    return [level for level in allowed if level in found] + others


def _by_size(level: str) -> tuple[float, str]:
    try:
        return float(level), level
    except ValueError:
        return float("inf"), level


def named(variable: str) -> Column | None:
    """The declared column called ``variable``: the derived one, else the first table's."""
    words = dictionary()
    if variable in words.derived:
        return words.derived[variable]
    tables = (table.columns for table in words.tables.values())
    return next((columns[variable] for columns in tables if variable in columns), None)


def share(
    count: int, total: int, variable: str, level: str, conf_level: float | None = None, **words: Any
) -> dict[str, Any]:
    """One ``proportion`` record, with exact limits when ``conf_level`` is given.

    Nothing is divided by 0: a total of 0 is not estimable.
    """
    record = {"statistic": "proportion", "variable": variable, "level": level, "n": count}
    record |= {"total": total, "method": EXACT if conf_level else OF_KNOWN, **words}
    if total == 0:
        return {**record, "state": "not-estimable"}
    if conf_level:
        low, high = clopper_pearson(count, total, conf_level)
        record |= {"low": float(low), "high": float(high), "conf_level": conf_level}
    return {**record, "estimate": count / total}


def shares(
    values: pd.Series, variable: str, levels: Sequence[str], conf_level: float | None = None,
    **words: Any,
) -> Records:  # fmt: skip
    """One record per level, of those with a value, and how many have none."""
    counts = as_text(values).value_counts()
    known = int(values.notna().sum())
    records = [
        share(int(counts.get(level, 0)), known, variable, level, conf_level, **words)
        for level in levels
    ]
    return records + without_value(len(values) - known, len(values), variable, **words)


def several(
    ids: pd.Series, items: pd.DataFrame, variable: str, levels: Sequence[str], **words: Any
) -> Records:
    """As :func:`shares` where a patient may have several levels (patient_id, ``variable``).

    The denominator is patients with at least one level on record, "none" included.
    """
    own = items[items["patient_id"].isin(ids)].dropna(subset=[variable])
    counts = own.groupby(as_text(own[variable]))["patient_id"].nunique()
    known = own["patient_id"].nunique()
    records = [
        share(int(counts.get(level, 0)), known, variable, level, **words) for level in levels
    ]
    return records + without_value(len(ids) - known, len(ids), variable, **words)


def without_value(count: int, total: int, variable: str, **words: Any) -> Records:
    """The record that counts who has no value; none when everybody has one."""
    record = {"statistic": "count", "variable": variable, "level": MISSING, "estimate": count}
    return [{**record, "n": count, "total": total, **words}] if count else []


def nobody(variable: str, total: int, statistic: str = "proportion", **words: Any) -> Records:
    """The single record of a variable that nobody has."""
    record = {"statistic": statistic, "variable": variable, "n": 0, "total": total}
    return [{**record, "state": "not-abstracted", **words}]
