"""Where a curve with delayed entry may begin: decision on small early risk sets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.estimate.groups import parts


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


def dips(times: np.ndarray, at_risk: np.ndarray, minimum: int) -> str:
    """The sentence about event times, before the last dip's end, with fewer at risk; or ""."""
    low = np.flatnonzero(at_risk < minimum)
    if len(low) == 0:
        return ""
    return f"fewer than {minimum} at risk at {len(low)} event times, first at {times[low[0]]:g}"
