"""Where a curve with delayed entry may begin: decision on small early risk sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from prrt_lib.estimate.records import parts, warnings_of


class Group(NamedTuple):
    """One group: its key words, the records that are used, words for its rows, and t0."""

    key: dict[str, str]
    records: pd.DataFrame
    words: dict[str, Any]
    t0: float | None


def started_groups(
    data: pd.DataFrame, duration: str, entry: str | None, by: str | None, minimum: int | None
) -> Iterator[Group]:
    """Every group of prepared records, with its own conditional start when ``minimum`` is given.

    A group that never has ``minimum`` at risk comes without records.
    """
    if minimum is None or entry is None:
        for key, part in parts(data, by):
            words = {"n": len(part), "total": len(part), "warning": warnings_of(data)}
            yield Group(key, part, words, None if minimum is None else 0.0)
        return
    for key, part in parts(data, by):
        t0, dropped, kept = conditional_start(part, duration, entry, None, minimum)
        notes = [warnings_of(data), f"{dropped} records with exit up to t0 dropped"]
        notes += [f"never {minimum} at risk"] if np.isnan(t0) else []
        words = {"n": len(kept), "total": len(part), "label": f"given event-free at {t0:g}"}
        words["warning"] = "; ".join(note for note in notes if note)
        yield Group(key, kept, words, t0)


def conditional_start(
    frame: pd.DataFrame,
    duration: str,
    entry: str | None,
    by: str | None = None,
    min_at_risk: int = 5,
) -> tuple[float, int, pd.DataFrame]:
    """t0, the number of records dropped, and the records with entry = max(entry, t0).

    t0 is the smallest entry time after which at least ``min_at_risk`` records are at risk
    (entry <= t0 < exit); records with exit <= t0 are dropped. With ``by`` it is common to all
    groups: the largest of the groups' own. A group that never has so many has no t0 of its
    own; when no group has, t0 is NaN and the frame comes back empty.
    Without ``entry`` everyone starts at 0 and nothing is dropped.
    """
    if entry is None:
        return 0.0, 0, frame.copy()
    starts = [
        first_sufficient_entry(part[entry].to_numpy(), part[duration].to_numpy(), min_at_risk)
        for _, part in parts(frame, by)
    ]
    reached = [start for start in starts if not np.isnan(start)]
    t0 = max(reached, default=float("nan"))
    kept = frame[frame[duration] > t0]
    trimmed = kept.assign(**{entry: np.maximum(kept[entry], t0)}).reset_index(drop=True)
    trimmed.attrs = dict(frame.attrs)
    return t0, len(frame) - len(trimmed), trimmed


def first_sufficient_entry(entries: np.ndarray, exits: np.ndarray, minimum: int) -> float:
    """The smallest entry time after which ``minimum`` records are at risk; NaN if none."""
    candidates = np.unique(entries)
    entered = np.searchsorted(np.sort(entries), candidates, side="right")
    left = np.searchsorted(np.sort(exits), candidates, side="right")
    enough = candidates[entered - left >= minimum]
    return float(enough[0]) if len(enough) else float("nan")


def last_sufficient_exit(entries: np.ndarray, exits: np.ndarray, minimum: int) -> float:
    """The last exit at which ``minimum`` records are at risk; NaN if there never are so many."""
    candidates = np.unique(exits)
    entered = np.searchsorted(np.sort(entries), candidates, side="left")
    left = np.searchsorted(np.sort(exits), candidates, side="left")
    enough = candidates[entered - left >= minimum]
    return float(enough[-1]) if len(enough) else float("nan")


def dips(times: np.ndarray, at_risk: np.ndarray, minimum: int) -> str:
    """The sentence about event times with fewer than ``minimum`` at risk; "" if there is none."""
    low = np.flatnonzero(at_risk < minimum)
    if len(low) == 0:
        return ""
    first = f"{times[low[0]]:g}"
    return f"fewer than {minimum} at risk at {len(low)} event times, first at day {first}"


def with_dips(words: dict[str, Any], times, at_risk, minimum: int | None) -> dict[str, Any]:
    """``words`` with the sentence about later dips added to the warning."""
    note = dips(times, at_risk, minimum) if minimum is not None else ""
    joined = "; ".join(part for part in (words["warning"], note) if part)
    return {**words, "warning": joined}
