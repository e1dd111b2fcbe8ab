"""What every fit demands of its records, checked before any arithmetic; and their groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.arguments import level_text, matched

RELATIVE_TIE = 1e-9
# The column that every frame of exits calls its times of entry.
ENTRY = "entry"


def prepared(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    entry: str | None = None,
    by: str | Sequence[str] | None = None,
    covariates: Sequence[str] = (),
    causes: Sequence[int] | None = None,
    *,
    weights: str | None = None,
    need_event: bool = False,
    sort: bool = False,
) -> pd.DataFrame:
    """The named columns, checked, under their own names and a fresh index.

    ``duration``, ``entry`` and ``weights`` come back as float64, ``event`` as int64; times that
    differ by less than 1e-9 relative become equal. An event at entry (at 0 without ``entry``)
    moves one day later; a censoring at entry stays and is never at risk. Records without a
    value in ``by`` or ``covariates`` are left out. Both are counted, in words, in
    ``attrs["warnings"]`` (see ``warnings_of``). ``sort`` puts the rows in the order of exit,
    entry, event and covariates, so that the order of the input cannot move a result.

    Raises AnalysisError naming the rule and the number of records that break it; so also where
    the frame has a column ``entry`` that the call does not name: an estimate without it would
    count the time before entry as survived.
    """
    entries_named(frame, entry)
    groups = named(by)
    wanted = [duration, event, entry, *groups, *covariates, weights]
    columns = list(dict.fromkeys(name for name in wanted if name is not None))
    require_columns(frame, columns)
    data = frame[columns].reset_index(drop=True)
    data, warnings = complete(data, [*groups, *covariates])
    exits = finite_numbers(data, duration)
    entries = finite_numbers(data, entry) if entry else np.zeros(len(data))
    codes = event_codes(data, event, causes)
    if weights:
        data[weights] = values = finite_numbers(data, weights)
        odd = int((values < 0).sum())
        if odd or not values.any():
            found = f"{odd} negative weights" if odd else "only zero weights"
            refuse(f"column {weights!r}", found, "weights of zero or more, not all zero")
    exits, entries = merged_ties(exits, entries)
    negative = int((exits < entries).sum())
    if negative:
        where = f"columns {entry!r} and {duration!r}" if entry else f"column {duration!r}"
        refuse(where, f"{negative} records with a negative interval", "entry <= exit")
    at_entry = (exits == entries) & (codes > 0)
    if at_entry.any():
        exits = np.where(at_entry, entries + 1.0, exits)
        warnings.append(f"{int(at_entry.sum())} events at entry counted one day later")
    if need_event and not codes.any():
        refuse(f"column {event!r}", f"no event in {len(data)} records", "at least one event")
    data[duration], data[event] = exits, codes
    if entry:
        data[entry] = entries
    if sort:
        keys = [duration, entry, event, *groups, *covariates, weights]
        data = data.sort_values(
            list(dict.fromkeys(key for key in keys if key is not None)), kind="stable",
            # What cannot be compared is compared as text.
            key=lambda column: column.astype(str) if column.dtype == object else column,
            ignore_index=True,
        )  # fmt: skip
    data.attrs["warnings"] = tuple(warnings)
    return data


def entries_named(frame: pd.DataFrame, entry: str | None) -> None:
    """Nothing, or AnalysisError where ``frame`` has times of entry and the call names none."""
    if entry is None and ENTRY in frame.columns:
        refuse(f"column {ENTRY!r}", "times of entry that the call does not name",
               f"entry={ENTRY!r}, or a frame without them",
               "name the column; drop it only where nobody enters late")  # fmt: skip


def named(columns: str | Sequence[str] | None) -> list[str]:
    """A list of column names from one name, several or none."""
    if columns is None:
        return []
    return [columns] if isinstance(columns, str) else list(columns)


def warnings_of(data: pd.DataFrame) -> str:
    """The words for a result row's ``warning`` column; "" when nothing was noticed."""
    return "; ".join(data.attrs.get("warnings", ()))


def refuse(where: str, found: str, expected: str, todo: str = "correct the records") -> None:
    """Raises AnalysisError with the four parts of a message."""
    raise AnalysisError(Problem(where, found, expected, todo))


