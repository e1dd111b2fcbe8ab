"""Where a curve begins and ends: who of its n is at risk at the start, and the last day drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.early_risk_set import last_sufficient_exit
from prrt_lib.estimate.groups import parts

CURVES = ("survival", "cumulative_incidence")
END = "last day with enough at risk"


def with_ends(rows: pd.DataFrame, frame: pd.DataFrame, by: str | None, minimum: int):
    """Curve ``rows`` of ``frame`` (entry, exit, event), with the beginning and end of each curve.

    The first row of a curve counts at risk who is under observation just after that day; where
    this is not n, its warning says why. A group without any estimate has its events. A row
    ``at_risk`` per curve holds the last day on which ``minimum`` are at risk, not estimable where
    there never are so many: figures end there, and tables mark later rates.
    """
    if frame.empty:
        return rows
    known = frame if by is None else frame[frame[by].notna()]
    told, ends = rows, []
    for key, part in parts(known, by):
        level = key.get("group_level", "")
        entries, exits = (part[name].to_numpy(dtype="float64") for name in ("entry", "exit"))
        own = rows[rows["statistic"].isin(CURVES) & (rows["group_level"] == level)]
        if own.empty:
            continue
        drawn = own[own["state"] == "ok"]
        if len(drawn):
            told = _begun(told, drawn.loc[drawn["time"].idxmin()], entries, exits)
        else:
            here = (told["group_level"] == level) & told["events"].isna()
            count = int((part["event"] == 1).sum())
            told = stamp(told, events=told["events"].mask(here, count))
        end = last_sufficient_exit(entries, exits, minimum)
        record = {**key, "statistic": "at_risk", "variable": END, "n": own["n"].iloc[0],
                  "total": own["total"].iloc[0], "state": "not-estimable"}  # fmt: skip
        if not np.isnan(end):
            count = float(((entries < end) & (exits >= end)).sum())
            record |= {"time": end, "estimate": count, "at_risk": count, "state": "ok"}
        ends.append(record)
    added = result_rows(ends, method=f"curves end where fewer than {minimum} are at risk")
    return combine([told, added])


def _begun(rows: pd.DataFrame, first: pd.Series, entries, exits) -> pd.DataFrame:
    """``rows`` whose first one counts who is watched from then on, and says who is not."""
    start = first["time"]
    watched = int(((entries <= start) & (exits > start)).sum())
    later = int((entries > start).sum())
    ended = int(first["n"]) - watched - later
    reasons = [f"{later} enter later"] * (later > 0)
    reasons += [f"{ended} censored on the day of entry or before"] * (ended > 0)
    here = rows["row_id"] == first["row_id"]
    text = f"n = {first['n']:g}, at risk at day {start:g}: {watched} ({', '.join(reasons)})"
    words = "; ".join(part for part in (first["warning"], text if reasons else "") if part)
    return stamp(rows, at_risk=rows["at_risk"].mask(here, watched),
                 warning=rows["warning"].mask(here, words))  # fmt: skip
