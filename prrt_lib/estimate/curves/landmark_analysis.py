"""Landmark cohorts: groups by what is known at a fixed time, the clock restarted there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from prrt_lib.declare.levels import level_text
from prrt_lib.declare.rows import result_rows
from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.records import finite_numbers, prepared, refuse, require_columns

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
            (
                {"statistic": "count", "variable": "landmark", "level": level, "estimate": value}
                | {"n": value, "total": total}
                for level, value in counts.items()
            ),
            time=self.at,
            method=f"landmark at {self.at:g}",
        )


def landmark(
    frame: pd.DataFrame, duration: str, event: str, at: float,
    assessments: pd.DataFrame | None = None, id: str = "study_id", time: str = "time",
    value: str = "value", order: Sequence[str] | None = None, entry: str | None = None,
    out_if_before: str | None = None, causes: Sequence[int] | None = None,
    status: str = "landmark_status",
) -> Landmark:  # fmt: skip
    """The Landmark at time ``at`` (decision 11), in the order of ``frame``.

    Kept: entry <= at < exit. ``assessments`` (``id``, ``time``, ``value``) gives each patient's
    status: with ``order`` (best first) the best, without it the last, of those at or before the
    landmark; nobody's later scans count, and a patient without one is "not imaged".
    ``out_if_before``: column with the time of an event (progression, for TTP and PFS) that
    takes a patient out when it happened at or before the landmark; missing = did not happen.
    """
    if not at > 0:
        refuse("landmark", f"{at!r}", "a time after the origin", "name another landmark")
    checked = prepared(frame, duration, event, entry, causes=causes, sort=False)
    excluded = _excluded(frame, checked, duration, entry, at, out_if_before)
    kept = ~np.any(list(excluded.values()), axis=0)
    if not kept.any():
        refuse("landmark", f"nobody under observation beyond {at:g}", "an earlier landmark")
    restarted = {duration: checked[duration].to_numpy()[kept] - at}
    restarted[event] = checked[event].to_numpy()[kept]
    if entry:
        restarted[entry] = np.zeros(int(kept.sum()))
    chosen = frame[kept].assign(**restarted)
    if assessments is not None:
        require_columns(frame, [id])
        chosen[status] = _status(chosen[id], assessments, id, time, value, at, order)
    counts = {reason: int(mask.sum()) for reason, mask in excluded.items()}
    return Landmark(chosen, float(at), counts)


def _excluded(frame, checked, duration, entry, at, out_if_before) -> dict[str, np.ndarray]:
    """Who is left out, by the first reason that holds."""
    gone = checked[duration].to_numpy() <= at
    late = checked[entry].to_numpy() > at if entry else np.zeros(len(frame), bool)
    early = np.zeros(len(frame), bool)
    if out_if_before is not None:
        require_columns(frame, [out_if_before])
        happened = pd.to_numeric(frame[out_if_before]).to_numpy(dtype="float64", na_value=np.nan)
        early = happened <= at
    return {
        "ended by the landmark": gone,
        "entered after the landmark": late & ~gone,
        "event before the landmark": early & ~gone & ~late,
    }


def _status(ids, assessments, id, time, value, at, order) -> np.ndarray:
    """Best or last class of the assessments up to the landmark; "not imaged" without one."""
    require_columns(assessments, [id, time, value])
    seen = assessments[assessments[value].notna()]
    seen = seen[finite_numbers(seen, time) <= at]
    if order is None:
        ranked = seen.sort_values(time, kind="stable").groupby(id)[value].last()
    else:
        place = {level_text(name): rank for rank, name in enumerate(order)}
        texts = seen[value].map(level_text)
        odd = int((~texts.isin(list(place))).sum())
        if odd:
            refuse(f"column {value!r}", f"{odd} assessments of another class", f"{list(order)}")
        ranks = texts.map(place).groupby(seen[id]).min()
        ranked = ranks.map(dict(enumerate(order)))
    return ids.map(ranked).astype(object).where(ids.isin(ranked.index), UNASSESSED).to_numpy()