def require_columns(frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Nothing, or AnalysisError when a column is absent or doubled, or the frame is empty."""
    for name in columns:
        copies = int((frame.columns == name).sum())
        if copies != 1:
            todo = "name an existing column" if copies == 0 else "rename or drop the copies"
            refuse(f"column {name!r}", f"{copies} columns of that name", "exactly one", todo)
    if len(frame) == 0:
        refuse("the frame", "0 records", "at least one record", "check the selection before it")


def complete(data: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Records with a value in every one of ``columns``, and a sentence for those left out."""
    if not columns or not data[columns].isna().to_numpy().any():
        return data.copy(), []
    keep = data[columns].notna().all(axis=1)
    if not keep.any():
        found = f"{len(data)} records, each without a value"
        refuse(f"columns {list(columns)}", found, "a value")
    words = f"{int((~keep).sum())} records without a value in {', '.join(columns)} left out"
    return data[keep].reset_index(drop=True), [words]


def finite_numbers(data: pd.DataFrame, column: str) -> np.ndarray:
    """The column as float64; AnalysisError when it is not numeric or not finite everywhere."""
    series = data[column]
    numeric = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
    if not numeric or pd.api.types.is_complex_dtype(series):
        refuse(f"column {column!r}", f"values of type {series.dtype}", "numbers, in days")
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    odd = int((~np.isfinite(values)).sum())
    if odd:
        refuse(f"column {column!r}", f"{odd} records missing or infinite", "finite numbers")
    return values


def event_codes(data: pd.DataFrame, column: str, causes: Sequence[int] | None) -> np.ndarray:
    """The column as int64 with 0 = censored; AnalysisError for a code that is not declared."""
    allowed = [0, 1] if causes is None else [0, *causes]
    if pd.api.types.is_bool_dtype(data[column]) and not data[column].isna().any():
        return data[column].to_numpy(dtype="int64")
    values = finite_numbers(data, column)
    odd = int((~np.isin(values, allowed)).sum())
    if odd:
        refuse(f"column {column!r}", f"{odd} records with another code", f"one of {allowed}",
               "name the competing causes or recode the event")  # fmt: skip
    return values.astype("int64")


def declared_cause(
    frame: pd.DataFrame, event: str, cause: object, causes: Sequence[int] | None
) -> tuple[int, list[int]]:
    """``cause`` as a code (1, 1.0 and "1" are one cause), and the codes of all causes.

    Not declared, these are 1 to the largest code of the column.
    """
    require_columns(frame, [event])
    if causes is None and pd.api.types.is_bool_dtype(frame[event]):
        causes = [1]
    elif causes is None:
        causes = range(1, max(1, int(finite_numbers(frame, event).max())) + 1)
    codes = [int(code) for code in causes]
    return int(matched(cause, [str(code) for code in codes], "cause")), codes


def merged_ties(*times: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arrays with values that differ only by rounding made equal, so that they tie.

    Values are sorted together; a step below 1e-9 of its value is no step, and every member of
    such a run takes the run's most frequent value, the smaller one first.
    """
    if all((array == np.rint(array)).all() for array in times):
        return times
    ordered = np.sort(np.concatenate(times))
    gap = np.diff(ordered)
    if not ((gap > 0) & (gap <= RELATIVE_TIE * np.abs(ordered).max())).any():
        return times
    values, back, counts = np.unique(np.concatenate(times), return_inverse=True, return_counts=True)
    step = np.diff(values) > RELATIVE_TIE * np.maximum(np.abs(values[1:]), np.abs(values[:-1]))
    if step.all():
        return times
    run = np.concatenate([[0], np.cumsum(step)])
    order = np.lexsort((values, -counts, run))
    chosen = values[order][np.unique(run[order], return_index=True)[1]]
    return tuple(np.split(chosen[run[back.ravel()]], np.cumsum([len(a) for a in times])[:-1]))


def codes_and_levels(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """An integer code per record and the levels as text; categories keep their order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories()
        return used.cat.codes.to_numpy(), [level_text(value) for value in used.cat.categories]
    try:
        codes, levels = pd.factorize(column, sort=True)
    except TypeError:
        codes, levels = pd.factorize(column.astype(str), sort=True)
    return codes, [level_text(value) for value in levels]


def parts(data: pd.DataFrame, by: str | None) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """The key words ``group`` and ``group_level`` with the records of each level."""
    if by is None:
        yield {"group": "", "group_level": ""}, data
        return
    codes, levels = codes_and_levels(data[by])
    for code, level in enumerate(levels):
        yield {"group": by, "group_level": level}, data[codes == code]


def compared(data: pd.DataFrame, by: str) -> tuple[np.ndarray, list[str]]:
    """``codes_and_levels`` of a column; AnalysisError where there are not two levels to compare."""
    codes, levels = codes_and_levels(data[by])
    if len(levels) < 2:
        refuse(f"column {by!r}", "one group", "at least two groups with records")
    return codes, levels


def arrays(data: pd.DataFrame, duration: str, event: str, entry: str | None):
    """Exit, event and entry arrays of prepared records; None for entries that are not used."""
    entries = None if entry is None else data[entry].to_numpy()
    return data[duration].to_numpy(), data[event].to_numpy(), entries


@dataclass(frozen=True)
class Group:
    """The records of one level of a grouping, and where its curve may start.

    ``words`` for its rows: group, group_level, n, total, and the label of a conditional start.
    ``t0``: None where the curve starts at the first entry, NaN where there never are enough at
    risk; ``dropped``: records with exit <= t0; ``noticed``: what checking the records noticed.
    """

    words: dict[str, Any]
    exits: np.ndarray
    codes: np.ndarray
    entries: np.ndarray | None
    t0: float | None
    dropped: int
    noticed: str

    @property
    def left_out(self) -> str:
        """How many records the conditional start drops, in words."""
        told = f"{self.dropped} records with exit up to t0 dropped"
        return told if self.t0 is not None and self.entries is not None else ""

    @property
    def origin(self) -> float:
        """The first time at which the curve has a value."""
        late = self.entries is not None and len(self.entries)
        first = float(self.entries.min()) if late else 0.0
        return min(0.0, first) if self.t0 is None else first


def watched(
    frame: pd.DataFrame, duration: str, event: str, entry: str | None, by: str | None,
    minimum: int | None = None, causes: Sequence[int] | None = None,
) -> list[Group]:  # fmt: skip
    """The checked records of ``frame`` by level of ``by``.

    With ``minimum`` each group has its own conditional start (:func:`conditional_start`); one
    that never has so many at risk is without records.
    """
    data = prepared(frame, duration, event, entry, by, causes=causes)
    groups = []
    for key, part in parts(data, by):
        words = {**key, "n": len(part), "total": len(part)}
        t0, dropped = None if minimum is None else 0.0, 0
        if minimum is not None and entry is not None:
            t0, dropped, part = conditional_start(part, duration, entry, minimum)
            words |= {"n": len(part), "label": f"given event-free at {t0:g}"}
        exits, codes, entries = arrays(part, duration, event, entry)
        groups.append(Group(words, exits, codes, entries, t0, dropped, warnings_of(data)))
    return groups


def conditional_start(
    frame: pd.DataFrame, duration: str, entry: str, min_at_risk: int = 5
) -> tuple[float, int, pd.DataFrame]:
    """t0, the number of records dropped, and the records with entry = max(entry, t0).

    t0 is the smallest entry time after which at least ``min_at_risk`` records are at risk
    (entry <= t0 < exit); records with exit <= t0 are dropped. When there never are so many, t0
    is NaN and the frame comes back empty.
    """
    entries, exits = frame[entry].to_numpy(), frame[duration].to_numpy()
    candidates = np.unique(entries)
    entered = np.searchsorted(np.sort(entries), candidates, side="right")
    left = np.searchsorted(np.sort(exits), candidates, side="right")
    enough = candidates[entered - left >= min_at_risk]
    t0 = float(enough[0]) if len(enough) else float("nan")
    kept = frame[frame[duration] > t0]
    trimmed = kept.assign(**{entry: np.maximum(kept[entry], t0)}).reset_index(drop=True)
    return t0, len(frame) - len(trimmed), trimmed
