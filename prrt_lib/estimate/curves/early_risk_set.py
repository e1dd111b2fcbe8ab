"""Where a curve with delayed entry may begin: decision on small early risk sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from prrt_lib.estimate.curves.risk_table import NumberAtRisk
from prrt_lib.estimate.records import arrays, parts, warnings_of


class Start(NamedTuple):
    """Where a group's curve starts; ``rows.attrs["starts"]`` holds one per level."""

    t0: float | None  # None: at its first entry; NaN: never enough at risk
    dropped: int  # records with exit <= t0
    warning: str  # what is to be said of the group besides the records dropped

    @property
    def later(self) -> bool:
        """Whether the curve starts after the origin, given event-free at ``t0``."""
        return self.t0 is not None and self.t0 > 0

    def origin(self, curve) -> float:
        """The first time at which the curve has a value."""
        start = curve.table.sets.start
        return min(0.0, start) if self.t0 is None else start


def fitted_groups(
    fit: Callable, data: pd.DataFrame, duration: str, event: str, entry: str | None,
    by: str | None, minimum: int | None = None,
) -> Iterator[tuple[dict[str, Any], Any, Start]]:  # fmt: skip
    """Words for the rows, ``fit(exits, codes, entries)`` and the Start of each group.

    With ``minimum`` each group of the prepared records has its own conditional start; one that
    never has so many at risk has None for its curve.
    """
    before = warnings_of(data)
    for key, part in parts(data, by):
        words = {**key, "n": len(part), "total": len(part)}
        t0, dropped, left_out, never, few = None if minimum is None else 0.0, 0, "", "", ""
        if minimum is not None and entry is not None:
            t0, dropped, part = conditional_start(part, duration, entry, minimum)
            words |= {"n": len(part), "label": f"given event-free at {t0:g}"}
            left_out = f"{dropped} records with exit up to t0 dropped"
            never = f"never {minimum} at risk" if np.isnan(t0) else ""
        curve = fit(*arrays(part, duration, event, entry)) if len(part) else None
        if minimum is not None and curve is not None:
            low = curve.table.times[curve.table.at_risk < minimum]
            few = (f"fewer than {minimum} at risk at {len(low)} event times, "
                   f"first at day {low[0]:g}") if len(low) else ""  # fmt: skip
        words["warning"] = "; ".join(filter(None, (before, left_out, never, few)))
        yield words, curve, Start(t0, dropped, "; ".join(filter(None, (before, never, few))))


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


def last_sufficient_exit(entries: np.ndarray, exits: np.ndarray, minimum: int) -> float:
    """The last exit at which ``minimum`` records are at risk; NaN if there never are so many."""
    candidates = np.unique(exits)
    at_risk = NumberAtRisk(exits, entries).strictly_at(candidates)
    enough = candidates[at_risk >= minimum]
    return float(enough[-1]) if len(enough) else float("nan")
