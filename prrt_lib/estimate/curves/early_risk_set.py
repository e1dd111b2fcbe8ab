"""Where a curve with delayed entry may begin: decision on small early risk sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from prrt_lib.estimate.records import parts, warnings_of


class Start(NamedTuple):
    """Where a group's curve starts; ``rows.attrs["starts"]`` holds one per level."""

    t0: float | None  # None: at its first entry; NaN: never enough at risk
    dropped: int  # records with exit <= t0
    warning: str  # what is to be said of the group besides the records dropped

    @property
    def later(self) -> bool:
        """Whether the curve starts after the origin, given event-free at ``t0``."""
        return self.t0 is not None and self.t0 > 0


class Group(NamedTuple):
    """One group: its key words, the records that are used, words for its rows, and its start."""

    key: dict[str, str]
    records: pd.DataFrame
    words: dict[str, Any]
    start: Start

    def told(self, times: np.ndarray, at_risk: np.ndarray, minimum: int | None) -> Group:
        """The group with a sentence on event times at which fewer than ``minimum`` are at risk."""
        low = np.flatnonzero(at_risk < minimum) if minimum is not None else []
        if not len(low):
            return self
        note = (
            f"fewer than {minimum} at risk at {len(low)} event times, "
            f"first at day {times[low[0]]:g}"
        )
        words = {**self.words, "warning": _joined(self.words["warning"], note)}
        start = self.start._replace(warning=_joined(self.start.warning, note))
        return self._replace(words=words, start=start)


def started_groups(
    data: pd.DataFrame, duration: str, entry: str | None, by: str | None, minimum: int | None
) -> Iterator[Group]:
    """Every group of prepared records, with its own conditional start when ``minimum`` is given.

    A group that never has ``minimum`` at risk comes without records.
    """
    before = warnings_of(data)
    for key, part in parts(data, by):
        if minimum is None or entry is None:
            words = {"n": len(part), "total": len(part), "warning": before}
            start = Start(None if minimum is None else 0.0, 0, before)
            yield Group(key, part, words, start)
            continue
        t0, dropped, kept = conditional_start(part, duration, entry, None, minimum)
        never = f"never {minimum} at risk" if np.isnan(t0) else ""
        words = {"n": len(kept), "total": len(part), "label": f"given event-free at {t0:g}"}
        left_out = f"{dropped} records with exit up to t0 dropped"
        words["warning"] = _joined(before, left_out, never)
        yield Group(key, kept, words, Start(t0, dropped, _joined(before, never)))


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


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
