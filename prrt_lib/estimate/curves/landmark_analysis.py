"""Landmark cohorts: groups by what is known at a fixed time, the clock restarted there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.records import arrays, finite_numbers, prepared, refuse, require_columns

UNASSESSED = "not imaged"


@dataclass(frozen=True, repr=False)
class Landmark(Shown):
    """Patients under observation beyond the landmark, and who was left out."""

    frame: pd.DataFrame  # duration and entry counted from the landmark; plus the status column
    at: float
    excluded: dict[str, int]

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """How many are under observation at the landmark, and how many are not and why."""
        counts = {"under observation": len(self.frame), **self.excluded}
        lines = {"patients": list(counts), "n": list(counts.values())}
        return f"Landmark at {self.at:g}", pd.DataFrame(lines), []

    @property
    def rows(self) -> pd.DataFrame:
        """Result rows: patients kept and left out, with the reason in ``level``."""
        total = len(self.frame) + sum(self.excluded.values())
        counts = {"included": len(self.frame), **self.excluded}
        return result_rows(
            ({"level": level, "estimate": n, "n": n} for level, n in counts.items()), total=total,
            statistic="count", variable="landmark", time=self.at, method=f"landmark at {self.at:g}",
        )  # fmt: skip


def landmark(
    frame: pd.DataFrame, duration: str, event: str, at: float,
    assessments: pd.DataFrame | None = None, id: str = "study_id", time: str = "time",
    value: str = "value", entry: str | None = None, out_if_before: str | None = None,
    status: str = "landmark_status",
) -> Landmark:  # fmt: skip
    """The Landmark at time ``at`` (decision 11), in the order of ``frame``.

    Kept: entry <= at < exit. ``assessments`` (``id``, ``time``, ``value``) gives each patient's
    status: the last of those at or before the landmark; nobody's later scans count, and a
    patient without one is "not imaged".
    ``out_if_before``: column with the time of an event (progression, for TTP and PFS) that
    takes a patient out when it happened at or before the landmark; missing = did not happen.
    """
    if not at > 0:
        refuse("landmark", f"{at!r}", "a time after the origin", "name another landmark")
    exits, codes, entries = arrays(prepared(frame, duration, event, entry), duration, event, entry)
    gone = exits <= at
    late = np.zeros(len(frame), bool) if entries is None else entries > at
    early = np.zeros(len(frame), bool)
    if out_if_before is not None:
        require_columns(frame, [out_if_before])
        happened = pd.to_numeric(frame[out_if_before]).to_numpy(dtype="float64", na_value=np.nan)
        early = happened <= at
    kept = ~(gone | late | early)
    if not kept.any():
        refuse("landmark", f"nobody under observation beyond {at:g}", "an earlier landmark")
    restarted = {duration: exits[kept] - at, event: codes[kept]}
    chosen = frame[kept].assign(**restarted, **({entry: 0.0} if entry else {}))
    if assessments is not None:
        require_columns(frame, [id])
        require_columns(assessments, [id, time, value])
        seen = assessments[assessments[value].notna()]
        seen = seen[finite_numbers(seen, time) <= at].sort_values(time, kind="stable")
        last, ids = seen.groupby(id)[value].last(), chosen[id]
        known = ids.map(last).astype(object)
        chosen[status] = known.where(ids.isin(last.index), UNASSESSED).to_numpy()
    # Each is out for the first reason that holds.
    excluded = {"ended by the landmark": gone, "entered after the landmark": late & ~gone,
                "event before the landmark": early & ~gone & ~late}  # fmt: skip
    counts = {reason: int(mask.sum()) for reason, mask in excluded.items()}
    return Landmark(chosen, float(at), counts)
